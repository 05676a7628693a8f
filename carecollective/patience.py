"""How long a server process waits for a database that is there and says nothing: a frozen machine, a dead network.

PostgreSQL's own limits (`statement_timeout` and the like) are kept by PostgreSQL, which cannot keep them while it is
frozen, and a socket waits for ever. So this side has limits of its own, a little longer than those.
"""

from typing import Any

import psycopg

# Any answer: longer than statement_timeout, so that where the database still can it ends a statement by itself.
SECONDS_FOR_A_STATEMENT = 12.0
# Whether a connection from the pool still works: the pool tries two, and gives up within its own three seconds.
SECONDS_FOR_A_CHECK = 1.4


class ImpatientConnection(psycopg.Connection[Any]):
    """Closes itself when the database does not answer in time: whatever it was asked then has an open end."""

    seconds = SECONDS_FOR_A_STATEMENT

    def wait(self, gen: Any, *args: Any, timeout: float | None = None, **options: Any) -> Any:
        if timeout is not None:
            return super().wait(gen, *args, timeout=timeout, **options)
        try:
            return super().wait(gen, *args, timeout=self.seconds, **options)
        except psycopg.errors._WaitTimeout:
            self.close()
            raise psycopg.OperationalError(f"the database has not answered for {self.seconds} seconds") from None

    def execute(self, *args: Any, **options: Any) -> Any:
        """The pool's check, and nothing else: Django's statements go through cursors of their own."""
        self.seconds = SECONDS_FOR_A_CHECK
        try:
            return super().execute(*args, **options)
        finally:
            self.seconds = SECONDS_FOR_A_STATEMENT
