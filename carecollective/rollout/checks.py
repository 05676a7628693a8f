"""What can be wrong with the rollout (checks): asked before a community opens its doors."""

import time

from carecollective.ground import clock
from carecollective.ground.doctor import Check, Fault

from . import history, probes
from .gates import REHEARSED_WITHIN
from .history import Kind
from .models import Flag
from .stages import FLAG

LONGEST_OFFER = 500  # milliseconds


def settings_can_be_read() -> Fault:
    return Flag.get(FLAG).problem or None


def an_offer_works() -> Fault:
    """One on the real path, through every lock, trigger and wall. Not a row of it stays."""
    began = time.perf_counter()
    try:
        probes.probe().test_offer()
    except Exception as error:  # whatever it is, is the finding
        return (
            f"A test offer failed ({type(error).__name__}), so those of members would too: `manage.py doctor --deep` "
            "says more."
        )
    took = (time.perf_counter() - began) * 1_000
    if took > LONGEST_OFFER:
        return (
            f"A test offer took {took:.0f} ms, and should take {LONGEST_OFFER} at most: the disk or the way to the "
            "database is slow, or something else uses this machine."
        )
    return None


def turning_off_was_rehearsed() -> Fault:
    """Where both versions are in use: whoever has only the new one has nothing to go back to."""
    if not probes.probe().people_in_v1():
        return None
    last = history.last(Kind.REHEARSAL)
    if last is None or last.made_at < clock.now() - REHEARSED_WITHIN or not last.numbers.get("worked"):
        return (
            "Turning the new messaging off was not rehearsed in the last 30 days: *Rehearse a rollback* on the page of "
            "the rollout turns it off, reads both versions, and turns it on again."
        )
    return None


CHECKS = (
    Check("rollout", settings_can_be_read),
    Check("offer", an_offer_works, before_opening=True),
    Check("rehearsal", turning_off_was_rehearsed, before_opening=True),
)
