"""Joining and leaving: who uses the embedded server (reference counting), and which data folder is theirs."""

import atexit
import contextlib
import fcntl
import functools
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from carecollective.ground.embedded_postgresql import folders
from carecollective.ground.embedded_postgresql.keeper import held, is_unused, open_lock
from carecollective.ground.embedded_postgresql.programs import Programs, find_programs
from carecollective.ground.embedded_postgresql.server import Server, another_version, check_version, majors_in
from carecollective.ground.owner import OWNER_IS, OWNER_OF_THE_EMBEDDED, WEB_LOGIN_IS, WEB_OF_THE_EMBEDDED

OWNER, WEB = OWNER_OF_THE_EMBEDDED, WEB_OF_THE_EMBEDDED
LOGINS = {OWNER: OWNER_IS, WEB: WEB_LOGIN_IS}


class Cluster:
    """The embedded database in one folder, as one process sees it."""

    def __init__(self, front: Path, programs: Programs | None = None) -> None:
        self.front = front.resolve()
        self._programs = programs
        self._server: Server | None = None
        self._lease: int | None = None
        self._lease_of: int | None = None
        self._known: set[str | None] = set()
        self._address: dict[str, str] = {}
        self._threads = threading.Lock()
        os.register_at_fork(after_in_child=self._after_fork)

    def ensure(self, database: str | None) -> dict[str, str]:
        """Make sure that the server runs, with this database, and say where. Cheap when it does.

        Raises ImproperlyConfigured when a person has to settle something first, OperationalError when the server
        does not start.
        """
        with self._threads:
            if not (self._lease_of == os.getpid() and database in self._known and self._runs()):
                self._join(database)
        return self._address

    def _runs(self) -> bool:
        return self._server is not None and self._server.pid() is not None

    def server(self) -> Server:
        """The server over this folder, running or not. The caller holds the start lock."""
        folders.make_front(self.front)
        account = folders.server_account()
        home = folders.home_behind(self.front, account)
        programs = self._programs or find_programs()
        return Server(programs, account, self.front, home, home / f"data-{programs.major}")

    def joined(self) -> Server:
        """The server that this process uses."""
        if self._server is None:
            raise RuntimeError("Call ensure() first.")
        return self._server

    @contextlib.contextmanager
    def alone(self) -> Iterator[int]:
        """Hold the start lock: nobody else starts, stops, joins or leaves meanwhile. Gives a handle on the lease."""
        folders.make_front(self.front)
        starting, using = open_lock(self.front / "start.lock"), open_lock(self.front / "lease")
        try:
            with held(starting):
                yield using
        finally:
            os.close(starting)
            os.close(using)

    def leave(self) -> None:
        """Let go of the server; the last one to leave stops it."""
        with self._threads:
            if self._lease is None or self._lease_of != os.getpid() or self._server is None:
                return  # nothing joined, or a forked copy: the lease is its parent's to end
            with contextlib.suppress(FileNotFoundError), self.alone():  # the folder may have been deleted meanwhile
                if is_unused(self._lease):
                    self._server.stop()
                fcntl.flock(self._lease, fcntl.LOCK_UN)  # closing is not enough where a forked copy has it open
            os.close(self._lease)
            self._lease = self._lease_of = None
            self._known.clear()

    def _join(self, database: str | None) -> None:
        with self.alone() as lease:
            if self._server is None:
                self._server = self.server()
                folders.sweep_unfinished(self._server.home)
                self._choose_data(self._server)
            self._server.bring_up()
            self._address = self._server.address()
            self._make(database)
            if self._lease_of != os.getpid():
                # The kernel drops it when this process ends, even by kill -9.
                self._lease = os.dup(lease)
                fcntl.flock(self._lease, fcntl.LOCK_SH)
                self._lease_of = os.getpid()
                atexit.register(self.leave)

    def _choose_data(self, server: Server) -> None:
        if server.data.exists():
            check_version(server.data, server.programs)
        elif others := majors_in(server.home):
            raise another_version(server.home / f"data-{others[-1]}", str(others[-1]), server.programs)
        else:
            server.make_data()

    def _make(self, database: str | None) -> None:
        """The logins and the owner's database, where they do not exist yet."""
        if self._server is None or database in self._known:
            return
        with self._server.connect("postgres") as connection:
            for login, what_it_is in LOGINS.items():
                make_login(connection, login, what_it_is)
            if (
                database
                and not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            ):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER))
                )
        self._known.add(database)

    def _after_fork(self) -> None:
        # Another thread of the parent may have held it at the moment of the fork, and does not exist here.
        self._threads = threading.Lock()
        # The lease is the parent's. With a copy of it here, the child would wait for itself when it takes its own.
        if self._lease is not None:
            os.close(self._lease)
            self._lease = self._lease_of = None


def make_login(connection: psycopg.Connection[Any], login: str, what_it_is: LiteralString) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login]).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN ").format(sql.Identifier(login)) + sql.SQL(what_it_is))


@functools.cache
def cluster_in(folder: str) -> Cluster:
    """The one cluster object of this process for a folder: it holds the lease."""
    return Cluster(Path(folder))
