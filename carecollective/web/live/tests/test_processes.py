"""Real server processes: pages and API in some, sockets in another, and an end in order."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.embedded_postgresql.tests.conftest import kill
from carecollective.rollout.tests.servers import surroundings
from carecollective.tests.databases import copied_database
from carecollective.tests.waiting import PATIENCE, eventually, line_with
from messaging.tests.crashes.site import children_of
from messaging.tests.factories import ConversationFactory

from .conftest import HELLO, token_of

pytestmark = pytest.mark.thorough

# The demo data has tests of its own, and takes its time.
SERVE = """
import sys
import django; django.setup()
from django.core.management import execute_from_command_line
from carecollective.management.commands import serve
serve.Command.load_demo_data = lambda command: None
serve.SECONDS_TO_END = 100  # a busy machine is no failure; whatever hangs still ends by this alarm
execute_from_command_line(["manage.py", "serve", *sys.argv[1:]])
"""


@pytest.fixture(scope="module", autouse=True)
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("live"):
        yield


@contextlib.contextmanager
def running(*arguments, **options):
    """Such a Python program, to which every warning is an error."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", *arguments], cwd=settings.BASE_DIR, env=surroundings(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        _, output = process.communicate(timeout=PATIENCE)
        print(output)  # noqa: T201  (pytest shows it where the test fails)


@contextlib.contextmanager
def serving(*options):
    """A start of `manage.py serve`, and its port, from when on it takes requests (none where it serves jobs)."""
    with running("-c", SERVE, *options, *([] if "jobs" in options else ["--port", "0"])) as process:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line_with("(Ctrl-C ends it)", process))
        yield process, found and int(found[1])


@contextlib.contextmanager
def listening(port, token):
    header = {"Authorization": f"Token {token}"}
    with connect(f"ws://127.0.0.1:{port}/ws/events", additional_headers=header, open_timeout=PATIENCE) as websocket:
        assert json.loads(websocket.recv(PATIENCE)) == HELLO
        yield websocket


def test_what_is_written_in_one_process_is_heard_in_another():
    conversation = ConversationFactory()
    with (
        serving("pages", "--workers", "2") as (_, pages),
        serving("sockets") as (_, sockets),
        listening(sockets, token_of(conversation.requester)) as ear,
    ):
        request = urllib.request.Request(
            f"http://127.0.0.1:{pages}/api/messaging/conversations/{conversation.pk}/messages",
            b'{"content": "Hello"}',
            {"Authorization": f"Token {token_of(conversation.helper)}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            assert answer.status == 201

        frame = {"type": "conversation", "id": str(conversation.pk), "version": "v2", "what": "message"}
        assert json.loads(ear.recv(PATIENCE)) == frame


def test_the_servers_end_closes_each_socket_and_says_that_it_comes_back():
    with serving() as (process, port), listening(port, token_of(MemberFactory())) as ear:
        process.send_signal(signal.SIGTERM)

        with pytest.raises(ConnectionClosed) as closed:
            ear.recv(PATIENCE)
        assert closed.value.rcvd.code == 1012
        assert process.wait(PATIENCE) == 0


def those_that(serve, parent):
    """The processes below it that serve, by id."""
    commands = {pid: command_of(pid) for pid in children_of(parent)}
    return {pid for pid, command in commands.items() if serve in command}


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as command:
            return command.read()
    except OSError:  # it has ended meanwhile
        return ""


PROCESSES = pytest.mark.parametrize(
    ("part", "serve"), [("pages", "spawn_main"), ("sockets", "spawn_main"), ("jobs", "carecollective.ground.worker")]
)


@PROCESSES
def test_each_of_several_processes_comes_back_when_it_is_killed(part, serve):
    with serving(part, "--workers", "2") as (process, _):
        one, other = eventually(lambda: len(first := those_that(serve, process.pid)) == 2 and first)

        kill(one)

        eventually(lambda: len(now := those_that(serve, process.pid)) == 2 and other in now and one not in now)


@PROCESSES
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_several_processes_end_with_the_one_that_began_them(part, serve, number):
    with serving(part, "--workers", "2") as (process, _):
        below = eventually(lambda: len(first := those_that(serve, process.pid)) == 2 and first)

        process.send_signal(number)

        assert process.wait(PATIENCE) == (0 if number == signal.SIGTERM else -number)
        eventually(lambda: not any(serve in command_of(pid) for pid in below))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pages", "--workers", "0"], "--workers 0: at least 1 process serves."),
        (["--workers", "2"], "--workers 2 is for one part: `manage.py serve pages --workers 2`, and beside it"),
    ],
)
def test_a_number_of_processes_that_cannot_be_is_said(arguments, said):
    with running("-c", SERVE, *arguments) as process:
        _, output = process.communicate(timeout=PATIENCE)

        assert process.returncode == 1
        assert output.startswith(f"CommandError: {said}")
        assert output.count("\n") == 1
