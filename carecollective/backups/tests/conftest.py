"""An installation of the test's own, whose operator types `manage.py backup`; and a small disk."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from carecollective.backups import sealed
from carecollective.ground.named_postgresql.tests.conftest import (  # noqa: F401  (fixtures)
    PASSWORD,
    manage,
    server,
    stopped_server,
)

KEY = "the-key-of-a-test-with-32-characters"
FAKE = {"DEBUG": "1", "IDENTITY_KEY": "i" * 50, "BACKUP_KEY": KEY}


class Installation:
    """Its folder, and what its environment says of it."""

    def __init__(self, folder, **variables):
        self.folder, self.backups, self.ledger = folder, folder / "backups", folder / "erasures.log"
        self.variables = (
            FAKE
            | {
                "BACKUPS": str(self.backups),
                "ERASURE_LEDGER": str(self.ledger),
                "EMBEDDED_POSTGRES_DIR": str(folder / "postgres"),
            }
            | variables
        )

    def manage(self, *arguments, **variables):
        return manage(*map(str, arguments), **self.variables | variables)

    def does(self, *arguments, **variables):
        """What it said; a command that fails fails the test."""
        done = self.manage(*arguments, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refusal(self, *arguments, **variables):
        """The one sentence with which a command of ours ends."""
        done = self.manage(*arguments, **variables)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        return done.stderr.strip().splitlines()[-1].removeprefix("CommandError: ")

    def newest(self):
        return sorted(self.backups.glob("*.backup"))[-1]

    def copied(self, name, change):
        """Another file like the newest backup, but for what `change` makes of its bytes."""
        file = self.folder / name
        file.write_bytes(change(self.newest().read_bytes()))
        return file

    def said(self):
        with self.newest().open("rb") as file:
            return sealed.says(file)


@contextmanager
def small_disk(folder, size):
    """In memory. Root's alone, and CI is root."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode and os.environ.get("CI") != "true":
        pytest.skip("no small disk can be made here")
    assert mounted.returncode == 0, mounted.stderr
    try:
        yield Path(folder)
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def named(server, tmp_path):  # noqa: F811
    if not server.run("SELECT FROM pg_roles WHERE rolname = 'care_backup'"):
        server.run(f"CREATE ROLE care_backup LOGIN BYPASSRLS PASSWORD '{PASSWORD}'")
        server.run("GRANT pg_read_all_data TO care_backup")
    both = server.two_logins("care")
    server.run("REVOKE CONNECT ON DATABASE care FROM PUBLIC", "GRANT CONNECT ON DATABASE care TO care_web, care_backup")
    installation = Installation(tmp_path, **both)
    installation.does("migrate", "--verbosity", "0")
    installation.does("demo_data")
    installation.server = server
    yield installation
    for place in (tmp_path / "drill", tmp_path / "postgres"):
        shutil.rmtree(place, ignore_errors=True)
