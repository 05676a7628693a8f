"""What time it is: by the database's clock, for every deadline that is stored or judged, whatever machine asks.

A process learns once a minute how far that clock is from its own steady one, on a connection that it takes anyway. In
between it asks nothing, and its own clock may be days off, or be put right.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils import timezone

SECONDS_BETWEEN = 60


@dataclass(slots=True)
class _Offset:
    seconds: float | None = None
    learned_at: float = -SECONDS_BETWEEN


_offset = _Offset()


def now() -> datetime:
    """This machine's own time, before there was any connection."""
    if _offset.seconds is None:
        return timezone.now()
    return datetime.fromtimestamp(time.monotonic() + _offset.seconds, tz=UTC)


def seconds_at(moment: float) -> float:
    """What the database's clock showed when this machine's steady one showed `moment`, in seconds since 1970."""
    return moment + (time.time() - time.monotonic() if _offset.seconds is None else _offset.seconds)


def today() -> date:
    """The day where the community lives."""
    return timezone.localdate(now())


def learn_anew() -> None:
    """The database did not believe when this was: whoever connects next asks it."""
    _offset.learned_at = -SECONDS_BETWEEN


@receiver(connection_created, dispatch_uid="clock.learn")
def learn(connection: Any, **more: Any) -> None:
    if time.monotonic() - _offset.learned_at < SECONDS_BETWEEN or getattr(connection, "is_replica", False):
        return  # whose clock is its own
    # Past Django's own cursor: it is no part of what a page asks.
    with suppress(psycopg.Error), connection.connection.cursor() as cursor:
        began = time.monotonic()
        (epoch,) = cursor.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
        ended = time.monotonic()
        _offset.seconds, _offset.learned_at = float(epoch) - (began + ended) / 2, ended
