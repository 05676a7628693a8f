"""What time does to an offer. Time is moved in the rows."""

import re
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.ground.identity import acting_as_system
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import lay_open, shut
from carecollective.tests.races import at_once, outcome
from carecollective.tests.sql import run
from carecollective.told.notifications.models import Notification
from helprequests import services as help_request_services
from messaging import answers, inbox, services
from messaging.tasks import mind_unanswered_offers
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db


@contextmanager
def unforced(table):
    lay_open(table)
    yield
    shut(table)


def offered(days):
    """An offer that was made this many days ago, on a request that runs for a long time yet."""
    conversation = ConversationFactory()
    at = timezone.now() - timedelta(days=days)
    with unforced("conversations_v2"):
        assert run("UPDATE conversations_v2 SET created_at = %s WHERE id = %s", at, conversation.pk) == 1
    return conversation


def told(*kinds):
    with acting_as_system("a test"):
        found = Notification.objects.filter(kind__in=kinds).order_by("created_at", "id")
        return [(told.kind, told.member_id, told.conversation_id) for told in found]


def answer_of(conversation):
    return inbox.own_offer(conversation.help_request.pk, by=conversation.helper).answer


def test_after_seven_days_whoever_should_answer_is_told_and_not_before():
    offered(days=6.9)
    due = offered(days=7.1)

    mind_unanswered_offers(0)

    assert told("unanswered") == [("unanswered", due.requester.pk, due.pk)]
    assert answer_of(due) is None


def test_they_are_told_once_however_often_the_job_runs():
    offered(days=7.1)

    for hour in range(3):
        mind_unanswered_offers(hour)

    assert len(told("unanswered")) == 1


def test_after_fourteen_days_it_lapses_and_the_helper_is_told_once():
    due = offered(days=14.1)

    for hour in range(2):
        mind_unanswered_offers(hour)

    assert answer_of(due) == "lapsed"
    assert told("answer", "unanswered") == [("answer", due.helper.pk, due.pk)]


def test_what_was_answered_is_left_alone():
    declined, accepted, talked, closed = (offered(days=20) for _ in range(4))
    answers.decline(declined.pk, by=declined.requester)
    answers.accept(accepted.pk, by=accepted.requester)
    services.send_message(talked.pk, by=talked.requester, text="When could you come?")
    help_request_services.cancel(closed.help_request.pk, by=closed.requester)

    mind_unanswered_offers(0)

    assert told("unanswered") == []
    assert [answer_of(each) for each in (declined, accepted, talked, closed)] == ["declined", "accepted", None, None]


@takes_long
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_do_nothing_twice():
    nudged, lapsed = offered(days=8), offered(days=15)

    came = at_once(*[lambda: mind_unanswered_offers(0)] * 4)

    assert [outcome(each) for each in came] == ["done"] * 4
    assert told("unanswered") == [("unanswered", nudged.requester.pk, nudged.pk)]
    assert told("answer") == [("answer", lapsed.helper.pk, lapsed.pk)]


def test_what_lapses_is_held_in_both_versions_so_that_no_word_slips_in():
    lapsed = offered(days=15)
    with CaptureQueriesContext(connection) as queries:
        mind_unanswered_offers(0)

    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    held = [re.search(r'FROM "?(\w+)', lock)[1] for lock in locks if lapsed.help_request.pk.hex in lock]
    assert held[:3] == ["help_requests", "conversations_v2", "conversations"]


def test_open_pages_of_both_hear_that_it_lapsed():
    lapsed = offered(days=15)

    with patch("carecollective.ground.wake.conversation_changed") as heard:
        mind_unanswered_offers(0)

    both = [lapsed.requester_id, lapsed.helper_id]
    heard.assert_called_once_with(lapsed.pk, "v2", "answer", members=both)


def test_a_request_that_is_done_or_closed_tells_those_whose_offer_waits():
    done, closed = offered(days=1), offered(days=1)

    help_request_services.complete(done.help_request.pk, by=done.requester)
    help_request_services.cancel(closed.help_request.pk, by=closed.requester)

    assert told("completed", "cancelled") == [
        ("completed", done.helper.pk, done.pk),
        ("cancelled", closed.helper.pk, closed.pk),
    ]
