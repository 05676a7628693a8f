"""One server: `manage.py serve` with the settings of production, on a free port of this machine, until it is left."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

from benchmarks.processor import Meter
from benchmarks.serving.caller import Caller
from carecollective.tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START, SECONDS_TO_END = 120, 30


@dataclass(frozen=True)
class Site:
    port: int
    process: int
    meter: Meter

    def caller(self) -> Caller:
        return Caller(self.port)


@contextmanager
def running() -> Iterator[Site]:
    """On the database that is in use now."""
    where = parameters()
    with tempfile.TemporaryDirectory(prefix="care-bench-", ignore_cleanup_errors=True) as folder:
        port = free_port()
        command = [sys.executable, "manage.py", "serve", "--production", "--port", str(port)]
        with started(command, environment(Path(folder), port, url_of(where)), port, Path(folder) / "said") as process:
            meter = Meter(process, where)
            try:
                yield Site(port, process, meter)
            finally:
                meter.close()


@contextmanager
def started(command: list[str], env: dict[str, str], port: int, log: Path) -> Iterator[int]:
    """The process, once it answers. Ended by its own id, and nothing of it is left."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said)
    try:
        if not answers(port, process):
            raise SystemExit(f"The server did not start.\n{log.read_text()[-3000:]}")
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    """Waits until it does; False where it ended instead, or never comes."""
    give_up_at = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health/live", timeout=SECONDS_TO_END):
                return True
        except OSError:
            time.sleep(0.01)
    return False


def environment(folder: Path, port: int, database: str) -> dict[str, str]:
    """As an operator sets it. `folder` takes what the product writes."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.serving.settings",
        "BENCHMARKS_FOLDER": str(folder),
        "DATABASE_URL": database,
        "DEBUG": "0",
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ERASURE_LEDGER": str(folder / "erasures.log"),
        "STAFF_SECOND_FACTOR": "optional",
        "MESSAGING_V2_ROLLOUT": "enabled",
        "PYTHONPATH": str(ROOT),
    }


def parameters() -> dict[str, Any]:
    """Where the database in use now is, as psycopg wants it."""
    found = connection.get_connection_params()
    kept = ("host", "port", "user", "password", "dbname")
    return {name: found[name] for name in kept if found.get(name)}


def url_of(where: dict[str, Any]) -> str:
    """The same as DATABASE_URL says it."""
    login = quote(where["user"], safe="") + (f":{quote(where['password'], safe='')}" if "password" in where else "")
    server: dict[str, Any] = {name: where[name] for name in ("host", "port") if name in where}
    return f"postgres://{login}@/{where['dbname']}?{urlencode(server, safe='', quote_via=quote)}"
