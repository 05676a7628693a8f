"""Telling: once, in the verb's own transaction, and never at the verb's cost."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.utils import connector_params

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import wake
from carecollective.ground.identity import acting_as_system
from carecollective.tests.owner import run_as_owner
from carecollective.tests.races import at_once, outcome
from carecollective.tests.sql import one, run
from carecollective.tests.waiting import PATIENCE
from carecollective.told import queue
from carecollective.told.kinds import Reader, What
from carecollective.told.notifications import services
from carecollective.told.notifications.models import Notification
from helprequests.tests.factories import HelpRequestFactory
from messaging import services as messaging
from messaging.tests.factories import ConversationFactory

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_jobs_of_other_tests(db):
    run("DELETE FROM procrastinate_periodic_defers")
    run("DELETE FROM procrastinate_jobs")


@pytest.fixture
def conversation():
    made = ConversationFactory()
    services.read_all(by=made.requester)
    return made


def told(**only):
    with acting_as_system("a test"):
        return list(Notification.objects.filter(**only).order_by("created_at", "id"))


def write(conversation, sender=None, text="At nine?"):
    return messaging.send_message(conversation.pk, by=sender or conversation.helper, text=text)


def mails_enqueued():
    return one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", queue.CONSIDER)


@contextmanager
def raising_at(moment, table):
    """Committed, so that every connection meets it."""
    run_as_owner(
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a secret text'; END $$"
    )
    run_as_owner(f"CREATE TRIGGER fails {moment} ON {table} FOR EACH ROW EXECUTE FUNCTION fails()")
    try:
        yield
    finally:
        run_as_owner("DROP FUNCTION fails CASCADE")


# --- Once ----------------------------------------------------------------------------------------------------------


def test_a_member_is_told_once_of_one_thing():
    help_request = HelpRequestFactory()

    for _ in range(2):
        services.tell(What.COMPLETED, help_request.user_id, reader=Reader.HELPER, help_request_id=help_request.pk)

    (notification,) = told()
    assert (notification.kind, notification.member_id) == ("completed", help_request.user_id)
    assert notification.about == str(help_request.pk)
    assert mails_enqueued() == 1


def test_of_the_same_thing_another_kind_is_another_telling():
    help_request = HelpRequestFactory()

    for what in (What.COMPLETED, What.CANCELLED):
        services.tell(what, help_request.user_id, reader=Reader.HELPER, help_request_id=help_request.pk)

    assert len(told()) == 2


def test_messages_make_one_notification_until_it_is_read(conversation):
    write(conversation)
    (first,) = told(kind="message")
    write(conversation)
    (moved,) = told(kind="message")

    assert (moved.pk, moved.read_at) == (first.pk, None)
    assert moved.created_at > first.created_at
    services.read_about(conversation.requester.pk, conversation_id=conversation.pk)
    write(conversation)
    assert [notification.read_at is None for notification in told(kind="message")] == [False, True]


def test_only_a_new_notification_makes_a_mail(conversation):
    before = mails_enqueued()

    write(conversation)
    write(conversation)

    assert mails_enqueued() == before + 1


def test_an_offer_that_is_sent_again_tells_once():
    help_request, helper = HelpRequestFactory(), MemberFactory()

    def offer():
        return messaging.offer_help(help_request.pk, by=helper, text="I can drive you on Thursday.")

    came = at_once(offer, offer, offer, offer)

    assert [outcome(each) for each in came] == ["done"] * 4
    assert [notification.kind for notification in told(member=help_request.user)] == ["offer"]


def test_two_messages_at_once_make_one_notification(conversation):
    for _ in range(5):
        services.read_all(by=conversation.requester)
        came = at_once(*[lambda n=n: write(conversation, text=f"Number {n}") for n in range(4)])
        assert [outcome(each) for each in came] == ["done"] * 4
        assert len(told(kind="message", read_at=None)) == 1


def test_two_tellings_of_the_same_thing_at_once_make_one_notification_and_one_mail():
    help_request = HelpRequestFactory()

    def tell():
        with transaction.atomic():
            services.tell(What.ENDING, help_request.user_id, help_request_id=help_request.pk)

    at_once(tell, tell, tell, tell)

    assert (len(told()), mails_enqueued()) == (1, 1)


def test_whoever_reads_while_another_message_arrives_is_told_of_that_one(conversation):
    """The notification is read, and that is not committed yet, when the next message wants to move it to the top."""
    write(conversation)

    def write_from_elsewhere():
        try:
            return write(conversation)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            services.read_about(conversation.requester.pk, conversation_id=conversation.pk)
            writing = elsewhere.submit(write_from_elsewhere)
            us = one("SELECT pg_backend_pid()")
            while not one("SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", us):
                assert not writing.done(), "it did not wait"
        writing.result(timeout=PATIENCE)

    assert [notification.read_at is None for notification in told(kind="message")] == [False, True]


# --- In the verb's transaction --------------------------------------------------------------------------------------


def test_what_is_undone_told_nobody(conversation):
    before = mails_enqueued()

    with transaction.atomic():
        write(conversation)
        transaction.set_rollback(True)

    assert told(kind="message") == []
    assert mails_enqueued() == before


def test_open_pages_hear_of_it_as_of_every_other_wake_up():
    member = MemberFactory()
    with psycopg.connect(**connector_params(), autocommit=True) as listening:
        listening.execute(f"LISTEN {wake.CHANNEL}")

        services.tell(What.COMPLETED, member.pk, reader=Reader.HELPER, about="this")
        wake.notifications_changed(member.pk)

        heard = [json.loads(notice.payload) for notice in listening.notifies(timeout=PATIENCE, stop_after=2)]
    assert heard[0] == heard[1] == {"type": "notification", "members": [str(member.pk)]}


def test_telling_leaves_the_role_as_it_was():
    with transaction.atomic():
        services.tell(What.COMPLETED, MemberFactory().pk, reader=Reader.HELPER, about="this")

        assert one("SELECT current_user = session_user AND current_setting('role') = 'none'")


def test_what_is_withdrawn_was_never_told():
    member, answer = MemberFactory(), uuid.uuid4()
    services.tell(What.ACCEPTED, member.pk, about=answer)
    services.tell(What.ACCEPTED, member.pk, about=uuid.uuid4())

    services.withdraw(answer)

    assert answer not in [notification.about for notification in told()]
    assert len(told()) == 1


# --- Never at the verb's cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["notifications", "procrastinate_jobs"])
def test_a_message_is_saved_although_nobody_could_be_told(conversation, api_as, table, caplog):
    with raising_at("BEFORE INSERT", table):
        response = api_as(conversation.helper).post(
            f"/api/messaging/conversations/{conversation.pk}/messages", {"content": "At nine?"}, format="json"
        )

    assert response.status_code == 201
    with acting_as_system("a test"):
        assert conversation.messages.filter(pk=response.json()["id"]).exists()
    # What could be told was told, and the log says what could not, without a word of anybody's.
    assert len(told(kind="message")) == (0 if table == "notifications" else 1)
    loggers = ("carecollective.told.notifications.services", "carecollective.told.queue")
    errors = [record for record in caplog.records if record.name in loggers]
    assert len(errors) == 1
    assert "secret" not in errors[0].getMessage()


def test_an_offer_is_made_although_nobody_could_be_told():
    help_request, helper = HelpRequestFactory(), MemberFactory()

    with raising_at("BEFORE INSERT", "notifications"):
        made = messaging.offer_help(help_request.pk, by=helper, text="I can drive you on Thursday.")

    assert made.created is True


def test_who_is_no_member_any_more_is_told_nothing_and_nothing_breaks(caplog):
    with transaction.atomic():
        services.tell(What.COMPLETED, uuid.uuid4(), reader=Reader.HELPER, about="this")
        assert one("SELECT 1")

    assert told() == []
    assert "23503" in caplog.text


# --- It goes with what it is about ----------------------------------------------------------------------------------


def test_it_goes_with_its_member_and_where_it_would_lead_to_nothing(conversation):
    write(conversation)
    write(conversation, sender=conversation.requester)
    assert {told_of.member_id for told_of in told()} == {conversation.requester.pk, conversation.helper.pk}

    conversation.helper.delete()

    assert told() == []


def test_it_goes_with_its_help_request(conversation):
    write(conversation)
    assert {told_of.member_id for told_of in told()} == {conversation.requester.pk}

    run_as_owner("DELETE FROM help_requests")

    assert told() == []
