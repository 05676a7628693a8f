"""Can the database write, and is there room for more (health that writes)? On a full disk it reads, and no more.

Each process asks for itself, every ten seconds at most, and hears of it from whatever could not be written meanwhile.
"""

import shutil
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils.crypto import get_random_string

SECONDS_BETWEEN = 10
LITTLE_ROOM = 2**30  # bytes
# read_only_sql_transaction, disk_full
SAYS_NO = ("25006", "53100")
# A table that the login may write outside of every scope, and whose blocks are on the database's disk.
WRITE = "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, '', clock_timestamp())"


@dataclass(slots=True)
class _Known:
    can_write: bool = True
    asked_at: float = -SECONDS_BETWEEN

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.asked_at < SECONDS_BETWEEN

    def learn(self, *, can_write: bool) -> None:
        self.can_write, self.asked_at = can_write, time.monotonic()


_known = _Known()


def can_write() -> bool:
    """As it was at most ten seconds ago."""
    if not _known.is_fresh:
        _known.learn(can_write=_tries())
    return _known.can_write


def is_well() -> bool:
    """As far as this process knows; asks nothing."""
    return _known.can_write


def is_reading_only() -> bool:
    """For pages: asks nothing while all is well, and looks again while it is not, but never in a member's name."""
    if _known.can_write or _known.is_fresh or connection.in_atomic_block:
        return not _known.can_write
    return not can_write()


def is_refused(error: BaseException) -> bool:
    """Is this the database that reads and does not write? Then pages know it from here on."""
    refused = getattr(error.__cause__, "sqlstate", None) in SAYS_NO
    if refused:
        _known.learn(can_write=False)
    return refused


def room() -> str:
    """ok, low or unknown. A database server that we did not bring along keeps its disk to itself."""
    if not connection.settings_dict["ENGINE"].endswith("embedded_postgresql"):
        return "unknown"
    try:
        free = shutil.disk_usage(settings.EMBEDDED_POSTGRES_DIR).free
    except OSError:
        return "unknown"
    return "low" if free < LITTLE_ROOM else "ok"


def _tries() -> bool:
    """Writes a row, and takes it back before anybody can see it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WRITE, [get_random_string(40)])
            transaction.set_rollback(True)
    except (DatabaseError, InterfaceError):
        return False
    return True
