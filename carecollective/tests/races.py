"""Several at once: each act in a thread and a connection of its own, all released at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from carecollective.refusals import Refusal

# As many as the pool has connections, less the test's own.
AT_A_TIME = 10


def at_once(*acts):
    """What came of each act, in their order: its result, or what it raised."""
    begin = threading.Barrier(min(len(acts), AT_A_TIME))

    def run(numbered):
        number, act = numbered
        if number < begin.parties:
            begin.wait(timeout=10)
        try:
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()  # back to the pool

    with ThreadPoolExecutor(begin.parties) as threads:
        return list(threads.map(run, enumerate(acts)))


def outcome(came):
    """In one word: the code of a refusal, the SQLSTATE of an error, or "done"."""
    if isinstance(came, Refusal):
        return came.code
    if isinstance(came, Exception):
        return getattr(came.__cause__, "sqlstate", None) or repr(came)
    return "done"
