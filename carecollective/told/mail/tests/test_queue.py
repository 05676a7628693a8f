"""The job that begins a mail: in the caller's transaction, at its own time, and found again when its worker dies."""

import uuid

import pytest
from django.core import mail as posted
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app

from carecollective.ground import jobs
from carecollective.tests.races import run_apart
from carecollective.tests.sql import column, one, run
from carecollective.told import queue

from .told import became, tell
from .workers import rescue_the_dead

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_other_jobs():
    run("DELETE FROM procrastinate_jobs")  # of other tests: emptying the database leaves the queue's tables alone


def work():
    """Until nothing is due, nor will be in a moment: two who want to send wait for each other."""
    run_apart(jobs.work(wait=False, listen_notify=False))
    while one(
        "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at < now() + interval '9 seconds'"
    ):
        run_apart(jobs.work(wait=False, listen_notify=False))


def waiting():
    return run(
        "SELECT task_name, queue_name, round(extract(epoch FROM scheduled_at - now()) / 60)::int"
        " FROM procrastinate_jobs WHERE queue_name = 'mail' AND task_name LIKE '%%consider' AND status = 'todo'"
    )


@pytest.mark.parametrize(
    ("kind", "minutes"), [("offer", 0), ("message", 5), ("answer", 10), ("ending", 0), ("cancelled", 0)]
)
def test_each_kind_is_considered_at_its_time(kind, minutes):
    queue.enqueue(uuid.uuid4(), kind)

    assert waiting() == [("mail.consider", "mail", minutes)]


def test_it_costs_one_statement():
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        queue.enqueue(uuid.uuid4(), "offer")

    assert len(asked) == 1


def test_what_is_undone_is_never_written_about():
    with transaction.atomic():
        queue.enqueue(uuid.uuid4(), "offer")
        transaction.set_rollback(True)

    assert waiting() == []


def test_the_worker_sends_what_was_told(member):
    tell(member)

    work()

    assert [letter.to for letter in posted.outbox] == [[member.email]]
    assert became() == ["sent"]


def test_a_message_is_not_written_about_before_its_time(member):
    tell(member, "message")

    work()

    assert (posted.outbox, became()) == ([], [])


def die(task):
    """A job as a worker that was killed leaves it."""
    (worker,) = column("INSERT INTO procrastinate_workers VALUES (DEFAULT, now() - interval '1 hour') RETURNING id")
    run(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE task_name LIKE %s AND status = 'todo'",
        worker,
        f"%{task}",
    )


def test_a_job_whose_worker_died_begins_again(member):
    tell(member)
    die("consider")
    work()
    assert posted.outbox == []

    rescue_the_dead()
    work()

    assert became() == ["sent"]


def test_one_job_that_cannot_begin_again_keeps_no_other_from_it(member):
    def by_the_clock():
        app.configure_task("mail.look_for_mail", queueing_lock="look").defer(timestamp=0)

    by_the_clock()
    die("look_for_mail")
    by_the_clock()  # the next minute's is there, and of its kind only one may wait
    tell(member)
    die("consider")

    rescue_the_dead()

    assert one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == 0
    work()
    assert became() == ["sent"]
