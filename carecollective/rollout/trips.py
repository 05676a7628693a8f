"""The guard rails' own hand: V2 turns itself off, and the team is told (the circuit breaker opens)."""

from datetime import timedelta

from django.db import transaction

from carecollective.ground import clock

from . import guard_rails, history, mail
from .guard_rails import Finding
from .history import Kind
from .models import Act, Flag
from .stages import FLAG
from .versions import v1_is_read_only

ITSELF = "guard rail"
BETWEEN_WARNINGS = timedelta(hours=1)


def watch() -> Act | None:
    """Look, and act on what is seen. After every failure, and each minute."""
    flag = Flag.get(FLAG)
    if flag.pk is None or flag.is_off:
        return None
    findings = guard_rails.broken(flag)
    return trip(findings, seen=flag.version) if findings else None


@transaction.atomic
def trip(findings: list[Finding], *, seen: int) -> Act | None:
    """Turn V2 off, apart from the plan: the stage stays as it was meant, and turning on again is somebody's decision.

    None where somebody was faster. While the old messaging takes no new words there is nothing to fall back to, so it
    only warns.
    """
    flag = history.locked_flag()
    if flag.version != seen or flag.is_off:
        return None
    kind, changes = Kind.TRIP, {"stopped": "guard_rail", "stopped_at": clock.now()}
    if v1_is_read_only():
        kind, changes = Kind.WARNING, {}
        before = history.last(Kind.WARNING)
        if before and before.made_at > clock.now() - BETWEEN_WARNINGS:
            return None
    act = history.write(
        kind,
        flag,
        by=ITSELF,
        reason=" ".join(finding.sentence for finding in findings),
        changes=changes,
        checks=[finding.as_json() for finding in findings],
        numbers=findings[0].numbers | {"rules": [finding.code for finding in findings]},
    )
    # In the same transaction: there is no trip without its mail, and no mail without its trip.
    mail.tell_the_team.configure(queueing_lock=f"tell-the-team-{act.pk}").defer(act_id=act.pk)
    return act
