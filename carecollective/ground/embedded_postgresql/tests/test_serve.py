"""manage.py serve: says in a sentence why it does not start, and ends in order."""

import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from django.core.management.base import CommandError

from carecollective.accounts.models import Member
from carecollective.ground.embedded_postgresql.tests.conftest import PROJECT, gone
from carecollective.management.commands import serve
from carecollective.tests.waiting import PATIENCE, line_with

pytestmark = pytest.mark.thorough

# The demo data has tests of its own, and takes its time.
SERVE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "carecollective.settings"
import django; django.setup()
from django.core.management import execute_from_command_line
from carecollective.management.commands import serve
from carecollective.tests.waiting import PATIENCE, line_with
call_command = serve.call_command
serve.call_command = lambda name, **options: name == "demo_data" or call_command(name, **options)
serve.SECONDS_TO_END = 100  # a busy machine is no failure; whatever hangs still ends by this alarm
execute_from_command_line(["manage.py", "serve", *sys.argv[1:]])
"""


@pytest.fixture
def start(front):
    """Starts the server over a database of its own."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, *arguments],
            cwd=PROJECT,
            env={
                **os.environ,
                "DEBUG": "1",
                "DATABASE_URL": "",
                "OWNER_DATABASE_URL": "",
                "EMBEDDED_POSTGRES_DIR": str(front),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_taken_port_is_said_before_anything_else_happens(start, front):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--port", str(taken.getsockname()[1]))
        _, output = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert output.startswith("CommandError: Cannot listen on 127.0.0.1, port ")
    assert output.count("\n") == 1
    assert not front.exists()


def test_production_and_debug_do_not_go_together(start):
    process = start("--production")
    _, output = process.communicate(timeout=PATIENCE)

    assert (process.returncode, output.count("\n")) == (1, 1)
    assert output.startswith("CommandError: --production needs DEBUG to be off")


def test_it_ends_in_order_with_a_connection_open_and_takes_the_database_along(start, front):
    process = start("--port", "0")  # any that is free
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", line_with("http://", process))[1])
    with socket.create_connection(("127.0.0.1", port)) as held_open:
        held_open.sendall(b"GET /api/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        with held_open.makefile("rb") as answer:
            assert answer.read(12) == b"HTTP/1.1 200"

        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)

    assert process.returncode == 0  # and not by the alarm
    assert gone(front)


@pytest.mark.django_db
def test_a_demo_account_that_can_sign_in_keeps_production_from_starting():
    Member.objects.create_user("Helper@example.org", serve.DEMO_PASSWORD, name="Helper")

    with pytest.raises(CommandError, match=r"The demo account helper@example\.org can sign in"):
        serve.refuse_demo_accounts()


@pytest.mark.django_db
def test_a_demo_account_with_another_password_may_stay():
    Member.objects.create_user("helper@example.org", "a password of its own", name="Helper")

    serve.refuse_demo_accounts()
