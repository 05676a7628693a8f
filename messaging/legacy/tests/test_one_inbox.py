"""Both versions as one: one order, one cursor, one query, and everything works on both by the same id."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.refusals import HelpRequestNotFound
from helprequests import services as help_request_services
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox, services
from messaging.thread import messages, thread

from .factories import FIRST_WORDS, LONG_AGO, left, left_behind, offered

pytestmark = pytest.mark.django_db


@pytest.fixture
def helper():
    return MemberFactory(name="Hanna Berg")


@pytest.fixture
def seven(helper, settings):
    """By turns of version 1 and version 2, the newest last."""
    settings.RATE_LIMITS = False
    made = []
    for number in range(7):
        version = ("v1", "v2")[number % 2]
        help_request = HelpRequestFactory()
        made.append(services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version=version).conversation.pk)
    return made


def ids(page):
    return [entry.id for entry in page.results]


def pages_of(member, limit, **asked):
    page = inbox.inbox(member, limit=limit, **asked)
    found = [page]
    while page.next:
        page = inbox.inbox(member, limit=limit, cursor=page.next, **asked)
        found.append(page)
    return found


@pytest.mark.one_of_each
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_go_through_both_versions_in_one_order_without_gap_or_repeat(helper, seven, limit):
    pages = pages_of(helper, limit)

    assert [id for page in pages for id in ids(page)] == seven[::-1]
    back = pages[-1]
    for expected in pages[-2::-1]:
        back = inbox.inbox(helper, limit=limit, cursor=back.previous)
        assert ids(back) == ids(expected)


def test_a_message_brings_its_conversation_to_the_top_whatever_its_version(helper, seven):
    for id in (seven[0], seven[1]):
        services.send_message(id, by=helper, text="Nine?")

    assert ids(inbox.inbox(helper))[:2] == [seven[1], seven[0]]


def test_equal_times_are_told_apart_by_id_across_pages(helper):
    for _ in range(5):
        left_behind(HelpRequestFactory(), helper, FIRST_WORDS)

    assert len({id for page in pages_of(helper, 2) for id in ids(page)}) == 5


def test_archived_conversations_of_both_versions_have_a_list_of_their_own(helper, seven):
    for id in seven[:2]:
        services.archive(id, by=helper)
    blocked = left_behind(HelpRequestFactory(), helper, FIRST_WORDS, status="blocked").pk

    assert set(ids(inbox.inbox(helper, status="archived"))) == {*seven[:2], blocked}
    assert ids(inbox.inbox(helper)) == seven[:1:-1]
    assert len(ids(inbox.inbox(helper, status="all"))) == 8
    assert inbox.archived_total(helper) == 3


def test_the_inbox_is_one_query_and_one_more_where_there_is_version_1_however_full(helper, settings):
    settings.RATE_LIMITS = False

    def statements():
        with CaptureQueriesContext(connection) as captured:
            inbox.inbox(helper, status="all")
        return len(captured)

    assert statements() == 3  # who is asking, the query, and nobody any more
    for number in range(6):
        offered(HelpRequestFactory(), helper) if number % 2 else left_behind(HelpRequestFactory(), helper, FIRST_WORDS)
        assert statements() == 6


def test_an_entry_of_version_1_says_what_it_is(helper):
    help_request = HelpRequestFactory(user=MemberFactory(name="Ana Lee Costa"))
    conversation = offered(help_request, helper)

    mine, theirs = inbox.inbox(helper).results[0], inbox.inbox(help_request.user).results[0]

    assert (mine.version, mine.legacy, mine.status, mine.answer) == ("v1", True, "active", None)
    assert (mine.help_request.id, mine.help_request.title) == (help_request.pk, help_request.title)
    assert (mine.other.name, theirs.other.name) == ("Ana C.", "Hanna B.")
    assert (mine.last_message.content, mine.last_message.sender_id) == (FIRST_WORDS, helper.pk)
    assert (mine.initial_message, mine.requester_id, mine.helper_id) == (None, help_request.user_id, helper.pk)
    assert (mine.unread_count, theirs.unread_count) == (0, 1)
    assert (inbox.unread_total(helper), inbox.unread_total(help_request.user)) == (0, 1)
    assert conversation.pk == mine.id


def test_full_names_are_shown_once_the_helper_is_taken_on(helper):
    help_request = HelpRequestFactory()
    offered(help_request, helper)
    help_request_services.accept(help_request.pk, helper=helper, by=help_request.user)

    assert inbox.inbox(help_request.user).results[0].other.name == "Hanna Berg"


def test_a_conversation_outlives_its_help_request_and_still_knows_the_other(helper):
    help_request = HelpRequestFactory()
    conversation = left_behind(help_request, helper, FIRST_WORDS, "Thank you!")
    help_request.delete()

    mine, theirs = thread(conversation.pk, by=helper), thread(conversation.pk, by=help_request.user)

    assert mine.conversation.help_request is None
    assert (mine.conversation.other.id, theirs.conversation.other.id) == (help_request.user_id, helper.pk)
    assert mine.conversation.requester_id == theirs.conversation.requester_id == help_request.user_id
    assert services.send_message(conversation.pk, by=helper, text="Still here.").message.recipient_id == (
        help_request.user_id
    )


def test_an_orphan_without_request_and_messages_is_shown_with_nobody(helper):
    orphan = left_behind(None, helper)

    (entry,) = inbox.inbox(helper, status="archived").results
    shown = thread(orphan.pk, by=helper)

    assert (entry.other, entry.help_request, entry.last_message, entry.unread_count) == (None, None, None, 0)
    assert (shown.messages, shown.before) == ([], None)
    assert shown.after
    assert shown.conversation.requester_id is None


def test_an_owner_sees_the_offers_of_both_versions(helper):
    help_request, second = HelpRequestFactory(), MemberFactory()
    first = offered(help_request, helper)
    newer = services.offer_help(help_request.pk, by=second, text=FIRST_WORDS).conversation

    found = inbox.offers_on(help_request.pk, by=help_request.user)

    assert [(entry.id, entry.version) for entry in found] == [(newer.pk, "v2"), (first.pk, "v1")]


def test_ones_own_offer_is_found_in_either_version_unless_it_stands_in_nobodys_way(helper, monkeypatch):
    in_v1, in_v2, closed, none = (HelpRequestFactory() for _ in range(4))
    first = offered(in_v1, helper)
    second = services.offer_help(in_v2.pk, by=helper, text=FIRST_WORDS).conversation
    left_behind(closed, helper, FIRST_WORDS, status="closed")

    found = [inbox.own_offer(asked.pk, by=helper) for asked in (in_v1, in_v2, closed, none)]
    monkeypatch.setattr("messaging.legacy.services.is_read_only", lambda: True)
    read_only = inbox.own_offer(in_v1.pk, by=helper)

    assert [entry and (entry.id, entry.version) for entry in found] == [(first.pk, "v1"), (second.pk, "v2"), None, None]
    assert read_only is None
    assert inbox.own_offer(in_v1.pk, by=in_v1.user) is None


def test_three_people_share_an_old_conversation(helper):
    help_request, third = HelpRequestFactory(), MemberFactory()
    conversation = left_behind(
        help_request,
        helper,
        FIRST_WORDS,
        {"content": "I can help too.", "sender_id": third.pk},
        participants=[helper, help_request.user, third],
    )

    shown = [thread(conversation.pk, by=by) for by in (helper, help_request.user, third)]

    assert {len(each.messages) for each in shown} == {2}
    assert [each.conversation.other.id for each in shown] == [help_request.user_id, helper.pk, helper.pk]


def test_deleted_and_hidden_messages_are_left_out_everywhere(helper):
    help_request = HelpRequestFactory()
    conversation = left_behind(
        help_request,
        helper,
        FIRST_WORDS,
        {"content": "Deleted", "sender_id": helper.pk, "deleted_at": LONG_AGO},
        {"content": "Hidden", "moderation_status": "hidden"},
        {"content": "Removed", "sender_id": helper.pk, "moderation_status": "removed"},
        {"content": "Waiting to be checked", "moderation_status": "pending"},
    )

    (entry,) = inbox.inbox(help_request.user).results
    shown = [each.content for each in thread(conversation.pk, by=help_request.user).messages]

    assert shown == [FIRST_WORDS, "Waiting to be checked"]
    assert (entry.last_message.content, entry.unread_count) == ("Waiting to be checked", 2)


def test_a_long_thread_is_paged_both_ways(helper):
    conversation = left_behind(HelpRequestFactory(), helper, *[f"Message {number}" for number in range(7)])

    newest = thread(conversation.pk, by=helper, limit=3)
    older = messages(conversation.pk, by=helper, before=newest.before, limit=3)
    oldest = messages(conversation.pk, by=helper, before=older.before, limit=3)
    after = messages(conversation.pk, by=helper, after=older.after, limit=3)

    numbers = [[each.content[-1] for each in page] for page in (oldest.results, older.results, newest.messages)]
    assert numbers == [["0"], ["1", "2", "3"], ["4", "5", "6"]]
    assert oldest.before is None
    assert [each.pk for each in after.results] == [each.pk for each in newest.messages]


def test_whoever_began_it_keeps_seeing_the_request_and_a_stranger_does_not(helper):
    gone = HelpRequestFactory(status="cancelled")
    left_behind(gone, helper, FIRST_WORDS)

    assert help_request_services.find(gone.pk, by=helper).pk == gone.pk
    with pytest.raises(HelpRequestNotFound):
        help_request_services.find(gone.pk, by=MemberFactory())


def test_who_left_finds_it_among_the_archived(helper):
    conversation = left_behind(HelpRequestFactory(), helper, FIRST_WORDS, participants=[])
    left(conversation, helper, LONG_AGO + timedelta(days=1))

    assert ids(inbox.inbox(helper)) == []
    assert ids(inbox.inbox(helper, status="archived")) == [conversation.pk]


# --- The same over the API ------------------------------------------------------------------------------------------


def test_the_api_answers_alike_for_both_versions(api_as, helper):
    help_request = HelpRequestFactory()
    conversation = offered(help_request, helper)
    mine, theirs = api_as(helper), api_as(help_request.user)
    address, id = f"/api/messaging/conversations/{conversation.pk}", str(uuid.uuid4())

    sent = mine.post(f"{address}/messages", {"content": "Nine?", "id": id}, format="json")
    again = mine.post(f"{address}/messages", {"content": "Nine?", "id": id}, format="json")
    shown = theirs.get(address).json()
    read = theirs.post(f"{address}/read", {"up_to": id}, format="json")
    archived = theirs.patch(address, {"status": "archived"}, format="json")
    refused = mine.post(f"{address}/messages", {"content": "Ten?"}, format="json")

    assert [answer.status_code for answer in (sent, again, read, archived, refused)] == [201, 200, 204, 200, 409]
    assert sent.json() == again.json()
    assert shown["conversation"]["version"] == "v1"
    assert (shown["conversation"]["legacy"], shown["conversation"]["initial_message"]) == (True, None)
    assert shown["conversation"]["requester_id"] == str(help_request.user_id)
    assert [each["content"] for each in shown["messages"]] == [FIRST_WORDS, "Nine?"]
    assert refused.json()["code"] == "conversation_archived"
    assert mine.get("/api/messaging/conversations?status=archived").json()["results"][0]["id"] == str(conversation.pk)


@pytest.mark.django_db(transaction=True)
def test_a_strangers_404_is_the_same_for_both_versions_and_for_nothing(api_as, helper):
    v1 = offered(HelpRequestFactory(), helper)
    v2 = services.offer_help(HelpRequestFactory().pk, by=helper, text=FIRST_WORDS).conversation
    stranger = api_as(MemberFactory())

    answers = [stranger.get(f"/api/messaging/conversations/{id}") for id in (v1.pk, v2.pk, uuid.uuid4())]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_the_api_says_the_version_of_the_conversation_that_there_is(api_as, helper):
    help_request = HelpRequestFactory()
    conversation = offered(help_request, helper)
    address = f"/api/messaging/help-requests/{help_request.pk}/start-conversation"

    same = api_as(helper).post(address, {"initial_message": FIRST_WORDS}, format="json")
    other = api_as(helper).post(address, {"initial_message": "Something else."}, format="json")

    assert (same.status_code, same.json()["version"], same.json()["created"]) == (200, "v1", False)
    assert (other.status_code, other.json()["code"]) == (409, "conversation_exists")
    assert other.json()["conversation_id"] == str(conversation.pk)


def test_read_only_is_a_409_with_its_own_code(api_as, helper, monkeypatch):
    conversation = offered(HelpRequestFactory(), helper)
    monkeypatch.setattr("messaging.legacy.services.is_read_only", lambda: True)
    address = f"/api/messaging/conversations/{conversation.pk}"

    answers = [
        api_as(helper).post(f"{address}/messages", {"content": "Nine?"}, format="json"),
        api_as(helper).patch(address, {"status": "archived"}, format="json"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "legacy_read_only")] * 2
    assert api_as(helper).get(address).status_code == 200
