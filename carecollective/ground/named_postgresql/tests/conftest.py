"""A PostgreSQL of the test's own, with passwords, as an operator's server is; and programs that are told to use it."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from carecollective.ground.embedded_postgresql.folders import server_account
from carecollective.ground.embedded_postgresql.keeper import identity
from carecollective.ground.embedded_postgresql.programs import find_programs
from carecollective.ground.named_postgresql.base import DatabaseWrapper
from carecollective.ground.patience import AS_AN_OPTION, ImpatientConnection
from carecollective.tests.waiting import PATIENCE, eventually

PROJECT = Path(__file__).resolve().parents[4]
PASSWORD = "p@ss#w/r?d:100%"  # with every sign that means something in an address
CLEAN = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
BUSY = {"LC_ALL": "C", "PATH": os.defpath}


@contextmanager
def a_folder():
    """One that another account can walk to, and short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="care-"))
    try:
        folder.chmod(0o755)
        account = server_account()
        inside = folder / "s"
        inside.mkdir()
        os.chown(inside, account.uid, account.gid)
        yield inside
    finally:
        shutil.rmtree(folder)


def as_account(*command, **options):
    """As whoever may run a server here: root may not."""
    return subprocess.Popen(command, cwd="/", env=BUSY, **identity(str(server_account())), **options)


@dataclass
class Server:
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    def make(self):
        (self.folder / "password").write_text(PASSWORD)
        command = [find_programs().path("initdb"), "-D", f"{self.folder}/data", "-U", "boss", "-A", "scram-sha-256"]
        made = as_account(*command, "--pwfile", f"{self.folder}/password", "-E", "UTF8", "--locale=C", "-N",
                          stdout=subprocess.DEVNULL)  # fmt: skip
        assert made.wait(PATIENCE) == 0

    def start(self):
        self.process = as_account(
            find_programs().path("postgres"), "-D", f"{self.folder}/data", "-c", "listen_addresses=",
            "-c", f"unix_socket_directories={self.folder}", "-c", "fsync=off", "-c", "logging_collector=off",
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def is_up(self):
        with suppress(psycopg.OperationalError):
            return self.run("SELECT 1")

    def url(self, *, login="boss", password=PASSWORD, database="postgres"):
        """As somebody types it: the password as it is, unless it begins what reads as a code."""
        return f"postgres://{login}:{password}@{quote(str(self.folder), safe='')}/{database}"

    def run(self, *statements, database="postgres"):
        where = {"host": str(self.folder), "user": "boss", "password": PASSWORD, "dbname": database}
        with psycopg.connect(**where, autocommit=True) as connection:
            counts = [connection.execute(statement).rowcount for statement in statements]
        return counts[-1]

    def empty_database(self, name):
        self.run(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} OWNER care")
        return self.url(login="care", database=name)

    def two_logins(self, name):
        """The variables of an empty database with an owner, and another who comes for the web."""
        owner = self.empty_database(name)
        return {"OWNER_DATABASE_URL": owner, "DATABASE_URL": self.url(login="care_web", database=name)}


@pytest.fixture(scope="module")
def stopped_server():
    with a_folder() as folder:
        server = Server(folder)
        server.make()
        yield server
        server.stop()


@pytest.fixture
def server(stopped_server):
    if stopped_server.process is None:
        stopped_server.start()
        eventually(stopped_server.is_up)
        if not stopped_server.run("SELECT FROM pg_roles WHERE rolname = 'care'"):
            stopped_server.run(
                f"CREATE ROLE care LOGIN CREATEROLE PASSWORD '{PASSWORD}'",
                f"CREATE ROLE care_web LOGIN NOINHERIT PASSWORD '{PASSWORD}'",
            )
    return stopped_server


def manage(*arguments, **variables):
    process = begin(*arguments, **variables)
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()  # what went on although it should not have
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


# The product waits twenty seconds for a database; on a busy machine one takes longer to start.
PATIENT = f"""
import runpy, sys
from carecollective.ground.named_postgresql import reaching
reaching.SECONDS_FOR_A_START = {PATIENCE}
runpy.run_path("manage.py", run_name="__main__")
"""


def begin(*arguments, into=subprocess.PIPE, program=("manage.py",), **variables):
    production = {"SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": "care.example.org"}
    return subprocess.Popen(
        [sys.executable, *program, *arguments], cwd=PROJECT, env=CLEAN | production | variables,
        stdout=subprocess.PIPE, stderr=into, text=True,
    )  # fmt: skip


@pytest.fixture
def wrapper():
    """Django's connection by other settings than this process has, of a process that serves."""
    made = []

    def wrapper(**where):
        options = {
            "options": AS_AN_OPTION,
            "server_side_binding": True,
            "prepare_threshold": 5,
            "pool": settings.POOL | {"connection_class": ImpatientConnection},
        }
        known = connections.settings["default"] | {"USER": "", "PASSWORD": "", "HOST": "", "PORT": ""} | where
        alias = f"named_{len(made)}"
        connections[alias] = DatabaseWrapper(known | {"OPTIONS": options}, alias)
        made.append(alias)
        return connections[alias]

    yield wrapper
    for alias in made:
        connections[alias].close()
        connections[alias].close_pool()
        del connections[alias]
