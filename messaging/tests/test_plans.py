"""What inbox, thread and counts look at is what they show, however many conversations and messages there are."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from carecollective.tests.plans import most_looked_at
from carecollective.tests.sql import run
from messaging import inbox

from .factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db

MANY = 2_000
ASKED = """
INSERT INTO help_requests (user_id, title, category) SELECT %s, 'A ride, number ' || nth, 'other'
FROM generate_series(1, %s) AS nth
"""
OFFERED = """
INSERT INTO conversations_v2 (help_request_id, requester_id, helper_id, initial_message)
SELECT id, user_id, %s, 'I can help with this' FROM help_requests WHERE user_id = %s
"""
ANSWERED = """
INSERT INTO messages_v2 (conversation_id, sender_id, content) SELECT id, requester_id, 'Thank you' FROM conversations_v2
"""
READ = """
INSERT INTO conversation_read_markers (conversation_id, member_id, read_up_to)
SELECT id, helper_id, statement_timestamp() FROM conversations_v2
"""
TOLD = """
INSERT INTO notifications (member_id, kind, what, reader, about)
SELECT %s, 'completed', 'completed', 'helper', 'number ' || nth FROM generate_series(1, %s) AS nth
"""
WRITTEN = """
INSERT INTO messages_v2 (conversation_id, sender_id, content, created_at)
SELECT %s, %s, 'Number ' || nth, clock_timestamp() + nth * interval '1 microsecond' FROM generate_series(1, %s) AS nth
"""


@pytest.fixture
def busy(client):
    """Has very many conversations, and in each of them something new."""
    owner, member = MemberFactory(), MemberFactory()
    run_as_owner(ASKED, owner.pk, MANY)
    with acting_as_system("fill a test"):
        run(OFFERED, member.pk, owner.pk)
        run("DELETE FROM unread_conversations")
        run(ANSWERED)
    run_as_owner("ANALYZE")
    client.force_login(member)
    return member


def has_read_it_all(member):
    with acting_as(member):
        run(READ)
    run_as_owner("ANALYZE")


@pytest.mark.one_of_each
@pytest.mark.parametrize("has_read", [False, True])
def test_an_inbox_looks_at_what_it_shows(client, busy, has_read):
    if has_read:
        has_read_it_all(busy)

    def looked_at(table):
        return most_looked_at(lambda: client.get("/api/messaging/conversations"), table)

    assert 0 < looked_at("conversations_v2") <= 5 * 21
    assert 0 < looked_at("messages_v2") <= 2 * 21
    assert looked_at("unread_conversations") == looked_at("conversation_read_markers") + (0 if has_read else 21)
    assert looked_at("unread_conversations") == (0 if has_read else 21)


@pytest.mark.one_of_each
@pytest.mark.parametrize("has_read", [False, True])
def test_what_every_page_counts_is_not_looked_for_in_every_conversation(client, busy, has_read):
    if has_read:
        has_read_it_all(busy)

    def looked_at(table):
        return most_looked_at(lambda: client.get("/messages/news/"), table)

    assert inbox.unread_total(busy) == (0 if has_read else inbox.UNREAD_MOST)
    assert looked_at("unread_conversations") <= inbox.UNREAD_MOST
    assert looked_at("conversations_v2") <= inbox.UNREAD_MOST
    assert looked_at("messages_v2") == 0


@takes_long
def test_of_many_unread_notices_a_page_counts_a_hundred_and_shows_99(client, busy):
    with acting_as_system("fill a test"):
        run(TOLD, busy.pk, MANY)
    run_as_owner("ANALYZE")

    assert "99+" in client.get("/you/").content.decode().partition('id="notices-count"')[2][:100]
    assert 0 < most_looked_at(lambda: client.get("/you/"), "notifications") <= 100
    assert client.get("/api/notifications/unread-count").json() == {"unread_count": MANY}


def test_a_thread_looks_at_its_page_also_where_thousands_wait(client):
    conversation = ConversationFactory()
    with acting_as_system("fill a test"):
        run(WRITTEN, conversation.pk, conversation.helper_id, MANY)
        run("UPDATE conversations_v2 SET updated_at = now()")
    MessageFactory(conversation=conversation)
    run_as_owner("ANALYZE")
    client.force_login(conversation.requester)
    path = f"/api/messaging/conversations/{conversation.pk}"

    counting, afterwards = (most_looked_at(lambda: client.get(path), "messages_v2") for _ in range(2))

    assert client.get(path).json()["conversation"]["unread_count"] == MANY + 2
    assert counting > MANY
    assert 0 < afterwards <= 60
