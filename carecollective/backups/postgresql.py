"""The server whose database is backed up or restored, as PostgreSQL's own programs and an administrator reach it."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections
from psycopg.conninfo import make_conninfo

from carecollective.ground import environment as env
from carecollective.ground import owner
from carecollective.ground.embedded_postgresql.archive import NotDone
from carecollective.ground.embedded_postgresql.cluster import OWNER, cluster_in
from carecollective.ground.embedded_postgresql.programs import find_programs

READER = "BACKUP_DATABASE_URL"
MAINTENANCE = "postgres"
SYSTEMS = Path("/usr/lib/postgresql")  # where only the client is installed
NEWER = 10


@dataclass(frozen=True)
class Reached:
    """`login` reads every row or owns every table; `owner` is whom restored tables are to belong to."""

    database: str
    owner: str
    where: dict[str, Any]
    password: str
    is_embedded: bool

    @contextmanager
    def connected(self, database: str) -> Iterator[psycopg.Connection[Any]]:
        """Raises NotDone where nobody answers."""
        try:
            connection = psycopg.connect(self._address(database), password=self.password or None, autocommit=True)
        except psycopg.OperationalError as error:
            raise NotDone(f"The database {database} cannot be reached: {_first_line(error)}.") from None
        with connection:
            yield connection

    @contextmanager
    def program(self, name: str, major: int, database: str, *arguments: str, **streams: Any) -> Iterator[Any]:
        """One of PostgreSQL's own, of this version or the next newer one. Raises NotDone with what it complained of."""
        command = [program(name, major)[1], f"--dbname={self._address(database)}", *arguments]
        with running(command, {"PGPASSWORD": self.password} if self.password else {}, **streams) as process:
            yield process

    def _address(self, database: str) -> str:
        return make_conninfo(**self.where, dbname=database, connect_timeout=10)


def to_read() -> Reached:
    """Where everything can be read. Raises NotDone where nobody has said by which login."""
    if _is_embedded():
        return _embedded()
    found = env.database("BACKUP_DATABASE_URL") or env.database(owner.VARIABLE)
    if found is None:
        raise NotDone(
            f"Nobody who could read everything is known: set {READER} to a login with BYPASSRLS, which "
            "docs/operations.md shows how to make."
        )
    return _named(found)


def to_write() -> Reached:
    """Where the database can be made anew. Raises NotDone where nobody has said who the owner is."""
    if _is_embedded():
        return _embedded()
    if (found := env.database(owner.VARIABLE)) is None:
        raise NotDone(f"A restore makes the tables anew: set {owner.VARIABLE} to the login that owns them.")
    return _named(found)


def _is_embedded() -> bool:
    return bool(connections.settings["default"]["ENGINE"] == owner.EMBEDDED_DATABASE["ENGINE"])


def _embedded() -> Reached:
    cluster, database = cluster_in(str(settings.EMBEDDED_POSTGRES_DIR)), str(connections.settings["default"]["NAME"])
    try:
        where = cluster.ensure(database)
    except (ImproperlyConfigured, OperationalError) as reason:
        raise NotDone(str(reason)) from None
    return Reached(database, OWNER, {**where, "user": "postgres"}, "", is_embedded=True)


def _named(there: dict[str, Any]) -> Reached:
    where = {"host": there["HOST"], "port": there["PORT"], "user": there["USER"]} | there["OPTIONS"]
    known = {name: value for name, value in where.items() if value}
    return Reached(there["NAME"], there["USER"], known, there["PASSWORD"], is_embedded=False)


@contextmanager
def running(command: list[str], environment: dict[str, str], **streams: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """Ends it if what is done with it fails. Raises NotDone with the first line of its errors if it fails itself."""
    with tempfile.TemporaryFile() as errors:
        clean = {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(Path.home())} | environment
        process = subprocess.Popen(command, env=clean, stderr=errors, **streams)
        try:
            yield process
        except BrokenPipeError:
            pass  # it ended early, and says why
        except BaseException:
            process.kill()
            raise
        finally:
            for stream in filter(None, (process.stdin, process.stdout)):
                _close(stream)
            ended = process.wait()
        if ended:
            errors.seek(0)
            complaints = errors.read().decode(errors="replace").strip().splitlines() or [f"it ended with {ended}"]
            raise NotDone(complaints[0])


def _close(stream: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        stream.close()


def program(name: str, major: int) -> tuple[int, str]:
    """The version and the path of a program of this version; else of the oldest that is newer.

    Raises NotDone where there is none.
    """
    for version in range(major, major + NEWER):
        try:
            return version, find_programs(version).path(name)
        except ImproperlyConfigured:
            if (path := SYSTEMS / str(version) / "bin" / name).exists():
                return version, str(path)
    raise NotDone(f"There is no {name} of PostgreSQL {major} or newer: apt-get install postgresql-client-{major}.")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
