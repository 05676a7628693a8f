"""A database, server processes and a mail server of our own, on which one proof comes after the other.

What is killed, frozen or filled here harms nobody else; whatever was started is ended by its id.
"""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from carecollective.ground.embedded_postgresql.tests.conftest import PROJECT, a_place
from carecollective.tests import serving
from messaging.tests.crashes.site import Database, Site
from proofs.planted import PLANTED
from proofs.post import DeadlyServer

PROCESSES = 2
STAGE = "SELECT stage, stopped, version FROM rollout_flags"


class ProvenSite(Site):
    """Its processes can be started with a fault in them, or with other surroundings."""

    planted = ""
    more: Mapping[str, str] = {}

    def __init__(self, database: Database, place: Path, mail: int) -> None:
        usual = {
            "EMAIL_URL": f"smtp://127.0.0.1:{mail}",
            "MESSAGING_V2_ROLLOUT": "",
            "ERASURE_LEDGER": str(place / "erasures.log"),
        }
        super().__init__(database, place, PROCESSES, ("proofs.people", "writers"), more=usual)

    def _started(self) -> "subprocess.Popen[bytes]":
        program = "proofs.planted" if self.planted else serving.__name__
        environment = {**self.environment, PLANTED: self.planted, **self.more}
        with self.log.open("ab") as log:
            return serving.started(
                self.listener, lifespan="on", program=program, cwd=PROJECT, env=environment, stderr=log
            )

    def start_anew(self, planted: str, more: Mapping[str, str]) -> None:
        """All of its processes, unless they are so already."""
        if (self.planted, self.more) == (planted, more):
            return
        self.planted, self.more = planted, more
        for process in self.running:
            process.kill()
            process.communicate()
        self.running = [self._started() for _ in self.running]
        for process in self.running:
            self._wait_for(process)


class Ground:
    """`place` takes everything that is written; mail goes to `mail`."""

    def __init__(self, place: Path, mail: DeadlyServer) -> None:
        self.place, self.mail = place, mail
        self.database = Database(place, embedded=False)
        # The order of commits is what endings are judged by.
        self.database.rows("ALTER SYSTEM SET track_commit_timestamp = on")
        self.database.crash(signal.SIGINT)
        self.site = ProvenSite(self.database, place, mail.port)

    def serving(self, planted: str = "", **more: str) -> ProvenSite:
        """The site, with this fault in its processes and these variables around them; sound where nothing is said."""
        self.site.start_anew(planted, more)
        return self.site

    def people(self, *asked: object) -> Any:
        """More of them: what `proofs.people` says."""
        return json.loads(self.site.run("-m", "proofs.people", *map(str, asked)))

    def one(self, question: str) -> Any:
        return self.database.rows(question)[0][0]

    def stage(self) -> object:
        return self.database.rows(STAGE)

    @contextmanager
    def altered(self, statements: str, repair: str) -> Iterator[None]:
        """A fault planted in the database, and repaired whatever happens."""
        self.database.rows(statements)
        try:
            yield
        finally:
            self.database.rows(repair)

    @contextmanager
    def settings(self, **values: str) -> Iterator[None]:
        """Settings of the database itself, for as long as the block lasts."""
        for name, value in values.items():
            self.database.rows(f"ALTER SYSTEM SET {name} = {value}")
        self.database.rows("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            for name in values:
                self.database.rows(f"ALTER SYSTEM RESET {name}")
            self.database.rows("SELECT pg_reload_conf()")

    def end(self) -> None:
        self.site.end()


@contextmanager
def a_ground(place: Path, mail: DeadlyServer) -> Iterator[Ground]:
    """Until it is left; nothing of it is left then."""
    ground = Ground(place, mail)
    try:
        yield ground
    finally:
        ground.end()


class Grounds:
    """The one that is in use, made when it is first asked for; a new one after it was left in disorder."""

    def __init__(self) -> None:
        self.standing: ExitStack | None = None
        self.ground: Ground | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.leave()

    def now(self) -> Ground:
        if self.ground is None:
            self.standing = ExitStack()
            place, mail = self.standing.enter_context(a_place()), self.standing.enter_context(DeadlyServer())
            self.ground = self.standing.enter_context(a_ground(place, mail))
        return self.ground

    def leave(self) -> None:
        standing, self.standing, self.ground = self.standing, None, None
        if standing is not None:
            standing.close()
