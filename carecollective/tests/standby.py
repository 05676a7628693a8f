"""A standby beside a database of the test's own, which follows it for as long as the block lasts."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from carecollective.ground.embedded_postgresql import folders, keeper
from carecollective.ground.embedded_postgresql.cluster import WEB
from carecollective.ground.embedded_postgresql.server import SETTINGS, SUPERUSER
from carecollective.tests.waiting import eventually
from messaging.tests.crashes.site import NAME, Database

FURTHER = "SELECT pg_current_wal_insert_lsn()::text"


class Standby:
    def __init__(self, place: Path, primary: Database) -> None:
        self.primary, self.data, self.socket = primary, place / "standby" / "data", place / "standby" / "socket"
        self.server = primary.cluster.joined()
        self.data.parent.mkdir()
        for folder in (self.data, self.socket):
            folders.make_private(folder, self.server.account)
        where = ("-h", self.server.address()["host"], "-U", SUPERUSER)
        done = self.server._run("pg_basebackup", *where, "-D", str(self.data), "-R", "-X", "stream", "-c", "fast")
        assert done.returncode == 0, done.stderr
        self.process = self.start()

    def start(self) -> "subprocess.Popen[bytes]":
        program = self.server._servers_own().path("postgres")
        settings = SETTINGS | {
            "max_standby_streaming_delay": "-1",
            "unix_socket_directories": str(self.socket),
        }  # as many connections as the primary
        command = [program, "-D", str(self.data), *(f"--{name}={value}" for name, value in settings.items())]
        who = keeper.identity(str(self.server.account))
        process = subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL, **who)
        eventually(self._answers)
        return process

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            return bool(self.ask("SELECT true"))
        return False

    def ask(self, question: Any) -> Any:
        """As the superuser."""
        with psycopg.connect(**self.where(SUPERUSER), autocommit=True) as connection:
            return connection.execute(question).fetchone()

    def where(self, login: str = WEB) -> dict[str, Any]:
        return {"host": str(self.socket), "port": 5432, "dbname": NAME, "user": login}

    @property
    def url(self) -> str:
        return f"postgres://{WEB}@/{NAME}?host={quote(str(self.socket), safe='')}&port=5432"

    def catch_up(self) -> None:
        """Until it has all that the primary has by now."""
        ((there,),) = self.primary.rows(FURTHER)
        eventually(lambda: self.ask(f"SELECT pg_last_wal_replay_lsn() >= '{there}'")[0])

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def a_standby(place: Path, primary: Database) -> Iterator[Standby]:
    standby = Standby(place, primary)
    try:
        yield standby
    finally:
        standby.end()
