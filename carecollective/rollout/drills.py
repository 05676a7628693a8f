"""Evidence before people are exposed: test offers on the real path (synthetic tests), a rehearsal of turning off."""

import time
from collections import Counter

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground.refusals import InvalidTransition, PermissionDenied

from . import attempts, history, probes, services
from .gates import TEST_OFFERS
from .history import Kind
from .models import Act, Flag
from .stages import FLAG


class AlreadyOff(InvalidTransition):
    message = _("The new messaging is off already, so there is nothing to rehearse.")


def run_test_offers(*, by: Member | str, count: int = TEST_OFFERS) -> Act:
    """So many offers in the new messaging, marked as tests. Nothing of them stays but their attempts."""
    _refuse_unless_permitted(by)
    stage, outcomes = str(Flag.get(FLAG).in_effect), Counter[str]()
    for _number in range(count):
        outcome = "created"
        try:
            with attempts.synthetic("v2", stage):
                probes.probe().test_offer()
        except Exception as error:  # whatever it is, is the finding
            outcome = attempts.outcome_of(error)
        outcomes[outcome] += 1
    numbers = {"offers": count, "worked": outcomes["created"], "outcomes": dict(outcomes)}
    return _write(Kind.TEST, by, numbers)


def rehearse(*, by: Member | str) -> Act:
    """Turn off, prove that the threads of both versions can be read, turn on again. Keeps the seconds it took.

    Really off, for everyone: conversations that begin in these moments begin in the old messaging.
    """
    _refuse_unless_permitted(by)
    if Flag.get(FLAG).is_off:
        raise AlreadyOff
    began = time.perf_counter()
    services.turn_off(by=by, reason=gettext("Rehearsal"))
    try:
        is_off = Flag.get(FLAG).is_off
        seconds_to_off = time.perf_counter() - began
        threads = probes.probe().threads()
    finally:
        services.undo(by=by, reason=gettext("Rehearsal"))
    numbers = {
        "seconds": round(time.perf_counter() - began, 2),
        "seconds_to_off": round(seconds_to_off, 3),
        "worked": is_off and not any(found.unreadable for found in threads),
        "threads": [found._asdict() for found in threads],
    }
    return _write(Kind.REHEARSAL, by, numbers)


@transaction.atomic
def _write(kind: str, by: Member | str, numbers: dict[str, object]) -> Act:
    return history.write(kind, history.locked_flag(), by=by, numbers=numbers)


def _refuse_unless_permitted(by: Member | str) -> None:
    if not isinstance(by, str) and not by.has_perm("rollout.change_flag"):
        raise PermissionDenied
