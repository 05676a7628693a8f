"""Real server processes: pages and API in some, sockets in another, and an end in order."""

import contextlib
import json
import signal
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.embedded_postgresql.tests.conftest import kill
from carecollective.tests.databases import copied_database
from carecollective.tests.parts import running, serving
from carecollective.tests.waiting import PATIENCE, eventually
from messaging.tests.crashes.site import children_of
from messaging.tests.factories import ConversationFactory

from .conftest import HELLO, token_of

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module", autouse=True)
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("live"):
        yield


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
    with running(*arguments) as process:
        _, output = process.communicate(timeout=PATIENCE)

        assert process.returncode == 1
        assert output.startswith(f"CommandError: {said}")
        assert output.count("\n") == 1
