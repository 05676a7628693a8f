"""When a job begins: at once after its commit, and within seconds where nobody came to say that it is there."""

import asyncio
import contextlib
import threading
import uuid

import pytest
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.worker import Worker

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import jobs
from carecollective.tests.dying import offered_and_killed
from carecollective.tests.sql import one, run
from carecollective.tests.waiting import PATIENCE, eventually
from carecollective.told import queue
from helprequests.tests.factories import HelpRequestFactory

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]

HOUR = 3600  # seconds


@pytest.fixture(autouse=True)
def _no_other_jobs():
    run("DELETE FROM procrastinate_jobs")
    yield
    run("DELETE FROM procrastinate_jobs")


@pytest.fixture
def idle_worker(monkeypatch):
    """Starts a worker with these options, and comes back once it has found nothing to do and listens."""
    is_idle, fetch = threading.Event(), Worker._fetch_and_process_jobs

    async def fetched(worker):
        await fetch(worker)
        is_idle.set()  # what it is told from now on it does not forget

    async def the_clock_stands_still(worker):
        await asyncio.Event().wait()

    monkeypatch.setattr(Worker, "_fetch_and_process_jobs", fetched)
    monkeypatch.setattr(Worker, "_periodic_deferrer", the_clock_stands_still)
    with contextlib.ExitStack() as stack:

        def started(*, listen_notify=True, **options):
            stack.enter_context(in_a_thread(jobs.work(listen_notify=listen_notify, **options)))
            assert is_idle.wait(PATIENCE)
            eventually(lambda: not listen_notify or somebody_listens())

        yield started


@contextlib.contextmanager
def in_a_thread(working):
    loop = asyncio.new_event_loop()
    task = loop.create_task(working)

    def run_it():
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=run_it)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(PATIENCE)
        assert not thread.is_alive()


def somebody_listens():
    return one(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%procrastinate%'"
    )


def is_done():
    return one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'") == 1


@pytest.mark.parametrize(
    "enqueued",
    [
        lambda: queue.enqueue(uuid.uuid4(), "offer"),
        lambda: app.configure_task(queue.CONSIDER, queue=queue.QUEUE).defer(notification_id=str(uuid.uuid4())),
    ],
)
def test_at_once_although_its_worker_looks_by_itself_once_an_hour(idle_worker, enqueued):
    idle_worker(fetch_job_polling_interval=HOUR)

    with transaction.atomic():
        enqueued()

    eventually(is_done)


def test_although_the_process_that_wanted_it_was_killed_before_it_said_so(idle_worker):
    idle_worker(listen_notify=False)

    offered_and_killed(HelpRequestFactory(), MemberFactory())

    eventually(is_done)


def test_workers_look_often_enough_for_the_promise_of_five_seconds():
    assert app.worker_defaults["fetch_job_polling_interval"] < 5
