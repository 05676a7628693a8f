"""Statements that do not wait for each other's answers go to the database together (pipelining): one round trip.

    with OneTrip() as trip:
        counted = ask(COUNT, values)  # asked, and not yet answered
        found = ask(FIND, values)
        trip.end()  # now the answers are here
        if counted() and found():
            ...

They are executed in their order, each when the one before it is over, so locks are taken and rows are seen as ever.
What is asked outside of a trip is answered at once, and read in the same way.
"""

import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import psycopg
from django.db import connection
from psycopg import pq


class TogetherConnection(psycopg.Connection[Any]):
    """Sends BEGIN along with what follows it in a trip. (psycopg by itself waits for its answer first.)"""

    _begun_in: object = None
    _begun_at: float = 0

    @property
    def began_at(self) -> float:
        """When its transaction began, by this machine's steady clock: now, where none has begun."""
        is_idle = self.pgconn.transaction_status == pq.TransactionStatus.IDLE
        return time.monotonic() if is_idle else self._begun_at

    def _start_query(self) -> Any:
        """Where psycopg begins a transaction before its first statement: here, before each until one is answered."""
        begins = not self.autocommit and self.pgconn.transaction_status == pq.TransactionStatus.IDLE
        if begins:
            self._begun_at = time.monotonic()
        if not begins or self._pipeline is None:
            yield from super()._start_query()
        elif self._begun_in is not self._pipeline:
            self._begun_in = self._pipeline
            yield from self._exec_command(self._get_tx_start_command())


class OneTrip:
    """From its beginning to `end()`, or to the end of its block, which comes first. Raises what any of them raised."""

    def __enter__(self) -> Self:
        connection.ensure_connection()
        self._trip = ExitStack()
        # Behind a pooler that drops the limits on waiting, BEGIN says them in a message that cannot travel so.
        if not getattr(connection.connection, "limits_are_lost", False):
            self._trip.enter_context(connection.wrap_database_errors)
            self._trip.enter_context(connection.connection.pipeline())
        return self

    def end(self) -> None:
        self._trip.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._trip.__exit__(kind, error, traceback)


class Asked:
    """A statement on its way. Called, it says its first row, or None: inside of a trip not before its end."""

    def __init__(self, cursor: Any) -> None:
        self._cursor, self._row = cursor, None

    def __call__(self) -> Any:
        if self._cursor:
            with self._cursor as cursor:
                self._row, self._cursor = cursor.fetchone(), None
        return self._row


def ask(statement: str, values: Any) -> Asked:
    """Send it, now or with the others of this trip."""
    cursor = connection.cursor()
    cursor.execute(statement, values)
    return Asked(cursor)
