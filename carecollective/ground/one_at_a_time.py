"""One process at a time prepares the database (advisory lock); whoever comes meanwhile waits, then finds it done."""

import contextlib
import sys
from collections.abc import Iterator

from django.db import connection

PREPARING = 20261120  # names the lock
_is_held = False


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Others that start at the same moment wait here. Inside of itself it does nothing more.

    A transaction of its own on a second connection holds the lock: so it also works through a transaction pooler,
    and it is free again when this process dies.
    """
    global _is_held
    if _is_held:
        yield
        return
    waiting = connection.copy()
    try:
        waiting.set_autocommit(False)
        with waiting.cursor() as cursor:
            # However long the other one's migrations take, and however little patience this login has been given.
            cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [PREPARING])
            if not cursor.fetchone()[0]:
                sys.stderr.write("Another process prepares the database. Waiting for it.\n")
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PREPARING])
        _is_held = True
        yield
    finally:
        _is_held = False
        waiting.rollback()
        waiting.close()
