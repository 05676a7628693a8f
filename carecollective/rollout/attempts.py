"""Every attempt to start a conversation leaves one row, whatever became of it.

The one place, whatever the door (`messaging.offering`):

    with attempts.recorded(member) as attempt:
        offer = offer_help(..., version=attempt.version)
        attempt.created = offer.created

The row is written afterwards in a transaction of its own, so that no rollback takes it away.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError, connection, transaction

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.foreseen import refusal_for

from . import guard_rails, trips
from .models import Attempt
from .outcomes import CREATED, FAILURES, REPLAYED
from .versions import decision_for

log = logging.getLogger(__name__)
KEPT_FOR = timedelta(days=90)
LONGEST_OUTCOME = Attempt._meta.get_field("outcome").max_length or 40
# Waited in vain, inside a database that is there: query_canceled, lock_not_available, deadlock_detected. That may well
# be ours; `unavailable` is the database being away.
WAITED_IN_VAIN = ("57014", "55P03", "40P01")
INSERT = "INSERT INTO rollout_attempts (attempted_at, version, outcome, milliseconds, stage, is_synthetic) VALUES "
ONE = "(%s, %s, %s, %s, %s, %s)"

# While the database is away, the rows that say so wait here; beyond this many the oldest are given up.
_waiting: deque[tuple[Any, ...]] = deque(maxlen=1000)


@dataclass(slots=True)
class Running:
    version: str
    stage: str
    # A door that was given back what existed already says so; then nothing was started.
    created: bool = True


@contextmanager
def recorded(member: Member) -> Iterator[Running]:
    """Yields the version that this member's conversation starts in, and writes down what became of it."""
    decision = decision_for(member)
    running = Running(decision.version, decision.stage)
    with _timed(running, is_synthetic=False):
        yield running


@contextmanager
def synthetic(version: str, stage: str) -> Iterator[Running]:
    """A test offer: the same row, marked, so that it is never taken for a member's."""
    running = Running(version, stage)
    with _timed(running, is_synthetic=True):
        yield running


@contextmanager
def refusals_recorded(member: Member | AnonymousUser) -> Iterator[None]:
    """What a door refuses before the verb is reached is an attempt too: not approved, too short, too long."""
    try:
        yield
    except Exception as error:
        refused(member, outcome_of(error))
        raise


def refused(member: Member | AnonymousUser, outcome: str) -> None:
    if member.is_authenticated:
        decision = decision_for(member)
        write(decision.version, outcome, 0, decision.stage)


@contextmanager
def _timed(running: Running, *, is_synthetic: bool) -> Iterator[None]:
    began, outcome = time.perf_counter(), ""
    try:
        yield
        outcome = CREATED if running.created else REPLAYED
    except Exception as error:
        outcome = outcome_of(error)
        raise
    finally:
        if outcome:  # none for a process that is being ended
            milliseconds = round((time.perf_counter() - began) * 1000)
            write(running.version, outcome, milliseconds, running.stage, is_synthetic=is_synthetic)


def outcome_of(error: Exception) -> str:
    if getattr(error.__cause__, "sqlstate", None) in WAITED_IN_VAIN:
        return "timeout"
    if isinstance(getattr(error, "detail", None), dict | list):  # the API's own form errors
        return "validation_error"
    return refusal_for(error).code[:LONGEST_OUTCOME]


def write(version: str, outcome: str, milliseconds: int, stage: str, *, is_synthetic: bool = False) -> None:
    """One row, now or as soon as the database is back. Raises nothing: a count must never cost a member their offer."""
    _waiting.append((clock.now(), version, outcome, milliseconds, stage, is_synthetic))
    try:
        _write_waiting()
        if version == "v2" and (outcome in FAILURES or milliseconds > guard_rails.FAR_TOO_SLOW_MS):
            trips.watch()
    except (DatabaseError, InterfaceError):
        log.exception("An attempt could not be written down.")
    except Exception:
        log.exception("The guard rails could not look.")


def _write_waiting() -> None:
    if connection.in_atomic_block and connection.needs_rollback:
        return  # inside a caller's broken transaction: with the next attempt
    rows = _taken()
    try:
        # As the login and in one statement, which is its own transaction: nothing in it is private.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            _insert(rows)
    except (DatabaseError, InterfaceError):
        _waiting.extendleft(reversed(rows))
        raise


def _insert(rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(INSERT + ", ".join([ONE] * len(rows)), list(chain.from_iterable(rows)))


def _taken() -> list[tuple[Any, ...]]:
    """All that wait, each to one of the threads that ask at once."""
    rows = []
    with suppress(IndexError):
        while True:
            rows.append(_waiting.popleft())
    return rows


def forget_old(now: datetime | None = None) -> int:
    """Delete what is older than 90 days; how many rows that was."""
    return Attempt.objects.filter(attempted_at__lt=(now or clock.now()) - KEPT_FOR).delete()[0]
