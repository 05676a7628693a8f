"""A cluster of databases on addresses of this machine's own loopback, made of the very files that deploy/cluster has.

Three machines with etcd, two of them with PostgreSQL under Patroni; HAProxy and PgBouncer stand where pages are served.
A file's 10.0.0.1 becomes 127.x.y.1, so ports stay as they are written and nobody else's server is met.
"""

import http.client
import json
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from carecollective.ground.owner import OWNER_IS, WEB_LOGIN_IS
from carecollective.tests.waiting import PATIENCE, eventually
from messaging.tests.crashes.site import NAME
from proofs.cluster.machine import PASSWORD, Machine, give_away

SECONDS_TO_ANSWER = 2


class Cluster:
    """What the proofs' sites take for a database: `urls`, `rows`, `leave`."""

    embedded = False

    def __init__(self, place: Path) -> None:
        # An address of nobody's, most surely: 65,000 of them are as near.
        network = f"127.{random.randint(2, 250)}.{random.randint(2, 250)}."
        self.place, self.front = place, f"{network}10"
        self.machines = [Machine(place, network, number) for number in (1, 2, 3)]
        self.door = self.machines[2]

    @property
    def urls(self) -> dict[str, str]:
        """The variables that name it, as docs/cluster.md has them."""
        pooled = f"{self.front}:6432/{NAME}"
        direct, replicas = f"{self.front}:5000/{NAME}", f"{self.front}:5001/{NAME}"
        web, owner = f"carecollective_web:{PASSWORD}", f"carecollective:{PASSWORD}"
        return {
            "DATABASE_URL": f"postgres://{web}@{pooled}",
            "LISTEN_DATABASE_URL": f"postgres://{web}@{direct}",
            "OWNER_DATABASE_URL": f"postgres://{owner}@{direct}",
            "REPLICA_DATABASE_URL": f"postgres://{web}@{replicas}",
            "PREPARED_STATEMENTS": "off",
        }

    def begin(self) -> None:
        """Until there is a primary with a standby that has all of it, and somebody to ask for it."""
        for machine in self.machines:
            machine.have_a_small_disk()
            machine.switch_on()
        self.wait_until_whole()
        users = self.door.home / "userlist.txt"
        users.write_text(f'"carecollective_web" "{PASSWORD}"\n')
        give_away(users)
        self.door.start("haproxy", "-f", str(self.door.written("haproxy.cfg")))
        self.door.start("pgbouncer", str(self.door.written("pgbouncer.ini")))
        for statement in (
            f"CREATE ROLE carecollective LOGIN PASSWORD '{PASSWORD}' {OWNER_IS}",
            f"CREATE ROLE carecollective_web LOGIN PASSWORD '{PASSWORD}' {WEB_LOGIN_IS}",
            f"CREATE DATABASE {NAME} OWNER carecollective TEMPLATE template0",
        ):
            self.rows(statement, database="postgres")

    def rows(self, question: str, *, database: str = NAME) -> list[Any]:
        """Asked as the superuser of whoever is the primary: past the code under test, and past every wall."""
        found: list[Any] = []

        def asked() -> bool:
            with suppress(psycopg.OperationalError, OSError), self.connected(self.primary(), database) as connection:
                cursor = connection.execute(question)
                found[:] = cursor.fetchall() if cursor.description else []
                return True
            return False

        eventually(asked)
        return found

    @contextmanager
    def connected(self, machine: Machine, database: str = NAME) -> Iterator["psycopg.Connection[Any]"]:
        where: Any = {"host": machine.address, "user": "postgres", "password": f"{PASSWORD}-superuser"}
        with psycopg.connect(**where, dbname=database, autocommit=True, connect_timeout=5) as connection:
            yield connection

    def primary(self) -> Machine:
        """Whoever says so, once somebody does."""
        found: Machine = eventually(lambda: next(filter(self._is_primary, self.machines[:2]), None))
        return found

    def other_than(self, machine: Machine) -> Machine:
        return self.machines[2 - machine.number]

    def _is_primary(self, machine: Machine) -> bool:
        return self.says(machine, "/primary") == 200

    def says(self, machine: Machine, path: str) -> int:
        """What its Patroni answers; 0 where it does not."""
        try:
            return _asked(machine, "GET", path)
        except OSError:
            return 0

    def wait_until_whole(self) -> None:
        """A primary, and a standby without which it acknowledges nothing."""
        eventually(lambda: any(self.says(machine, "/sync") == 200 for machine in self.machines[:2]), PATIENCE)

    def configure(self, **values: Any) -> None:
        """Patroni's own settings, for all of them."""
        assert _asked(self.primary(), "PATCH", "/config", json.dumps(values)) == 200

    def leave(self) -> None:
        for machine in self.machines:
            machine.thaw()
            machine.die()
            if machine.disk.is_mount():
                subprocess.run(["umount", "--lazy", str(machine.disk)], check=True)


@contextmanager
def a_cluster(place: Path) -> Iterator[Cluster]:
    """Until it is left; nothing of it is left then."""
    cluster = Cluster(place)
    try:
        cluster.begin()
        yield cluster
    finally:
        cluster.leave()


def _asked(machine: Machine, method: str, path: str, body: str | None = None) -> int:
    """The status that its Patroni answers with."""
    connection = http.client.HTTPConnection(machine.address, 8008, timeout=SECONDS_TO_ANSWER)
    try:
        connection.request(method, path, body)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
