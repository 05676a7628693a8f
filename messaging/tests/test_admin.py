"""The team's door to conversations: who and when, and never what."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team, superuser
from carecollective.ground.identity import acting_as_staff
from carecollective.tests import sql
from carecollective.tests.pages import words
from carecollective.tests.sql import refused
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, services
from messaging.models import Conversation, Message
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

CONVERSATIONS, MESSAGES = "/admin/messaging/conversation/", "/admin/messaging/message/"
FIRST, LATER = "canary in the first message", "canary in a later message"
NOWHERE = "00000000-0000-4000-8000-000000000000"
# Whoever may read both, from the least to the most.
READERS = [lambda: on_the_team("moderators"), lambda: on_the_team("administrators"), superuser]


@pytest.fixture
def conversation():
    owner, helper = MemberFactory(name="Nora Nelson"), MemberFactory(name="Hal Hopper")
    return ConversationFactory(
        help_request=HelpRequestFactory(user=owner, title="A ride to the clinic"), helper=helper, text=FIRST
    )


@pytest.fixture
def message(conversation):
    written = MessageFactory(conversation=conversation, text=LATER)
    written.conversation = conversation
    return written


def found(client, path):
    return [row.pk for row in client.get(path).context["cl"].result_list]


def queries(client, path):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


# --- What is shown -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", READERS)
def test_the_team_sees_who_talks_with_whom_about_what(conversation, by):
    client = browser_of(by())

    for path in (CONVERSATIONS, f"{CONVERSATIONS}{conversation.pk}/change/"):
        text = words(client.get(path))
        for expected in (str(conversation.pk), "A ride to the clinic", "Nora Nelson", "Hal Hopper", "Active"):
            assert expected in text


def test_the_team_sees_how_an_offer_was_answered_and_not_in_which_words(conversation):
    answers.decline(conversation.pk, by=conversation.requester, note="Thank you, my sister can do it.")
    answers.undo(conversation.pk, by=conversation.requester)

    text = words(browser_of(on_the_team("coordinators")).get(f"{CONVERSATIONS}{conversation.pk}/change/"))

    assert re.search("Undone · Nora Nelson.*Declined · Nora Nelson", text)
    assert "my sister" not in text


def test_the_team_sees_when_a_message_was_sent_and_by_whom(message):
    client = browser_of(on_the_team("moderators"))

    for path in (MESSAGES, f"{MESSAGES}{message.pk}/change/"):
        text = words(client.get(path))
        for expected in (str(message.pk), str(message.conversation_id), "Hal Hopper"):
            assert expected in text


def test_everybody_on_a_page_is_a_link_away(conversation):
    shown = browser_of(on_the_team("moderators")).get(CONVERSATIONS).content.decode()

    for member in (conversation.requester, conversation.helper):
        assert f'<a href="/admin/accounts/member/{member.pk}/change/"><bdi>{member.name}</bdi></a>' in shown
    assert f'<a href="/admin/helprequests/helprequest/{conversation.help_request_id}/change/">' in shown


def test_a_conversation_leads_to_its_messages(message):
    MessageFactory()
    client = browser_of(on_the_team("moderators"))

    shown = client.get(f"{CONVERSATIONS}{message.conversation_id}/change/").content.decode()

    theirs = f"{MESSAGES}?conversation__id__exact={message.conversation_id}"
    assert f'<a href="{theirs}">1</a>' in shown
    assert found(client, theirs) == [message.pk]


def test_a_coordinator_sees_conversations_and_no_messages(message):
    client = browser_of(on_the_team("coordinators"))

    shown = client.get(f"{CONVERSATIONS}{message.conversation_id}/change/")

    assert (shown.status_code, client.get(MESSAGES).status_code) == (200, 403)
    assert client.get(f"{MESSAGES}{message.pk}/change/").status_code == 403
    assert MESSAGES not in shown.content.decode()


@pytest.mark.parametrize("status", ["active", "archived"])
def test_conversations_are_filtered_by_their_state(conversation, status):
    archived = ConversationFactory()
    services.archive(archived.pk, by=archived.helper)
    expected = {"active": conversation.pk, "archived": archived.pk}[status]

    assert found(browser_of(superuser()), f"{CONVERSATIONS}?status__exact={status}") == [expected]


# --- What is not -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", READERS)
def test_no_page_of_the_admin_shows_what_anybody_wrote(message, by):
    conversation, client = message.conversation, browser_of(by())
    paths = ["/admin/", "/admin/messaging/", "/admin/helprequests/helprequest/", "/admin/accounts/member/"]
    for address, row in ((CONVERSATIONS, conversation), (MESSAGES, message)):
        paths += [address, f"{address}?q={row.pk}", f"{address}?q=canary", f"{address}{row.pk}/change/"]
        paths += [f"{address}{row.pk}/history/", f"{address}{row.pk}/delete/"]
    paths += [
        f"/admin/helprequests/helprequest/{conversation.help_request_id}/{page}/" for page in ("change", "history")
    ]
    paths += [f"/admin/accounts/member/{conversation.helper.pk}/{page}/" for page in ("change", "history")]

    shown = [
        path
        for path in paths
        if b"canary" in client.get(path).content.replace(b"?q=canary", b"").replace(b'value="canary"', b"")
    ]

    assert shown == []
    # It could have been shown: it is there.
    with sql.undone():
        sql.act_as("care_system", "")
        assert sql.column("SELECT initial_message FROM conversations_v2") == [FIRST]
        assert sql.column("SELECT content FROM messages_v2") == [LATER]


@pytest.mark.parametrize("address", [CONVERSATIONS, MESSAGES])
def test_what_somebody_wrote_finds_nothing(message, address):
    client = browser_of(superuser())

    assert found(client, f"{address}?q=canary") == []
    assert found(client, f"{address}?q={str(message.conversation_id)[:8]}") != []


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "initial_message__contains=c",
        "content__startswith=c",
        "messages__content__contains=c",
        "conversation__initial_message__contains=c",
        "requester__password__startswith=m",
        "sender__email__contains=n",
    ],
)
@pytest.mark.parametrize("address", [CONVERSATIONS, MESSAGES])
def test_no_filter_in_the_address_guesses_at_a_text(message, address, query):
    answer = browser_of(superuser()).get(f"{address}?{query}")

    assert answer.status_code == 400


@pytest.mark.parametrize("path", [CONVERSATIONS, MESSAGES])
def test_no_statement_of_these_pages_names_a_text(message, path):
    client, row = browser_of(superuser()), {CONVERSATIONS: message.conversation, MESSAGES: message}[path]

    with CaptureQueriesContext(connection) as seen:
        client.get(path)
        client.get(f"{path}{row.pk}/change/")

    asked = " ".join(each["sql"] for each in seen)
    assert "messages_v2" in asked
    assert "initial_message" not in asked
    assert '"content"' not in asked


def test_the_teams_role_could_not_read_a_text_if_it_tried(message):
    moderator = on_the_team("moderators")

    for statement in ("SELECT initial_message FROM conversations_v2", "SELECT content FROM messages_v2"):
        with sql.refused(), acting_as_staff(moderator, "a test"):
            sql.run(statement)


@pytest.mark.parametrize("model", [Conversation, Message])
def test_rows_are_there_inside_the_teams_scope_alone(message, model):
    moderator = on_the_team("moderators")

    with refused():
        model.objects.count()
    with acting_as_staff(moderator, "a test"):
        assert model.objects.count() == 1
    with refused():
        model.objects.count()


def test_a_page_leaves_the_teams_scope_behind(message):
    browser_of(superuser()).get(CONVERSATIONS)

    assert sql.one("SELECT current_user") != "care_staff"
    with refused():
        Conversation.objects.count()


# --- Counting, paging, searching ---------------------------------------------------------------------------------


def test_messages_are_counted_and_paged(conversation, settings):
    settings.RATE_LIMITS = False
    for _ in range(101):
        MessageFactory(conversation=conversation)
    client = browser_of(on_the_team("moderators"))

    assert client.get(MESSAGES).context["cl"].result_count == 101
    assert len(found(client, MESSAGES)) == 100
    assert len(found(client, f"{MESSAGES}?p=2")) == 1
    assert len(found(client, f"{MESSAGES}?all=")) == 101


@pytest.mark.parametrize("whose", ["pk", "help_request_id", "requester_id", "helper_id"])
def test_a_conversation_is_found_by_each_of_its_ids(conversation, whose):
    ConversationFactory()
    client = browser_of(on_the_team("coordinators"))
    id = str(getattr(conversation, whose))

    assert found(client, f"{CONVERSATIONS}?q={id}") == [conversation.pk]
    assert found(client, f"{CONVERSATIONS}?q={id[:13].upper()}") == [conversation.pk]


@pytest.mark.parametrize("whose", ["pk", "conversation_id", "sender_id"])
def test_a_message_is_found_by_each_of_its_ids(message, whose):
    MessageFactory()
    client = browser_of(on_the_team("moderators"))

    assert found(client, f"{MESSAGES}?q={getattr(message, whose)}") == [message.pk]


@pytest.mark.parametrize("query", ["?q=%27", "?p=99", "?p=x", "?status__exact=x"])
def test_a_strange_question_breaks_no_page(conversation, query):
    assert browser_of(superuser()).get(CONVERSATIONS + query, follow=True).status_code == 200


@pytest.mark.parametrize("address", [CONVERSATIONS, MESSAGES])
@pytest.mark.parametrize("id", [NOWHERE, "x", "1"])
def test_an_id_of_nothing_leads_back(address, id):
    answer = browser_of(superuser()).get(f"{address}{id}/change/", follow=True)

    assert answer.redirect_chain == [("/admin/", 302)]
    assert "doesn’t exist" in words(answer)


@pytest.mark.parametrize("address", [CONVERSATIONS, MESSAGES])
def test_lists_ask_as_often_for_three_as_for_one(message, address):
    client = browser_of(superuser())
    client.get(address)  # what a process remembers, such as content types
    with_one = queries(client, address)
    MessageFactory()
    MessageFactory()

    assert queries(client, address) == with_one


@pytest.mark.parametrize("address", [CONVERSATIONS, MESSAGES])
def test_pages_work_in_a_process_that_remembers_nothing(message, address):
    row = {CONVERSATIONS: message.conversation, MESSAGES: message}[address]
    client = browser_of(on_the_team("moderators"))

    for path in (address, f"{address}{row.pk}/change/"):
        ContentType.objects.clear_cache()
        assert client.get(path).status_code == 200


# --- Nothing is done ---------------------------------------------------------------------------------------------


def test_nobody_writes_changes_or_deletes_here(message):
    client, conversation = browser_of(superuser()), message.conversation
    sent = {"status": "archived", "content": "changed", "initial_message": "changed for you", "post": "yes"}

    for address, row in ((CONVERSATIONS, conversation), (MESSAGES, message)):
        for path in (f"{address}{row.pk}/change/", f"{address}{row.pk}/delete/", f"{address}add/", address):
            assert client.post(path, sent).status_code == 403
        assert client.get(address).context["action_form"] is None
        assert client.get(f"{address}{row.pk}/history/").status_code == 404

    with sql.undone():
        sql.act_as("care_system", "")
        assert sql.run("SELECT status, initial_message FROM conversations_v2") == [("active", FIRST)]
        assert sql.column("SELECT content FROM messages_v2") == [LATER]
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("address", [CONVERSATIONS, MESSAGES])
def test_members_and_strangers_see_nothing_of_it(client, message, address):
    path = f"{address}{message.conversation_id}/change/"

    assert client.get(path)["Location"].startswith("/admin/login/")
    assert browser_of(message.conversation.helper).get(path).status_code == 403
