"""The product as a community runs it, with the demo data: a server process and a database of its own, for a moment."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carecollective.tests import serving

PASSWORD = "care-demo-2026"
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running() -> Iterator[str]:
    """Gives its address. Nothing of it is left afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="care-pages-", ignore_cleanup_errors=True) as folder,
        socket.socket() as listener,
    ):
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = _environment(folder, origin)
        for command in (["migrate", "--verbosity", "0"], ["demo_data", "--force"], ["collectstatic", "--no-input"]):
            _manage(command, environment)
        log_file = Path(folder) / "log"
        with log_file.open("wb") as log:
            server = serving.started(listener, lifespan="on", env=environment, cwd=ROOT, stderr=log)
        try:
            if not serving.is_ready(server):
                raise SystemExit(f"The server did not start.\n{log_file.read_text()}")
            yield origin
        finally:
            if server.stdin:
                server.stdin.close()  # it ends with whoever started it
            server.wait(timeout=30)


def _environment(folder: str, origin: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": origin,
        "EMBEDDED_POSTGRES_DIR": str(Path(folder) / "postgres"),
        "STAFF_SECOND_FACTOR": "optional",
        "COMMUNITY_NAME": "Care Collective",
        "COMMUNITY_PHONE": "555 0100",
        "PYTHONPATH": str(ROOT),
    }


def _manage(command: list[str], environment: dict[str, str]) -> None:
    manage = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if manage.returncode:
        raise SystemExit(f"manage.py {' '.join(command)}:\n{manage.stderr or manage.stdout}")
