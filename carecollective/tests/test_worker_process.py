"""The worker of the jobs is a process below the server: it comes back when it dies, and never outlives the server."""

import asyncio
import contextlib
import signal
import socket
import sys
import uuid

import pytest
from django.conf import settings
from procrastinate.contrib.django import app

from carecollective.ground import worker
from carecollective.ground.embedded_postgresql.tests.conftest import kill
from carecollective.rollout.tests.servers import surroundings
from carecollective.tests import serving
from carecollective.tests.databases import copied_database
from carecollective.tests.races import run_apart
from carecollective.tests.sql import one
from carecollective.tests.waiting import PATIENCE, eventually, soon
from carecollective.told import queue
from messaging.tests.crashes.site import children_of

# --- The server's side, with a program in the worker's place ------------------------------------------------------

STAYS, IGNORES, FAILS = "import sys; sys.stdin.read()", "while True: pass", "raise SystemExit(3)"


class Door:
    """An ASGI server that only starts and ends."""

    def __init__(self):
        self.told, self.sent = asyncio.Queue(), []

    async def send(self, message):
        self.sent.append(message["type"])


@pytest.fixture
def begun(monkeypatch):
    """Runs a server around such a program until `so_far`, given all processes that it began, is true; gives those."""

    def begun(program, so_far):
        processes, begin = [], asyncio.create_subprocess_exec

        async def noted(*command, **options):
            processes.append(await begin(*command, **options))
            return processes[-1]

        async def start_and_end():
            door = Door()
            running = asyncio.create_task(worker.WithWorker(None)({"type": "lifespan"}, door.told.get, door.send))
            await door.told.put({"type": "lifespan.startup"})
            await soon(lambda: so_far(processes))
            await door.told.put({"type": "lifespan.shutdown"})
            await asyncio.wait_for(running, PATIENCE)
            assert door.sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

        monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
        monkeypatch.setattr(worker, "COMMAND", [sys.executable, "-c", program])
        run_apart(start_and_end())
        return processes

    return begun


def test_the_server_starts_and_ends_its_worker(begun):
    assert [process.returncode for process in begun(STAYS, len)] == [0]


def test_one_that_does_not_listen_is_ended_all_the_same(begun, monkeypatch):
    monkeypatch.setattr(worker, "SECONDS_TO_END", 0)

    assert [process.returncode for process in begun(IGNORES, len)] == [-signal.SIGKILL]


def test_one_that_dies_is_followed_by_another_after_a_pause_and_each_time_the_log_says_so(begun, monkeypatch, caplog):
    monkeypatch.setattr(worker, "SECONDS_UNTIL_ANOTHER_TRY", 0)

    processes = begun(FAILS, lambda processes: len(processes) > 2)

    told = [record.getMessage() for record in caplog.records]
    assert told[:2] == ["The worker of the jobs ended (3). Another one in 0 seconds."] * 2
    assert len(processes) - len(told) in (0, 1)


# --- Real ones ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("worker"):
        yield


@pytest.fixture
def server(_own_database):
    with contextlib.ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as listener:
        process = serving.started(
            listener, lifespan="on", cwd="/", env=surroundings() | {"PYTHONPATH": str(settings.BASE_DIR)}
        )
        stack.callback(process.communicate, timeout=PATIENCE)
        stack.callback(process.kill)
        assert serving.is_ready(process)
        yield process


def done(job):
    return one(f"SELECT status = 'succeeded' FROM procrastinate_jobs WHERE id = {job}")


def the_worker(server, *, besides=0):
    return eventually(lambda: [child for child in children_of(server.pid) if child != besides])[0]


@pytest.mark.thorough
def test_a_worker_that_is_killed_comes_back_and_does_its_jobs(server):
    first = the_worker(server)
    kill(first)

    the_worker(server, besides=first)
    job = app.configure_task(queue.CONSIDER, queue=queue.QUEUE).defer(notification_id=str(uuid.uuid4()))

    eventually(lambda: done(job))


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_however_the_server_ends_its_worker_ends_too(server, number):
    its_worker = the_worker(server)

    server.send_signal(number)

    eventually(lambda: its_worker not in children_of(server.pid) and not is_there(its_worker))


def is_there(process):
    try:
        with open(f"/proc/{process}/cmdline") as command:
            return worker.__name__ in command.read()
    except OSError:
        return False
