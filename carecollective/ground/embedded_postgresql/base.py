"""The Django ENGINE: PostgreSQL's own, except that the server starts at the first connection."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base, client

from carecollective.ground.embedded_postgresql.cluster import OWNER, cluster_in
from carecollective.ground.embedded_postgresql.programs import find_programs


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`, with the psql that belongs to the server."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        arguments, environment = super().settings_to_cmd_args_env(settings_dict, parameters)
        return [find_programs().path("psql"), *arguments[1:]], environment

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.get_connection_params()  # starts the server, and says where
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Django asks before every connection, and before it fills a pool."""
        where = self.settings_dict
        where["USER"] = where["USER"] or OWNER
        address = cluster_in(str(settings.EMBEDDED_POSTGRES_DIR)).ensure(where["NAME"])
        where["HOST"], where["PORT"] = address["host"], address["port"]
        return super().get_connection_params()
