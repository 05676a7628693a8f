"""To any second: what docs/operations.md says of pgBackRest, done as it stands there with the real program."""

import os
import re
import shutil
import subprocess

import psycopg
import pytest
from django.conf import settings

from carecollective.ground.embedded_postgresql.folders import server_account
from carecollective.ground.embedded_postgresql.keeper import identity
from carecollective.ground.named_postgresql.tests.conftest import a_folder, as_account
from carecollective.tests.waiting import PATIENCE, eventually

pytestmark = pytest.mark.thorough
DOCUMENT = (settings.BASE_DIR / "docs/operations.md").read_text()
SECTION = DOCUMENT[DOCUMENT.index("### To any second") :]
CONFIG, POSTGRESQL, TYPED = re.findall(r"```(?:ini|sh)\n(.*?)```", SECTION, re.S)[:3]
DEBIANS = "/var/lib/postgresql/15/main"
BIN = "/usr/lib/postgresql/15/bin"


@pytest.fixture
def here():
    """A folder for a cluster of Debian's PostgreSQL, and for the repository; CI has both programs."""
    missing = [path for path in ("/usr/bin/pgbackrest", f"{BIN}/postgres") if not os.path.exists(path)]
    assert not (missing and os.environ.get("CI") == "true"), f"CI must have {missing}"
    if missing:
        pytest.skip(f"not on this machine: {missing}")
    with a_folder() as folder:
        yield folder


class Cluster:
    def __init__(self, folder):
        self.folder, self.data, self.process = folder, folder / "data", None
        paths = f"log-path={folder}\nlock-path={folder}\nspool-path={folder}\n"
        socket = f"pg1-socket-path={folder}\n"
        config = CONFIG.replace("/var/lib/pgbackrest", f"{folder}/repository").replace(DEBIANS, str(self.data))
        (folder / "pgbackrest.conf").write_text(config.replace("[global]\n", f"[global]\n{paths}") + socket)
        self.finished("initdb", "-D", self.data, "-U", "nobody", "-A", "trust", "--locale=C.UTF-8")
        archiving = POSTGRESQL.replace("pgbackrest --", f"pgbackrest --config={folder}/pgbackrest.conf --")
        (self.data / "postgresql.auto.conf").write_text(archiving)

    def finished(self, program, *arguments):
        path = f"{BIN}/{program}" if os.path.exists(f"{BIN}/{program}") else program
        who = identity(str(server_account()))
        done = subprocess.run([path, *map(str, arguments)], cwd="/", capture_output=True, text=True, check=False, **who)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        options = (f"unix_socket_directories={self.folder}", "listen_addresses=", "logging_collector=off")
        self.process = as_account(
            f"{BIN}/postgres", "-D", str(self.data), *(word for option in options for word in ("-c", option)),
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert eventually(self.takes_writes)

    def takes_writes(self):
        try:
            return self.ask("SELECT NOT pg_is_in_recovery()")
        except psycopg.OperationalError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def ask(self, question):
        where = {"host": str(self.folder), "user": "nobody", "dbname": "postgres"}
        with psycopg.connect(**where, autocommit=True) as connection:
            answer = connection.execute(question)
            return answer.fetchone()[0] if answer.description else None

    def a_second_begins(self):
        now = self.ask("SELECT date_trunc('second', clock_timestamp())::text")
        assert eventually(lambda: self.ask(f"SELECT date_trunc('second', clock_timestamp()) > '{now}'"))

    def type(self, line, **instead):
        words = line.replace("pgbackrest ", f"pgbackrest --config={self.folder}/pgbackrest.conf ")
        for old, new in instead.items():
            words = words.replace({"second": "2026-11-30 12:00:00+00"}[old], new)
        self.finished("bash", "-c", words)


def test_everything_of_until_that_second_is_there_and_nothing_of_after(here):
    cluster = Cluster(here)
    make, backup, back = TYPED.strip().splitlines()
    cluster.start()
    try:
        cluster.ask("CREATE TABLE messages (words text)")
        cluster.type(make)
        cluster.type(backup)
        cluster.a_second_begins()  # pgBackRest goes by whole ones
        cluster.ask("INSERT INTO messages VALUES ('after the backup')")
        second = str(cluster.ask("SELECT clock_timestamp()::text"))
        cluster.ask("DELETE FROM messages")
        cluster.ask("SELECT pg_switch_wal()")
        assert eventually(lambda: cluster.ask("SELECT archived_count > 0 AND last_archived_wal >= pg_walfile_name("
                                              "pg_current_wal_lsn() - 1) FROM pg_stat_archiver"))  # fmt: skip
        cluster.stop()
        cluster.type(back, second=second)
        cluster.start()

        assert cluster.ask("SELECT words FROM messages") == "after the backup"
    finally:
        cluster.stop()


def test_what_is_in_the_repository_cannot_be_read_without_the_pass_phrase():
    assert "repo1-cipher-type=aes-256-cbc" in CONFIG
    assert shutil.which("pgbackrest") or os.environ.get("CI") != "true"
