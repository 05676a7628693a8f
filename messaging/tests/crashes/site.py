"""A site of the test's own: a PostgreSQL in a folder of its own, and server processes that share one port.

What is killed, restarted or frozen here harms nobody else.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from carecollective.ground.embedded_postgresql.cluster import OWNER, WEB, Cluster
from carecollective.ground.embedded_postgresql.tests.conftest import PROJECT, kill
from carecollective.ground.patience import SECONDS_FOR_A_STATEMENT
from carecollective.tests import serving
from carecollective.tests.waiting import eventually

NAME = "carecollective"


class Database:
    """As the product brings it along, or (`embedded=False`) as a server that DATABASE_URL names."""

    def __init__(self, place: Path, *, embedded: bool) -> None:
        self.cluster, self.embedded = Cluster(place / "postgres"), embedded
        self.cluster.ensure(NAME)

    @property
    def urls(self) -> dict[str, str]:
        """The variables that name it."""
        if self.embedded:
            return {"DATABASE_URL": "", "OWNER_DATABASE_URL": ""}
        where = self.cluster.joined().address()
        place = f"/{NAME}?host={quote(where['host'], safe='')}&port={where['port']}"
        return {"DATABASE_URL": f"postgres://{WEB}@{place}", "OWNER_DATABASE_URL": f"postgres://{OWNER}@{place}"}

    def rows(self, question: str) -> list[tuple]:
        """Asked as the superuser: past the code under test, and past every wall."""
        found: list[tuple] = []

        def asked() -> bool:
            self.cluster.ensure(NAME)
            try:
                with self.cluster.joined().connect(NAME) as connection:
                    cursor = connection.execute(question)
                    found[:] = cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                return False  # it is only just getting up
            return True

        eventually(asked)
        return found

    @contextlib.contextmanager
    def held(self, question: str) -> Iterator[None]:
        """Whoever wants to change these rows waits."""
        with self.cluster.joined().connect(NAME) as connection, connection.transaction():
            connection.execute(f"{question} FOR UPDATE")
            yield

    def crash(self, number: int = signal.SIGQUIT) -> None:
        """What `pg_ctl restart -m immediate` does; the embedded one is started again by whoever needs it first."""
        pid = eventually(self.cluster.joined().pid)
        os.kill(pid, number)
        eventually(lambda: self.cluster.joined().pid() != pid)
        if not self.embedded:
            self.cluster.ensure(NAME)

    def kill_a_backend(self) -> None:
        """One that serves the site; after it PostgreSQL ends all others too, and begins anew."""
        backends = self.rows(f"SELECT pid FROM pg_stat_activity WHERE usename = '{WEB}' AND datname = '{NAME}'")
        if backends:
            kill(random.choice(backends)[0])

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        server = eventually(self.cluster.joined().pid)
        os.kill(server, number)  # first: from here on it has no new children
        for child in children_of(server):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    def leave(self) -> None:
        self.cluster.leave()


def children_of(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-ax", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = (line.split() for line in listed.splitlines())
    return [int(pid) for pid, ppid in pairs if int(ppid) == parent]


class Site:
    def __init__(
        self,
        database: Database,
        place: Path,
        processes: int,
        people: Sequence[object] = ("messaging.tests.crashes.people",),
        seconds_for_a_statement: float = SECONDS_FOR_A_STATEMENT,
        rate_limits: str = "off",
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.database = database
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.log = place / "site.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "EMBEDDED_"))},
            "DJANGO_SETTINGS_MODULE": "carecollective.settings",
            **database.urls,
            "EMBEDDED_POSTGRES_DIR": str(place / "postgres"),
            "DEBUG": "1",
            "RATE_LIMITS": rate_limits,
            serving.SECONDS_FOR_A_STATEMENT: str(seconds_for_a_statement),
            "MESSAGING_V2_ROLLOUT": "enabled",
            **(more or {}),
        }
        self.people = json.loads(self.run("-m", *map(str, people)))
        self.running = [self._started() for _ in range(processes)]
        for process in self.running:
            self._wait_for(process)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kill_a_process(self) -> None:
        """With kill -9; another one takes its place. The oldest: so each has its turn."""
        process = self.running.pop(0)
        process.kill()
        process.communicate()
        self.running.append(self._started())
        self._wait_for(self.running[-1])

    def _started(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return serving.started(self.listener, lifespan="on", cwd=PROJECT, env=self.environment, stderr=log)

    def _wait_for(self, process: "subprocess.Popen[bytes]") -> None:
        assert serving.is_ready(process), self.log.read_text()[-3000:]

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.communicate()
        self.listener.close()
        self.database.leave()
