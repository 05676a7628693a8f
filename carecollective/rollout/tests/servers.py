"""Real server processes on the test's own database."""

import contextlib
import os
import socket

from django.conf import settings

from carecollective.tests import serving
from carecollective.tests.databases import address_for_another_process
from carecollective.tests.waiting import PATIENCE


def surroundings():
    return os.environ | {
        "DATABASE_URL": address_for_another_process(),
        "OWNER_DATABASE_URL": "",
        "DEBUG": "1",
        "RATE_LIMITS": "off",
        "MESSAGING_V2_ROLLOUT": "",
        "DJANGO_SETTINGS_MODULE": "carecollective.settings",
    }


@contextlib.contextmanager
def server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = serving.started(listener, cwd=settings.BASE_DIR, env=surroundings())
        try:
            assert serving.is_ready(process)
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
