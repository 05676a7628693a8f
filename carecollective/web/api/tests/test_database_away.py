"""The database goes away and comes back: 503 meanwhile, never 500, and nobody has to restart anything.

A server process of its own reaches the test's database through a wire that the test can cut.
"""

import contextlib
import json
import os
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from knox.models import get_token_model

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.tests import serving
from carecollective.tests.waiting import PATIENCE, eventually

pytestmark = pytest.mark.thorough

PROJECT = Path(__file__).resolve().parents[4]
HEALTH = {"status", "version", "database", "messaging", "mail", "audit_sink", "can_write", "room"}


class Wire:
    """Passes bytes between a port of its own and the database, until it is cut."""

    def __init__(self):
        self.ends, self.port = [], 0
        self._take_the_port()
        self.mend()

    def _take_the_port(self):
        """Bound and not listening: nobody else gets it, and whoever tries is refused."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]

    def mend(self):
        self.listener.listen(64)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        self.close()
        self._take_the_port()

    def close(self):
        with contextlib.suppress(OSError):  # it may not listen
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = database_socket()
            self.ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one, other):
        with contextlib.suppress(OSError):
            while received := one.recv(65_536):
                other.sendall(received)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def database_socket():
    host, port = (
        str(connection.settings_dict["HOST"] or "/var/run/postgresql"),
        connection.settings_dict["PORT"] or 5432,
    )
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    there = socket.socket(socket.AF_UNIX)
    there.connect(f"{host}/.s.PGSQL.{port}")
    return there


class Server:
    def __init__(self, wire, log):
        self.log, self.log_file = log, log.open("wb")
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        login = connection.settings_dict["USER"], connection.settings_dict["PASSWORD"]
        self.process = serving.started(
            self.listener,
            cwd=PROJECT,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")},
                "DEBUG": "on",
                "SECRET_KEY": settings.SECRET_KEY,
                "DATABASE_URL": f"postgres://{':'.join(filter(None, login))}@127.0.0.1:{wire.port}"
                f"/{connection.settings_dict['NAME']}?sslmode=disable",
            },
            stderr=self.log_file,
        )
        assert serving.is_ready(self.process), log.read_text()

    def ask(self, path, body=None, **headers):
        """(status, headers, body)"""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers, method="POST" if body else "GET"
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310  (likewise)
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    def end(self):
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)
        self.listener.close()
        self.log_file.close()
        return self.log.read_text()


@pytest.fixture
def wire(transactional_db):
    connection.ensure_connection()
    wire = Wire()
    yield wire
    wire.close()


@pytest.fixture
def server(wire, tmp_path):
    server = Server(wire, tmp_path / "log")
    yield server
    if server.process.poll() is None:
        server.end()


def test_without_its_database_everything_says_503_and_recovers_by_itself(wire, server):
    member = MemberFactory()
    token = {"Authorization": f"Token {get_token_model().objects.create(member)[1]}"}
    browser = Client()
    browser.force_login(member)
    session = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    form = {"Content-Type": "application/json"}
    calls = {
        "me by token": ("/api/me", None, token),
        "me by session": ("/api/me", None, session),
        "board": ("/api/help-requests", None, token),
        "sign in": ("/api/auth/login", b'{"email": "a@example.org", "password": "x"}', form),
        "page": ("/home/", None, session),
        "health": ("/api/health", None, {}),
        "ready": ("/api/health/ready", None, {}),
        "live": ("/api/health/live", None, {}),
        "front": ("/", None, {}),
    }

    def ask_all():
        with ThreadPoolExecutor(len(calls)) as at_once:
            asked = {
                name: at_once.submit(server.ask, path, body, **headers) for name, (path, body, headers) in calls.items()
            }
            return {name: future.result() for name, future in asked.items()}

    def ask_each():  # a pool that is still growing has no connection for all at once
        return {name: server.ask(path, body, **headers) for name, (path, body, headers) in calls.items()}

    before = ask_each()
    wire.cut()
    away = ask_all()
    still_away = ask_all()
    wire.mend()
    statuses = dict.fromkeys(calls, 200) | {"sign in": 401}
    eventually(lambda: {name: answer[0] for name, answer in ask_each().items()} == statuses)

    assert {name: answer[0] for name, answer in before.items()} == statuses
    for answers in (away, still_away):
        assert {name: answer[0] for name, answer in answers.items()} == (
            dict.fromkeys(calls, 503) | {"live": 200, "front": 200}
        )
        for name in ("me by token", "me by session", "board", "sign in"):
            _, headers, body = answers[name]
            assert headers["Content-Type"] == "application/problem+json"
            assert json.loads(body)["code"] == "unavailable"
            assert headers["Retry-After"] == str(json.loads(body)["retry_after"])
        _, headers, body = answers["page"]
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Retry-After"]
        assert body.count("<h1") == 1
        assert "Traceback" not in body
        health = json.loads(answers["health"][2])
        assert set(health) == set(json.loads(before["health"][2])) == HEALTH
        assert health["status"] == "unavailable"
        assert health["database"] == {"status": "away", "latency_ms": None}
        assert all(answer[1]["X-Request-ID"] for answer in answers.values())
    logged = [json.loads(line) for line in server.end().splitlines() if line.startswith("{")]
    assert any(event["event"].startswith("unavailable: ") for event in logged)
    assert all("trace" not in event for event in logged)
