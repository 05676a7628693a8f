"""The Django ENGINE for the server that DATABASE_URL names: PostgreSQL's own, which says why it cannot be reached."""

from typing import Any, ClassVar

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from carecollective.ground.named_postgresql.pooler import limited
from carecollective.ground.named_postgresql.reaching import explained, wait_for
from carecollective.ground.patience import ImpatientConnection


class DatabaseWrapper(base.DatabaseWrapper):
    # Once there, it is not waited for again: whoever asks then has an answer to give.
    _was_reached: ClassVar[bool] = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises Unreachable at the first contact, psycopg's OperationalError later; both say why."""
        pool = self.settings_dict["OPTIONS"].get("pool") or {}
        is_serving = issubclass(pool.get("connection_class", psycopg.Connection), ImpatientConnection)
        if not (is_serving or DatabaseWrapper._was_reached):
            wait_for(self._variable(), conn_params)
        DatabaseWrapper._was_reached = True
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout:
            if (cause := ImpatientConnection.why_not) is None:
                raise
            raise psycopg.OperationalError(explained(self._variable(), str(cause), conn_params)[0]) from cause
        self._limit_single_statements(getattr(connection, "limits_are_lost", False))
        return connection

    def _variable(self) -> str:
        """Which one says where this leads."""
        return str(self.settings_dict.get("VARIABLE", "DATABASE_URL"))

    def _limit_single_statements(self, are_needed: bool) -> None:
        if (limited in self.execute_wrappers) != are_needed:
            self.execute_wrappers = [one for one in self.execute_wrappers if one is not limited]
            if are_needed:
                self.execute_wrappers.append(limited)
