"""Real server processes on the test's own database."""

import contextlib
import os
import socket
import subprocess
import sys
import time

from django.conf import settings

from carecollective.tests.databases import address_for_another_process


def surroundings():
    return os.environ | {
        "DATABASE_URL": address_for_another_process(),
        "DEBUG": "1",
        "RATE_LIMITS": "off",
        "MESSAGING_V2_ROLLOUT": "",
        "DJANGO_SETTINGS_MODULE": "carecollective.settings",
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server():
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "carecollective.asgi:application", "--port", str(port), "--lifespan", "off",
         "--log-level", "error"],
        cwd=settings.BASE_DIR,
        env=surroundings(),
    )  # fmt: skip
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port):
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("the server did not start")
