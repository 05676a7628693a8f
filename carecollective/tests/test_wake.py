"""Wake-ups: after the commit and only then, in one statement, and never at the cost of what they tell of."""

import json
import threading
import uuid
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.manager import get_channel_for_queues

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import jobs, wake
from carecollective.own_data.leaving.tasks import forget_ended_counters
from carecollective.tests.owner import run_as_owner
from carecollective.tests.races import at_once
from carecollective.tests.sql import column, one, run
from carecollective.tests.waiting import PATIENCE, eventually
from carecollective.told import queue
from helprequests.tests.factories import HelpRequestFactory
from messaging import services
from messaging.tests.factories import FIRST_WORDS, ConversationFactory

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = {*get_channel_for_queues(), *get_channel_for_queues([queue.QUEUE])}
NOTIFYING_TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"


@pytest.fixture(autouse=True)
def _nothing_of_other_tests():
    run("DELETE FROM procrastinate_jobs")


@pytest.fixture
def heard():
    """Whatever was said since, as (channel, payload), in its order."""
    with psycopg.connect(**connector_params(), autocommit=True) as listening:
        for channel in (wake.CHANNEL, *JOBS):
            listening.execute(f'LISTEN "{channel}"')

        def since():
            run("SELECT pg_notify(%s, 'this is all')", wake.CHANNEL)
            said = []
            for notice in listening.notifies(timeout=PATIENCE):
                if notice.payload == "this is all":
                    return said
                said.append((notice.channel, notice.payload))
            raise AssertionError("it never came")

        yield since


@pytest.fixture
def unsaid(monkeypatch):
    """What is to be said after a commit never is."""
    monkeypatch.setattr(wake.Owed, "say", lambda owed: None)


def events(said):
    return [json.loads(payload) for channel, payload in said if channel == wake.CHANNEL]


def left():
    return [json.loads(payload) for payload in column("SELECT payload FROM wake_outbox ORDER BY id")]


def offer():
    return services.offer_help(HelpRequestFactory().pk, by=MemberFactory(), text=FIRST_WORDS).conversation


def job():
    app.configure_task(queue.CONSIDER, queue=queue.QUEUE).defer(notification_id=str(uuid.uuid4()))


def deletion():
    ConversationFactory().helper.delete()


# --- Not inside -----------------------------------------------------------------------------------------------------


@pytest.mark.one_of_each
@pytest.mark.parametrize("act", [offer, job, deletion])
def test_no_commit_says_anything_by_itself(heard, unsaid, act):
    act()

    assert heard() == []


def test_an_offer_leaves_in_its_transaction_what_open_pages_are_to_hear(unsaid):
    made = offer()

    people = [str(made.helper_id), str(made.requester_id)]
    assert left() == [
        {"type": "conversation", "id": str(made.pk), "version": "v2", "what": "message", "members": people},
        {"type": "notification", "members": people[1:]},
    ]


