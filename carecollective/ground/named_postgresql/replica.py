"""Reading where what is read may be a moment old, and never older than what its reader did (read your own writes).

A replica is asked how far it has come before it is asked anything else. One that is away, that has not come as far as
its reader's last look at the primary, or that is seconds behind everybody, is passed over for the primary.

    with a_moment_old(position):
        ...all that this thread asks of the database in here is asked of the replica...
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connection, connections
from prometheus_client import Counter

from carecollective.ground import writing
from carecollective.ground.named_postgresql.base import DatabaseWrapper

# How old anything may be, whoever wrote it: between once and twice as many seconds.
SECONDS_BEHIND = 5
# After one that was away nobody waits for it for so long.
SECONDS_UNTIL_ANOTHER_TRY = 5
A_POSITION = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")
NOWHERE = "0/0"
POSITION = "SELECT pg_current_wal_insert_lsn()::text"
# One that was promoted, or cut off as a primary, follows nobody.
HAS_COME_SO_FAR = """
SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= greatest(%s::pg_lsn, %s::pg_lsn)
"""

READ = Counter("care_replica_reads", "Pages that a replica was asked for, by what became of it.", ["outcome"])


class Replica(DatabaseWrapper):
    """It goes by the primary's alias, in whose place it is put, and has a pool of its own."""

    is_replica = True
    _connection_pools: ClassVar[dict[str, Any]] = {}


@dataclass(slots=True)
class _Known:
    """What this process has heard: where the primary was, lately and before, and when the replica was not there."""

    lately: str = NOWHERE
    before: str = NOWHERE
    asked_at: float = float("-inf")
    away_at: float = float("-inf")


_known, _one_asks = _Known(), threading.Lock()


def is_there() -> bool:
    """Whether this installation has a replica to read from."""
    return settings.REPLICA_DATABASE is not None


def position() -> str:
    """Up to where the primary has written: all that was committed before this stands below."""
    with connection.cursor() as cursor:
        cursor.execute(POSITION)
        return str(cursor.fetchone()[0])


def read_position(brought: str | None) -> str | None:
    """What a caller brought, where it is one."""
    return brought if brought and A_POSITION.fullmatch(brought) else None


@contextmanager
def a_moment_old(after: str | None) -> Iterator[bool]:
    """All that is asked in here is asked of the replica, if it has come as far as `after`. Says whether it is.

    Nothing can be written there. With `after` None, of whom nobody knows what they wrote, it is the primary.
    """
    replica = _ready(after) if after and _may_be_asked() else None
    if replica is None:
        yield _is_asked_already()  # whoever is there already stays there
        return
    primary = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = replica
    try:
        yield True
    finally:
        connections[DEFAULT_DB_ALIAS] = primary
        replica.close()


def _is_asked_already() -> bool:
    return getattr(connection, "is_replica", False)


def _may_be_asked() -> bool:
    """Not within a transaction; nor while nothing can be written, which only the primary can be asked about."""
    return is_there() and not _is_asked_already() and not connection.in_atomic_block and writing.is_well()


def _ready(after: str) -> "Replica | None":
    """A connection to it, for this thread and this page."""
    if time.monotonic() - _known.away_at < SECONDS_UNTIL_ANOTHER_TRY:
        return None
    least = _everybodys()
    there = connection.settings_dict | (settings.REPLICA_DATABASE or {})
    replica = Replica(there, DEFAULT_DB_ALIAS)
    try:
        with replica.cursor() as cursor:
            cursor.execute(HAS_COME_SO_FAR, [after, least])
            if cursor.fetchone()[0]:
                READ.labels("replica").inc()
                return replica
        READ.labels("behind").inc()
    except (DatabaseError, InterfaceError):
        gave_up()
    replica.close()
    return None


def gave_up() -> None:
    """It was asked in vain: for some seconds it is not asked."""
    _known.away_at = time.monotonic()
    READ.labels("away").inc()


def _everybodys() -> str:
    """Where the primary was some seconds ago, by a question that one thread asks in so many seconds."""
    if time.monotonic() - _known.asked_at >= SECONDS_BEHIND and _one_asks.acquire(blocking=False):
        try:
            now = position()
            _known.before, _known.lately, _known.asked_at = _known.lately, now, time.monotonic()
        finally:
            _one_asks.release()
    return _known.before
