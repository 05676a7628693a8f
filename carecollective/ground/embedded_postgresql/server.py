"""One PostgreSQL server: making its data folder, starting it, reaching it, stopping it.

Nothing here takes a lock. Whoever starts or stops a server holds the start lock of its cluster.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from carecollective.ground.embedded_postgresql import folders, keeper
from carecollective.ground.embedded_postgresql.folders import Account
from carecollective.ground.embedded_postgresql.programs import WHEEL, Programs

# The cluster's superuser. Only the code in this package logs in as such; Django's login is an ordinary owner.
SUPERUSER = "postgres"
PORT = 5432  # names the socket; no network address is ever opened
LARGEST_LOG = 10_000_000

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    # Several processes with a pool each, and test runs beside them.
    "max_connections": "200",
    # An error's text and its statement hold what a member wrote. The caller gets both; the log file gets the server's
    # own news alone ("log" ranks above "error" here).
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}

PATIENCE = 120.0  # seconds: after a crash the server first replays its log
ATTEMPTS = 6


@dataclass
class Server:
    """The server of one data folder. `front` holds the locks that its keeper watches."""

    programs: Programs
    account: Account
    front: Path
    home: Path
    data: Path
    # Kept so that Python does not warn about a child that it lost; nobody waits for it.
    _keeper: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _log_begins: int = field(default=0, init=False)

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def make_data(self) -> None:
        """Make the data folder: whole, or not at all."""
        unfinished = folders.make_unfinished(self.home, "data")
        folders.make_private(unfinished, self.account)
        done = self._run(
            "initdb",
            *("-D", str(unfinished), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-instructions"),
            *_locale(self.programs.major),
        )
        if done.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise OperationalError(f"The data folder {self.data} could not be made: {done.stderr.strip()}")
        folders.settle(unfinished, self.data)

    def bring_up(self) -> None:
        """Start the server unless it runs, and wait until it takes connections.

        Raises OperationalError with the last lines of its log when it does not start.
        """
        folders.make_private(self.data, self.account)
        give_up_at = time.monotonic() + PATIENCE
        attempts = 0
        while not self._answers():
            if time.monotonic() > give_up_at:
                raise OperationalError(f"PostgreSQL does not answer; see {self.log}.")
            if self._keeper and self._keeper.poll() is not None:
                self._keeper = None
                if attempts == ATTEMPTS:
                    raise OperationalError(f"PostgreSQL did not start; its log, {self.log}, ends: {self._said()}")
                time.sleep(0.25 * attempts)  # a crashed server's own processes may need a moment to end
            if self._keeper is None and not self.pid():
                self._start()
                attempts += 1
            elif self._socket_is_lost():
                self.stop()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            self.connect(SUPERUSER).close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection as the superuser, past every wall: for this package's own work only."""
        where = self.address()
        return psycopg.connect(
            host=where["host"], port=PORT, user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=10
        )

    def address(self) -> dict[str, str]:
        return {"host": str(folders.socket_folder(self.home, self.account)), "port": str(PORT)}

    def stop(self) -> None:
        """Stop it and wait until it is gone. Open transactions are rolled back."""
        if pid := self.pid():
            os.kill(pid, keeper.FAST_SHUTDOWN)
            if not self._wait_until_gone(keeper.PATIENCE):
                os.kill(pid, keeper.IMMEDIATE_SHUTDOWN)
                self._wait_until_gone(keeper.PATIENCE)
        folders.leave_socket_folder(self.home, folders.socket_folder(self.home, self.account))

    def pid(self) -> int | None:
        """The running server's process, or None.

        After a crash `postmaster.pid` stays behind and may name a zombie, or whatever got that number since. Ours is
        a living process that was started on our data folder.
        """
        number = self._noted_pid()
        return number if number and str(self.data) in _command_line(number) else None

    def client(self, program: str, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run one of PostgreSQL's client programs against this server, as the superuser."""
        where = self.address()
        environment = {**_environment(), "PGHOST": where["host"], "PGPORT": where["port"], "PGUSER": SUPERUSER}
        command = [self.programs.path(program), *arguments]
        return subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False, **options)

    def _noted_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _start(self) -> None:
        settings = {**SETTINGS, "unix_socket_directories": _listed(self.address()["host"])}
        command = [self._servers_own().path("postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        environment = _environment()
        if stale := self._noted_pid():
            # PostgreSQL's own way to say "this number is not another server": the check for processes that still
            # use the old server's memory, which guards the data, stays in force.
            environment["PG_GRANDPARENT_PID"] = str(stale)
        with open(self.log, "ab") as log:
            if log.tell() > LARGEST_LOG:
                log.truncate(0)
            self._log_begins = log.tell()
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", keeper.__file__, *self._locks(), str(self.account), *command],
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for those who use the server, not for the server
            )

    def _locks(self) -> tuple[str, str]:
        return str(self.front / "start.lock"), str(self.front / "lease")

    def _said(self) -> str:
        with open(self.log, "rb") as log:
            log.seek(self._log_begins)
            return log.read()[-2000:].decode(errors="replace").strip()

    def _socket_is_lost(self) -> bool:
        """It runs, but nobody can reach it: something tidied its socket away."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        is_ready = len(lines) > 7 and lines[7].startswith("ready")
        return is_ready and not Path(self.address()["host"], folders.SOCKET_NAME).exists()

    def _wait_until_gone(self, seconds: float) -> bool:
        give_up_at = time.monotonic() + seconds
        while self.pid():
            if time.monotonic() > give_up_at:
                return False
            time.sleep(0.01)
        return True

    def _run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [self._servers_own().path(program), *arguments]
        who = keeper.identity(str(self.account))
        return subprocess.run(command, cwd="/", env=_environment(), capture_output=True, text=True, check=False, **who)

    def _servers_own(self) -> Programs:
        """The programs, where the server's account can reach them: a copy where the virtual environment is private."""
        if self.account.is_ours or folders.any_account_can_reach(self.programs.folder):
            return self.programs
        name = f"programs-{self.programs.major}-{metadata.version(WHEEL)}"
        copy = self.home / name
        if not copy.exists():
            unfinished = folders.make_unfinished(self.home, "programs")
            above = self.programs.folder.parent.parent.parent
            for part in self.programs.libraries:
                shutil.copytree(part, unfinished / part.relative_to(above), symlinks=True)
            subprocess.run(["chmod", "-R", "go+rX", str(unfinished)], check=True)
            folders.settle(unfinished, copy)
        return Programs(self.programs.major, copy / self.programs.folder.relative_to(self.programs.folder.parents[2]))


def majors_in(home: Path) -> list[int]:
    """The major versions whose data lies here, oldest first."""
    found = (re.fullmatch(r"data-(\d+)", folder.name) for folder in home.iterdir())
    return sorted(int(match[1]) for match in found if match)


def check_version(data: Path, programs: Programs) -> None:
    """Raises ImproperlyConfigured when this data folder was made by another major version."""
    try:
        made_by = (data / "PG_VERSION").read_text().strip()
    except OSError:
        raise ImproperlyConfigured(
            f"{data} is no PostgreSQL data folder: move it away to start anew, or put the whole folder back."
        ) from None
    if made_by != str(programs.major):
        raise another_version(data, made_by, programs)


def another_version(data: Path, made_by: str, programs: Programs) -> ImproperlyConfigured:
    if made_by.isdigit() and int(made_by) > programs.major:
        advice = f"use PostgreSQL {made_by} again (see EMBEDDED_POSTGRES_MAJOR); there is no way back"
    else:
        advice = "run `manage.py database upgrade`"
    return ImproperlyConfigured(
        f"The database in {data} was made by PostgreSQL {made_by}, and this is PostgreSQL {programs.major}: {advice}."
    )


def _locale(major: int) -> tuple[str, ...]:
    # Never the caller's: over ssh it often names a locale that this machine does not have. The builtin one of 17 and
    # later also sorts the same after an update of the system's C library.
    if major >= 17:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return ("--locale=C.UTF-8",)


def _environment() -> dict[str, str]:
    """The same for everyone: nothing of the caller's PG… and LC_… variables reaches the server."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _listed(folder: str) -> str:
    """As one entry of a list setting, in which commas and blanks would otherwise part entries."""
    return '"' + folder.replace('"', '""') + '"'


def _command_line(pid: int) -> list[str]:
    """The arguments that a living process was started with; empty for none and for a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
        except OSError:
            return []
    listing = subprocess.run(
        ["ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return [listing.stdout.partition(" -D ")[2].partition(" -c ")[0]]
