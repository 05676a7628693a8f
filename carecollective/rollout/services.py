"""What the team can do to the rollout: lock, check, write, tell. Each act leaves its line of history."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from waffle.models import Switch

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import InvalidTransition, PermissionDenied
from carecollective.ground.texts import isolated

from . import gates, history, mail, probes
from .gates import Check
from .history import CHANGES, Kind, locked_flag
from .models import Act, Flag
from .stages import DISABLED, ENABLED, FLAG, Stage
from .versions import V1_SWITCH, v1_is_read_only


class ChangedMeanwhile(InvalidTransition):
    """The page that this came from is older than the last change."""


class ReasonNeeded(InvalidTransition):
    message = _("Say why. Whoever looks at this later will want to know.")


class ChecksUnmet(InvalidTransition):
    """Takes the checks. Saying why in spite of them lets the act through."""

    message = _("Not everything is ready. Read the warnings, and say why it should go on anyway.")

    def __init__(self, checks: Sequence[Check]) -> None:
        super().__init__()
        self.checks = checks


class NothingToUndo(InvalidTransition):
    message = _("There is nothing to undo.")


class NotOff(InvalidTransition):
    message = _("It is not turned off.")


class NotForEveryoneYet(InvalidTransition):
    message = _("The old messaging can be closed only once everyone has the new one.")


@transaction.atomic
def change_stage(
    to: Stage,
    *,
    by: Member | str,
    reason: str = "",
    seen: int | None = None,
    despite: bool = False,
) -> Act:
    """Any stage may follow any other. Upwards needs a reason, and `despite` where a check is not met; down never does.

    It also ends a stop, so it is a deliberate turning on again. `seen` is the version of the page that was read.
    Raises PermissionDenied, ChangedMeanwhile, ReasonNeeded, ChecksUnmet.
    """
    flag = _locked_for(by, seen)
    if to == DISABLED:
        return _off(flag, by=by, reason=reason, changes={"stage": "disabled", "stage_since": clock.now()})
    is_up = to > flag.in_effect
    checks = gates.checks(flag, to) if is_up else []
    unmet = [check for check in checks if not check.is_met]
    if is_up and not reason.strip():
        raise ReasonNeeded
    if unmet and not despite:
        raise ChecksUnmet(unmet)

    now, lifts = clock.now(), to != ENABLED and v1_is_read_only()
    changes: dict[str, object] = {"stage": str(to), "stage_since": now, "stopped": "", "stopped_at": None}
    if flag.stopped:
        changes["armed_at"] = now
    act = history.write(
        Kind.STAGE,
        flag,
        by=by,
        reason=reason,
        changes=changes,
        checks=[check.as_json() for check in checks],
        numbers={"v1_opened": lifts},
        to=str(to),
    )
    if lifts:  # else whoever starts in the old messaging again could not answer there
        _set_v1_read_only(False)
    return act


@transaction.atomic
def begin_a_new_community(*, by: str) -> Act | None:
    """Where nothing is to be moved, everybody starts in the new messaging: once, and only while nobody has decided.

    A decision is any line of history, and an operator's variable. None where there was nothing to do.
    """
    if settings.MESSAGING_V2_ROLLOUT or not Flag.objects.filter(name=FLAG).exists():
        return None
    flag = locked_flag()
    is_untouched = flag.stage == str(DISABLED) and not flag.stopped and history.last(*CHANGES) is None
    if not is_untouched or not probes.probe().is_empty():
        return None
    return change_stage(ENABLED, by=by, reason="A new community: there is nothing to move.", despite=True)


@transaction.atomic
def turn_off(*, by: Member | str, reason: str = "") -> Act:
    """Off for everyone, from the next request on, whatever anybody has changed meanwhile. The stage stays planned."""
    return _off(_locked_for(by, None), by=by, reason=reason, changes={})


@transaction.atomic
def undo(*, by: Member | str, reason: str = "") -> Act:
    """Take back a turning off, as long as nothing came after it. A trip is not undone but armed again.

    Raises NothingToUndo.
    """
    flag = _locked_for(by, None)
    last = history.last(*CHANGES)
    if flag.stopped != "turned_off" or last is None or last.kind != Kind.OFF:
        raise NothingToUndo
    changes: dict[str, object] = {"stopped": "", "stopped_at": None}
    if flag.stage != last.numbers.get("stage", flag.stage):
        changes |= {"stage": last.numbers["stage"], "stage_since": clock.now()}
    numbers = {"v1_left_open": last.numbers.get("v1_opened", False)}
    return history.write(Kind.UNDO, flag, by=by, reason=reason, changes=changes, numbers=numbers)


@transaction.atomic
def re_arm(*, by: Member | str, reason: str, seen: int | None = None) -> Act:
    """On again at the planned stage, after a trip or a turning off. Failures from before count no more.

    Raises NotOff, ReasonNeeded, ChangedMeanwhile.
    """
    flag = _locked_for(by, seen)
    if not flag.stopped:
        raise NotOff
    if not reason.strip():
        raise ReasonNeeded
    changes = {"stopped": "", "stopped_at": None, "armed_at": clock.now()}
    return history.write(Kind.RE_ARM, flag, by=by, reason=reason, changes=changes)


@transaction.atomic
def always(member: Member, rule: str, *, by: Member | str, reason: str) -> Act:
    """`rule` is "on", "off" or "by_the_rule". Raises ReasonNeeded."""
    flag = _locked_for(by, None)
    if not reason.strip():
        raise ReasonNeeded
    lists: dict[str, list[UUID]] = {
        name: [id for id in getattr(flag, name) if id != member.pk] for name in ("always_on", "always_off")
    }
    if rule in ("on", "off"):
        lists[f"always_{rule}"].append(member.pk)
    return history.write(
        Kind.ALWAYS, flag, by=by, reason=reason, changes=lists, member_id=member.pk, numbers={"rule": rule}
    )


@transaction.atomic
def look_up(member: Member, *, by: Member | str) -> Act:
    """That somebody looked is itself kept: it is about a person."""
    if not isinstance(by, str) and not by.has_perm("rollout.view_flag"):
        raise PermissionDenied
    flag = Flag.objects.filter(name=FLAG).first()
    if flag is None:
        raise history.FlagMissing
    decision = flag.decide(member)
    numbers = {"version": decision.version, "rule": decision.reason, "bucket": decision.bucket}
    return history.write(Kind.LOOKUP, flag, by=by, member_id=member.pk, numbers=numbers)


@transaction.atomic
def close_v1(*, by: Member | str, reason: str, seen: int | None = None) -> Act:
    """Old conversations can from now on be read, and not written. Only once everyone has the new messaging.

    Whoever has such a conversation gets one mail about it, as a job that leaves with this act or not at all. Raises
    NotForEveryoneYet, ReasonNeeded, PermissionDenied, ChangedMeanwhile.
    """
    flag = _locked_for(by, seen)
    if flag.in_effect != ENABLED:
        raise NotForEveryoneYet
    if not reason.strip():
        raise ReasonNeeded
    people = probes.probe().people_in_v1()
    act = history.write(Kind.V1, flag, by=by, reason=reason, numbers={"read_only": True, "told": len(people)})
    if not v1_is_read_only():
        for member_id in people:
            mail.tell_a_member.configure(queueing_lock=f"v1-is-closed-{member_id}").defer(member_id=str(member_id))
    _set_v1_read_only(True)
    return act


@transaction.atomic
def open_v1(*, by: Member | str, reason: str = "") -> Act:
    act = history.write(Kind.V1, _locked_for(by, None), by=by, reason=reason, numbers={"read_only": False})
    _set_v1_read_only(False)
    return act


def _off(flag: Flag, *, by: Member | str, reason: str, changes: dict[str, object]) -> Act:
    # Held even where the stage says off already: only so it also holds against the operator's variable.
    lifts = v1_is_read_only()
    numbers = {"stage": flag.stage, "v1_opened": lifts}
    if flag.stopped != "guard_rail":
        changes = changes | {"stopped": "turned_off", "stopped_at": clock.now()}
    changes = changes or {"stopped_at": flag.stopped_at}
    act = history.write(Kind.OFF, flag, by=by, reason=reason, changes=changes, numbers=numbers, to=str(DISABLED))
    if lifts:  # else members would be left without any way to answer
        _set_v1_read_only(False)
    return act


def _set_v1_read_only(active: bool) -> None:
    with acting_as_system("the old messaging is closed and opened with the rollout", Purpose.ROLLOUT):
        if not Switch.objects.filter(name=V1_SWITCH).update(active=active, modified=clock.now()):
            Switch.objects.create(name=V1_SWITCH, active=active)


def _locked_for(by: Member | str, seen: int | None) -> Flag:
    """The flag, locked for whoever may change it and has seen its last change. Raises PermissionDenied."""
    if not isinstance(by, str) and not by.has_perm("rollout.change_flag"):
        raise PermissionDenied
    flag = locked_flag()
    if seen is not None and seen != flag.version:
        last = history.last(*CHANGES)
        if last is None:
            raise ChangedMeanwhile(_("This changed meanwhile. Look again."))
        raise ChangedMeanwhile(
            _("%(name)s changed this at %(time)s. Look again.")
            % {
                "name": isolated(last.by_name),
                "time": date_format(timezone.localtime(last.made_at), pgettext("time of day", "g:i A")),
            }
        )
    return flag
