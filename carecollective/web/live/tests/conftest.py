"""A real server in a thread of this process, over a database of the module's own, and real sockets to it."""

import contextlib
import json
import socket
import threading

import pytest
import uvicorn
from django.conf import settings
from django.db import connection
from django.test import Client
from knox.models import AuthToken
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from carecollective.tests.databases import copied_database
from carecollective.tests.waiting import PATIENCE
from carecollective.web.live.hub import LISTENER
from carecollective.web.live.protocol import Protocol

HELLO = {"type": "hello"}


class Server(uvicorn.Server):
    def __init__(self, application="carecollective.asgi:application"):  # loaded when it is begun
        config = {"lifespan": "off", "ws": Protocol, "log_config": None, "log_level": "warning"}
        super().__init__(uvicorn.Config(application, **config))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.has_started = threading.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.has_started.set()

    @contextlib.contextmanager
    def running(self):
        thread = threading.Thread(target=self.run, kwargs={"sockets": [self.listener]})
        thread.start()
        assert self.has_started.wait(PATIENCE)
        yield self
        self.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("live"), Server().running() as server:
        yield server


@pytest.fixture
def open_socket(server):
    """Opens a socket as somebody: `open_socket(token=…)`, `open_socket(session=…)`, with whatever headers."""
    with contextlib.ExitStack() as stack:

        def opened(*, token=None, session=None, origin=None, path="/ws/events", host=None, **headers):
            if token:
                headers["Authorization"] = f"Token {token}"
            if session:
                headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={session}"
            if session and origin is None:
                origin = server.origin
            opening = connect(
                f"ws://{host or '127.0.0.1'}:{server.port}{path}",
                sock=socket.create_connection(("127.0.0.1", server.port)),
                additional_headers=headers,
                origin=origin,
                open_timeout=PATIENCE,
            )
            return Ear(stack.enter_context(opening))

        yield opened


class Ear:
    """A client's end of a socket."""

    def __init__(self, websocket):
        self.websocket = websocket

    def hears(self):
        return json.loads(self.websocket.recv(PATIENCE))

    def says(self, what):
        with contextlib.suppress(ConnectionClosed):  # it may have been too much already
            self.websocket.send(what)

    def until_it_closes(self):
        """What it still hears, and the code with which it is closed."""
        heard = []
        while True:
            try:
                heard.append(self.hears())
            except ConnectionClosed as closed:
                return heard, closed.rcvd.code


def status_of(act):
    """101, or the status that refused the handshake."""
    try:
        act()
    except InvalidStatus as refused:
        return refused.response.status_code
    return 101


def session_of(member):
    client = Client()
    client.force_login(member)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def token_of(member, **options):
    return AuthToken.objects.create(member, **options)[1]


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def cut_the_listener():
    run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = %s AND datname = current_database()",
        LISTENER,
    )
