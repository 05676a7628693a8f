"""How long a server process waits for its database (timeouts, fail fast).

PostgreSQL's own limits (`statement_timeout` and the like) are kept by PostgreSQL, which cannot keep them while it is
frozen (a dead network looks the same from here), and a socket waits for ever. So this side has limits of its own, a
little longer than those.

A connection that leads to a standby, which writes nothing, is let go by whoever finds that out.

A connection is made with PostgreSQL's limits. A transaction pooler lets them fall on the way without a word; then each
transaction says them for itself, in the message that begins it.
"""

import time
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import generators, pq

from carecollective.ground.round_trips import TogetherConnection

LIMITS = {
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "30s",
    # A page reads few rows: another process for them costs more than they do.
    "max_parallel_workers_per_gather": "0",
}
AS_AN_OPTION = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
IN_A_TRANSACTION = "".join(f"; SET LOCAL {name} = '{value}'" for name, value in LIMITS.items()).encode()

# Any answer: longer than statement_timeout, so that where the database still can it ends a statement by itself.
SECONDS_FOR_A_STATEMENT = 12.0
# Whether a connection from the pool still works: the pool tries two, and gives up within its own three seconds.
SECONDS_FOR_A_CHECK = 1.4


class ImpatientConnection(TogetherConnection):
    """Closes itself when the database does not answer in time: whatever it was asked then has an open end."""

    seconds = SECONDS_FOR_A_STATEMENT
    limits_are_lost = False
    # The pool tells whoever waits for a connection that there is none, and keeps to itself why.
    why_not: psycopg.Error | None = None

    @classmethod
    def connect(cls, *args: Any, **options: Any) -> "ImpatientConnection":
        try:
            connection = super().connect(*args, **options)
        except psycopg.Error as error:
            ImpatientConnection.why_not = error
            raise
        ImpatientConnection.why_not = None
        if AS_AN_OPTION in options.get("options", ""):
            timeout = connection.execute("SELECT current_setting('statement_timeout')").fetchone()
            connection.limits_are_lost = timeout[0] != LIMITS["statement_timeout"]
        if connection.limits_are_lost:  # by a pooler: a statement with a name is known to one of its connections alone
            connection.prepare_threshold = None
        return connection

    def _start_query(self) -> Any:
        """Where psycopg begins a transaction before its first statement."""
        begins = not self.autocommit and self.pgconn.transaction_status == pq.TransactionStatus.IDLE
        if not (self.limits_are_lost and begins and self._pipeline is None):
            yield from super()._start_query()
            return
        self._check_connection_ok()
        self._begun_at = time.monotonic()
        self.pgconn.send_query(self._get_tx_start_command() + IN_A_TRANSACTION)
        for result in (yield from generators.execute(self.pgconn)):
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result)

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        if options.get("timeout") is not None:
            return super().wait(gen, *args, **options)
        try:
            return super().wait(gen, *args, **options | {"timeout": self.seconds})
        except psycopg.errors._WaitTimeout:
            self.close()
            raise psycopg.OperationalError(f"the database has not answered for {self.seconds} seconds") from None
        except psycopg.errors.ReadOnlySqlTransaction:
            if self.pgconn.parameter_status(b"in_hot_standby") == b"on":
                self.close()  # it was the primary once, or a proxy's guess: the next one is made anew
            raise

    def execute(self, *args: Any, **options: Any) -> Any:
        """The pool's check, and nothing else: Django's statements go through cursors of their own."""
        self.seconds = SECONDS_FOR_A_CHECK
        try:
            return super().execute(*args, **options)
        finally:
            self.seconds = SECONDS_FOR_A_STATEMENT


def options(given: Mapping[str, Any]) -> dict[str, Any]:
    """In what the options of whoever serves differ from these, which have a pool."""
    return {
        "options": f"{given.get('options', '')} {AS_AN_OPTION}".strip(),
        "connect_timeout": 5,  # seconds
        "pool": given["pool"] | {"connection_class": ImpatientConnection},
    }
