"""Real server processes: pages and API in some, sockets in another, and an end in order."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout.tests.servers import surroundings
from carecollective.tests.databases import copied_database
from carecollective.tests.waiting import PATIENCE, line_with
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
def uvicorn(*options):
    """The port of such a server, which is open from the start."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = ["carecollective.asgi:application", "--lifespan", "off", "--log-level", "warning", *options]
        with running("-m", "uvicorn", *arguments, "--fd", str(listener.fileno()), pass_fds=[listener.fileno()]):
            yield listener.getsockname()[1]


@contextlib.contextmanager
def listening(port, token):
    header = {"Authorization": f"Token {token}"}
    with connect(f"ws://127.0.0.1:{port}/ws/events", additional_headers=header, open_timeout=PATIENCE) as websocket:
        assert json.loads(websocket.recv(PATIENCE)) == HELLO
        yield websocket


def test_what_is_written_in_one_process_is_heard_in_another():
    conversation = ConversationFactory()
    with (
        uvicorn("--workers", "2") as pages,
        uvicorn("--ws", "carecollective.web.live.protocol:Protocol") as sockets,
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
    with running("-c", SERVE, "--port", "0") as process:
        port = re.search(r"http://127\.0\.0\.1:(\d+)/", line_with("http://", process))[1]
        with listening(port, token_of(MemberFactory())) as ear:
            process.send_signal(signal.SIGTERM)

            with pytest.raises(ConnectionClosed) as closed:
                ear.recv(PATIENCE)
            assert closed.value.rcvd.code == 1012
            assert process.wait(PATIENCE) == 0