@contextmanager
def the_queue_says_it_itself():
    run_as_owner(f"ALTER TABLE procrastinate_jobs ENABLE TRIGGER {NOTIFYING_TRIGGER}")
    try:
        yield
    finally:
        run_as_owner(f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {NOTIFYING_TRIGGER}")


def test_with_the_queues_own_trigger_on_a_commit_says_it(heard, unsaid):
    with the_queue_says_it_itself():
        offer()

    assert {channel for channel, _payload in heard()} == JOBS


# --- After ----------------------------------------------------------------------------------------------------------


def test_after_the_commit_open_pages_and_workers_are_woken_in_one_statement(heard):
    with CaptureQueriesContext(connection) as queries:
        made = offer()

    said = heard()
    statements = [query["sql"] for query in queries]
    last = len(statements) - 1 - statements[::-1].index("COMMIT")
    assert len(statements[last + 1 :]) == 1
    assert [event["type"] for event in events(said)] == ["conversation", "notification"]
    assert events(said)[0]["id"] == str(made.pk)
    assert {channel for channel, _payload in said} == {wake.CHANNEL, *JOBS}
    assert left() == []


def test_what_a_savepoint_took_back_is_not_said(heard):
    stays, goes = MemberFactory(), MemberFactory()

    with transaction.atomic():
        with transaction.atomic():
            wake.notifications_changed(goes.pk)
            transaction.set_rollback(True)
        wake.notifications_changed(stays.pk)
        with transaction.atomic():
            wake.notifications_changed(goes.pk)
            transaction.set_rollback(True)

    assert [event["members"] for event in events(heard())] == [[str(stays.pk)]]


def test_many_members_are_told_in_pieces_that_the_database_can_carry(heard):
    members = [uuid.uuid4() for _ in range(2 * wake.MEMBERS_IN_ONE + 1)]

    wake.notifications_changed(*members)

    pieces = [event["members"] for event in events(heard())]
    assert len(pieces) == 3
    assert {member for piece in pieces for member in piece} == {str(member) for member in members}


def test_a_job_for_later_wakes_nobody(heard):
    queue.enqueue(uuid.uuid4(), "message")
    app.configure_task(queue.CONSIDER, queue=queue.QUEUE, schedule_in={"minutes": 5}).defer(notification_id="")

    assert one("SELECT count(*) FROM procrastinate_jobs") == 2
    assert heard() == []


@pytest.mark.parametrize("enqueued", [job, lambda: queue.enqueue(uuid.uuid4(), "offer")])
def test_a_job_of_now_wakes_whoever_works_off_its_queue_or_all(heard, enqueued):
    with transaction.atomic():
        enqueued()
        enqueued()

    assert sorted(heard()) == sorted((channel, jobs.NEW_JOB) for channel in JOBS)


# --- Never at the cost of what it tells of ---------------------------------------------------------------------------


def test_an_offer_is_made_although_nobody_could_be_woken_and_whoever_listens_finds_it(heard, monkeypatch, caplog):
    monkeypatch.setattr(wake, "SAY", f"{wake.SAY} LIMIT 1 / 0")

    made = offer()

    assert "on_commit" in caplog.text
    assert heard() == []
    run(wake.SAY_WHAT_IS_LEFT)
    assert [event.get("id") for event in events(heard())] == [str(made.pk), None]
    assert left() == []


def test_what_is_committed_while_somebody_says_something_is_said_together(heard, monkeypatch):
    """A first one is held up in saying it until three others wait; one of them says it for the three."""
    ids, said, all_wait = [offer().pk for _ in range(4)], [], threading.Event()
    heard()

    def held_up(transactions, signals, *, say=wake._say):
        said.append(len(transactions))
        if len(said) == 1:
            begun.set()
            assert all_wait.wait(PATIENCE)
        say(transactions, signals)

    def change(id, *, first=False):
        assert first or begun.wait(PATIENCE)
        with transaction.atomic():
            wake.conversation_changed(id, "v2", "message", members=[])

    def look():
        assert begun.wait(PATIENCE)
        eventually(lambda: len(wake._waiting) == 3)
        all_wait.set()

    begun = threading.Event()
    monkeypatch.setattr(wake, "_say", held_up)
    at_once(partial(change, ids[0], first=True), *(partial(change, id) for id in ids[1:]), look)

    assert said == [1, 3]
    assert sorted(event["id"] for event in events(heard())) == sorted(map(str, ids))
    assert left() == []


def test_where_nobody_listens_the_clock_leaves_no_id_behind(unsaid):
    wake.notifications_changed(MemberFactory().pk)

    forget_ended_counters(timestamp=0)

    assert left() == []


def test_without_that_care_the_offer_would_fail(monkeypatch):
    monkeypatch.setattr(wake, "SAY", f"{wake.SAY} LIMIT 1 / 0")
    on_commit = transaction.on_commit
    monkeypatch.setattr(transaction, "on_commit", lambda say, robust: on_commit(say))

    with pytest.raises(Exception, match="division by zero"):
        offer()


def test_two_who_listen_do_not_wait_for_each_other_and_say_it_once(heard, unsaid):
    wake.notifications_changed(MemberFactory().pk)

    with psycopg.connect(**connector_params()) as other:
        other.execute(wake.SAY_WHAT_IS_LEFT)
        run("SET lock_timeout = '1ms'")
        run(wake.SAY_WHAT_IS_LEFT)
        assert heard() == []
    run("RESET lock_timeout")

    assert len(heard()) == 1
