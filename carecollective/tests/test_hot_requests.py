"""What members ask for all day long, and how often each asks the database: statements, and transactions among them.

BEGIN and COMMIT count as statements, as on the wire. A goal is a bound: a request that asks less often is welcome.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken
from rest_framework.test import APIClient

from carecollective.accounts.tests.factories import MemberFactory
from helprequests.tests.factories import HelpRequestFactory
from messaging.tests.factories import FIRST_WORDS, ConversationFactory, MessageFactory

# Nothing stands around the request: inside a test's own transaction there would be savepoints for transactions.
pytestmark = pytest.mark.django_db(transaction=True)
MOST_TRANSACTIONS = 2
AS_A_PART = {"hx-request": "true"}


class Day:
    """A member in the middle of it: asked for help, was offered some, wrote and was written to."""

    def __init__(self, client):
        self.member = MemberFactory(town="Springfield")
        self.own = HelpRequestFactory(user=self.member)
        self.others = HelpRequestFactory(user__town="Springfield")
        self.conversation = ConversationFactory(help_request=self.own)
        MessageFactory(conversation=self.conversation)
        MessageFactory(conversation=self.conversation, sender=self.member)  # the first alone is written about by mail
        ConversationFactory(help_request=self.own)
        self.client = client
        client.force_login(self.member)
        self.api = APIClient(headers={"Authorization": f"Token {AuthToken.objects.create(self.member)[1]}"})
        self.thread = f"/messages/{self.conversation.pk}/"
        client.get(self.thread)  # what a process remembers, and what was unread

    def get(self, path, **headers):
        return self.client.get(path, headers=headers)

    def address(self, path):
        return f"/api/{path.format(others=self.others.pk, conversation=self.conversation.pk)}"


def unread_thread(day):
    MessageFactory(conversation=day.conversation)
    return lambda: day.get(day.thread)


def seen(day):
    message = MessageFactory(conversation=day.conversation)
    return lambda: day.client.post(f"{day.thread}seen/", {"up_to": str(message.pk)}, headers=AS_A_PART)


PAGES = {
    "thread": (13, lambda day: lambda: day.get(day.thread)),
    "thread on a phone": (12, lambda day: lambda: day.get(day.thread, **{"sec-ch-ua-mobile": "?1"})),
    "thread with news": (17, unread_thread),
    "thread seen": (12, seen),
    "home": (12, lambda day: lambda: day.get("/home/")),
    "home asked again": (11, lambda day: lambda: day.get("/home/", **AS_A_PART)),
    "a request of one's own": (12, lambda day: lambda: day.get(f"/requests/{day.own.pk}/")),
    "a request": (12, lambda day: lambda: day.get(f"/requests/{day.others.pk}/")),
    "inbox": (9, lambda day: lambda: day.get("/messages/")),
    "inbox asked again": (7, lambda day: lambda: day.get("/messages/news/?list=active&open=")),
    "counts asked again": (4, lambda day: lambda: day.get("/messages/news/")),
    "requests": (7, lambda day: lambda: day.get("/requests/")),
    "requests asked again": (6, lambda day: lambda: day.get("/requests/", **AS_A_PART)),
    "thread asked again": (10, lambda day: lambda: day.get(f"{day.thread}new/")),
    "notifications": (8, lambda day: lambda: day.get("/notifications/")),
    "you": (4, lambda day: lambda: day.get("/you/")),
}


CALLS = {
    "help requests": (6, "help-requests"),
    "a help request": (6, "help-requests/{others}"),
    "inbox": (4, "messaging/conversations"),
    "thread": (4, "messaging/conversations/{conversation}"),
    "messages": (4, "messaging/conversations/{conversation}/messages"),
    "notifications": (6, "notifications"),
    "me": (2, "me"),
}
WRITTEN = {
    "message": (10, "messaging/conversations/{conversation}/messages", {"content": "Hello"}),
    "offer": (12, "messaging/help-requests/{others}/start-conversation", {"initial_message": FIRST_WORDS}),
}


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_more_often_than_this(client, name):
    most, act = PAGES[name]

    refuse_more_than(most, statements(act(Day(client))))


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_reads_asks_no_more_often_than_this(client, name):
    most, path = CALLS[name]
    day = Day(client)

    refuse_more_than(most, calling(statements(lambda: day.api.get(day.address(path)))))


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", WRITTEN)
def test_a_call_that_writes_asks_no_more_often_than_this(client, name):
    most, path, body = WRITTEN[name]
    day = Day(client)

    refuse_more_than(most, calling(statements(lambda: day.api.post(day.address(path), body, format="json"))))


def statements(act):
    with CaptureQueriesContext(connection) as seen:
        response = act()
    assert response.status_code < 400, response.content
    return [" ".join(query["sql"].split()) for query in seen]


def calling(asked):
    """Who calls is known by one statement; how many of them ask for the token is counted where that is tested."""
    tokens = [statement for statement in asked if '"knox_authtoken"' in statement]
    return [statement for statement in asked if statement not in tokens[1:]]


def refuse_more_than(most, asked):
    said = "\n".join(statement[:100] for statement in asked)
    assert len(asked) <= most, said
    assert asked.count("BEGIN") <= MOST_TRANSACTIONS, said
