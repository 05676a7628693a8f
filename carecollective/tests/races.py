"""Several at once: each act in a thread and a connection of its own, all released at the same moment."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection

from carecollective.ground.refusals import Refusal
from carecollective.tests.waiting import PATIENCE, eventually

T = TypeVar("T")
# As many as the pool has connections, less the test's own.
AT_A_TIME = 10


def at_once(*acts):
    """What came of each act, in their order: its result, or what it raised."""
    begin = threading.Barrier(min(len(acts), AT_A_TIME))

    def run(numbered):
        number, act = numbered
        if number < begin.parties:
            begin.wait(PATIENCE)
        try:
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()  # back to the pool

    with ThreadPoolExecutor(begin.parties) as threads:
        return list(threads.map(run, enumerate(acts)))


def hold_up(other_is_done=None):
    """Goes on once another transaction waits for what this one has locked, or the other is done without waiting."""
    eventually(lambda: (other_is_done and other_is_done.is_set()) or _somebody_waits())


def _somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return cursor.fetchone()[0]


def outcome(came):
    """In one word: the code of a refusal, the SQLSTATE of an error, or "done"."""
    if isinstance(came, Refusal):
        return came.code
    if isinstance(came, Exception):
        return getattr(came.__cause__, "sqlstate", None) or repr(came)
    return "done"


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: where a browser is tested too, this one has an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
