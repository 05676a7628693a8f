"""A folder for a cluster of the test's own, and programs that use it in processes of their own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest

from carecollective.ground.embedded_postgresql.folders import ELSEWHERE, any_account_can_reach, server_account
from carecollective.tests.waiting import PATIENCE, eventually

PROJECT = Path(__file__).resolve().parents[4]

SETTING_UP = """
import os, signal, sys
signal.alarm(400)  # no test waits for ever
from django.conf import settings
settings.configure(
    EMBEDDED_POSTGRES_DIR=sys.argv[1], ERASURE_LEDGER=os.path.join(sys.argv[1], "erasures.log"),
    IDENTITY_KEY="", IDENTITY_KEY_FILE=os.path.join(sys.argv[1], "identity.key"),
    INSTALLED_APPS=["carecollective"],
    DATABASES={"default": {
        "ENGINE": "carecollective.ground.embedded_postgresql", "NAME": "carecollective", "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8}} if os.environ.get("POOL") else {},
    }},
    USE_TZ=True, WEB_LOGIN="carecollective_web", OWNER_DATABASE=None,
)
import django; django.setup()
from django.db import connection, connections
from django.core.management import call_command
def ask(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0] if cursor.description else None
def say(*words):
    print(*words, flush=True)
"""

Program = Callable[..., "subprocess.Popen[str]"]
Ask = Callable[..., str]


def processes_of(folder: Path) -> list[int]:
    """Every process that has this folder in its command line, except those that run a test's own program."""
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
    lines = (line.split(None, 1) for line in listed.stdout.splitlines())
    return [
        int(pid) for pid, *command in lines if f"{folder}/" in "".join(command) and SETTING_UP[1:20] not in command[0]
    ]


def gone(folder: Path) -> bool:
    """Every process of this folder ends."""
    return eventually(lambda: not processes_of(folder))


def kill(*pids: int) -> None:
    """With -9; one that has just ended by itself is as good."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def a_place() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    place.chmod(0o755)
    yield place
    elsewhere = [Path(pointer.read_text().strip()) for pointer in place.rglob("elsewhere")]
    try:
        assert gone(place), f"a server was left behind in {place}"
    finally:
        kill(*processes_of(place))
        for folder in (place, *(home for home in elsewhere if home.parent == ELSEWHERE)):
            shutil.rmtree(folder)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder to which every account can walk: pytest's own is private, and root's server runs as nobody."""
    with a_place() as place:
        yield place


@pytest.fixture
def front(place: Path) -> Path:
    """What EMBEDDED_POSTGRES_DIR says."""
    return place / "postgres"


def python_for_everyone(place: Path) -> tuple[str, str]:
    """A Python and its PYTHONPATH that every account can reach: copied, if this checkout is private."""
    same_version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = [Path(sys.executable).resolve(), Path("/usr/bin", same_version), Path("/usr/local/bin", same_version)]
    python = next((path for path in found if path.is_file() and any_account_can_reach(path.parent)), None)
    if python is None:
        pytest.skip("no Python here that an ordinary account can reach")
    packages = Path(django.__file__).parents[1]
    if any_account_can_reach(packages) and any_account_can_reach(PROJECT / "carecollective"):
        return str(python), f"{PROJECT}:{packages}"
    shutil.copytree(packages, place / "packages", symlinks=True, ignore=shutil.ignore_patterns("playwright", "mypy*"))
    shutil.copytree(PROJECT / "carecollective", place / "packages" / "carecollective")
    subprocess.run(["chmod", "-R", "go+rX", place / "packages"], check=True)
    return str(python), str(place / "packages")


@pytest.fixture
def program(front: Path) -> Iterator[Program]:
    """Starts a program that may use `ask`, `say` and `connection`."""
    started: list[subprocess.Popen[str]] = []

    def start(text: str, *, folder: Path = front, env: dict[str, str] | None = None, uid: int | None = None):
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        python = (sys.executable, path) if uid is None else python_for_everyone(front.parent)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("EMBEDDED_", "DJANGO_"))}
        as_user: dict[str, Any] = (
            {} if uid is None else {"user": uid, "group": server_account().gid, "extra_groups": []}
        )
        process = subprocess.Popen(
            [python[0], "-c", SETTING_UP + text, str(folder)],
            cwd="/",
            env={**clean, "PYTHONPATH": python[1], "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **as_user,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run(program: Program) -> Ask:
    """Runs such a program to its end and gives what it said; a failing one fails the test."""

    def to_its_end(text: str, **options) -> str:
        process = program(text, **options)
        output, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
        return output.strip()

    return to_its_end


@pytest.fixture
def complaint(program: Program) -> Ask:
    """Runs such a program, which must fail, and gives the last line of what it complained about."""

    def to_its_end(text: str, **options) -> str:
        process = program(text, **options)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode != 0
        return errors.strip().splitlines()[-1]

    return to_its_end


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("CI runs the tests as root: some promises are about root only")
        pytest.skip("this promise is about root")
