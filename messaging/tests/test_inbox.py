"""Reading: the inbox, the offers on a request, and a thread page by page."""

import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import refusals
from carecollective.ground.identity import acting_as
from helprequests import services as help_request_services
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox, services, thread
from messaging.tests.factories import FIRST_WORDS, ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MemberFactory(name="Olivia Maria Owner")


@pytest.fixture
def help_request(owner):
    return HelpRequestFactory(user=owner)


def offers(help_request, count):
    return [ConversationFactory(help_request=help_request) for _ in range(count)]


def ids(rows):
    return [row.id if hasattr(row, "id") else row.pk for row in rows]


def listed(member, **asked):
    return ids(inbox.inbox(member, **asked).results)


# --- The inbox -----------------------------------------------------------------------------------------------------


def test_an_entry_says_in_one_line_what_there_is(help_request, owner):
    conversation = ConversationFactory(help_request=help_request, helper__name="Henry Helper")
    last = MessageFactory(conversation=conversation)

    (entry,) = inbox.inbox(owner).results

    assert (entry.id, entry.version, entry.legacy, entry.status, entry.answer) == (
        conversation.pk,
        "v2",
        False,
        "active",
        None,
    )
    assert entry.help_request == inbox.HelpRequestSummary(
        help_request.pk, help_request.title, "open", "transportation-errands", "en"
    )
    assert entry.other == inbox.Person(conversation.helper_id, "Henry H.")
    assert entry.last_message == inbox.LastMessage(last.content, last.sender_id, last.created_at)
    assert (entry.unread_count, entry.initial_message) == (2, FIRST_WORDS)
    assert (entry.requester_id, entry.helper_id) == (owner.pk, conversation.helper_id)
    assert (entry.created_at, entry.updated_at) == (conversation.created_at, last.created_at)


def test_the_first_message_is_the_last_while_there_is_no_other(help_request, owner):
    conversation = ConversationFactory(help_request=help_request)

    (entry,) = inbox.inbox(owner).results

    assert entry.last_message == inbox.LastMessage(FIRST_WORDS, conversation.helper_id, conversation.created_at)


def test_names_are_short_until_an_offer_is_accepted(help_request, owner):
    conversation = ConversationFactory(help_request=help_request, helper__name="Henry Helper")
    before = [inbox.inbox(member).results[0].other.name for member in (owner, conversation.helper)]

    help_request_services.accept(help_request.pk, helper=conversation.helper, by=owner)

    after = [inbox.inbox(member).results[0].other.name for member in (owner, conversation.helper)]
    assert (before, after) == (["Henry H.", "Olivia O."], ["Henry Helper", "Olivia Maria Owner"])


def test_the_other_helpers_stay_short_named_when_one_is_accepted(help_request, owner):
    accepted, other = offers(help_request, 2)
    help_request_services.accept(help_request.pk, helper=accepted.helper, by=owner)

    names = {entry.id: entry.other.name for entry in inbox.inbox(owner).results}

    assert names == {accepted.pk: accepted.helper.name, other.pk: other.helper.short_name}


def test_newest_activity_comes_first_whichever_role_one_has(help_request, owner):
    asked = ConversationFactory(help_request=help_request)
    offered = ConversationFactory(helper=owner)
    MessageFactory(conversation=asked)

    assert listed(owner) == [asked.pk, offered.pk]


def test_a_stranger_has_an_empty_inbox(help_request):
    ConversationFactory(help_request=help_request)

    assert inbox.inbox(MemberFactory(), status="all").results == []


def test_the_inbox_shows_one_status_or_all(help_request, owner):
    active, archived = offers(help_request, 2)
    services.archive(archived.pk, by=owner)

    shown = {status: listed(owner, status=status) for status in ("active", "archived", "all")}

    assert shown == {"active": [active.pk], "archived": [archived.pk], "all": [archived.pk, active.pk]}


def test_pages_go_on_and_back_over_every_conversation_once(help_request, owner):
    expected = ids(reversed(offers(help_request, 7)))

    first = inbox.inbox(owner, limit=3)
    second = inbox.inbox(owner, limit=3, cursor=first.next)
    third = inbox.inbox(owner, limit=3, cursor=second.next)
    back = inbox.inbox(owner, limit=3, cursor=third.previous)

    assert [ids(page.results) for page in (first, second, third)] == [expected[:3], expected[3:6], expected[6:]]
    assert (first.previous, third.next, ids(back.results)) == (None, None, expected[3:6])
    assert ids(inbox.inbox(owner, limit=3, cursor=back.previous).results) == expected[:3]


def test_a_page_marker_is_its_members_alone(help_request, owner):
    first, _ = offers(help_request, 2)
    marker = inbox.inbox(owner, limit=1).next

    with pytest.raises(refusals.InvalidCursor):
        inbox.inbox(first.helper, cursor=marker)

    assert listed(owner, cursor=marker) == [first.pk]


@pytest.mark.parametrize("count", [1, 30])
def test_an_inbox_is_one_query_however_full(count, help_request, owner):
    for conversation in offers(help_request, count):
        MessageFactory(conversation=conversation)

    with CaptureQueriesContext(connection) as queries:
        found = inbox.inbox(owner, limit=50).results

    assert len(found) == count
    # The scope, the query, the scope's end.
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "WITH", "SELECT"]


# --- What waits to be read -----------------------------------------------------------------------------------------


def test_what_the_other_wrote_waits_to_be_read(help_request, owner):
    conversation = ConversationFactory(help_request=help_request)
    for sender in (conversation.helper, owner, conversation.helper):
        MessageFactory(conversation=conversation, sender=sender)

    waiting = [inbox.inbox(member).results[0].unread_count for member in (owner, conversation.helper)]

    assert waiting == [3, 1]


def test_what_was_read_waits_no_longer(help_request, owner):
    conversation = ConversationFactory(help_request=help_request)
    first, _ = (MessageFactory(conversation=conversation) for _ in range(2))
    counted = []

    for up_to in (conversation.pk, first.pk):
        services.mark_read(conversation.pk, by=owner, up_to=up_to)
        counted.append(inbox.inbox(owner).results[0].unread_count)

    assert counted == [2, 1]


def test_the_total_counts_conversations_and_leaves_archived_ones_out(help_request, owner):
    unread, read, archived = offers(help_request, 3)
    MessageFactory(conversation=unread)
    services.mark_read(read.pk, by=owner, up_to=read.pk)
    services.archive(archived.pk, by=owner)

    assert [inbox.unread_total(member) for member in (owner, unread.helper, MemberFactory())] == [1, 0, 0]


def test_the_total_counts_a_reply_for_the_helper(help_request, owner):
    conversation = ConversationFactory(help_request=help_request)
    reply = MessageFactory(conversation=conversation, sender=owner)
    before = inbox.unread_total(conversation.helper)

    services.mark_read(conversation.pk, by=conversation.helper, up_to=reply.pk)

    assert (before, inbox.unread_total(conversation.helper)) == (1, 0)


def test_what_is_archived_waits_again_once_it_is_open(help_request, owner):
    (conversation,) = offers(help_request, 1)
    totals = []

    for act in (services.archive, services.reopen):
        act(conversation.pk, by=conversation.helper)
        totals.append(inbox.unread_total(owner))

    assert totals == [0, 1]


def test_a_hundred_stand_for_any_more(help_request, owner, monkeypatch):
    offers(help_request, 3)
    capped = inbox.UNREAD_TOTAL.replace(f"LIMIT {inbox.UNREAD_MOST}", "LIMIT 2")
    assert capped != inbox.UNREAD_TOTAL
    whole = inbox.unread_total(owner)

    monkeypatch.setattr(inbox, "UNREAD_TOTAL", capped)

    assert (whole, inbox.unread_total(owner)) == (3, 2)


@pytest.fixture
def many(help_request, monkeypatch):
    """A conversation in which five wait, where more than three are many."""
    monkeypatch.setattr(inbox, "COUNTED_MOST", 3)
    conversation = ConversationFactory(help_request=help_request)
    for _ in range(4):
        MessageFactory(conversation=conversation)
    return conversation


@pytest.mark.parametrize(
    "look", [lambda id, by: thread.thread(id, by=by).conversation, lambda id, by: inbox.inbox(by).results[0]]
)
def test_many_are_counted_once(look, many, owner):
    looks = [look(many.pk, owner) for _ in range(2)]
    MessageFactory(conversation=many, sender=owner)
    MessageFactory(conversation=many)
    looks.append(look(many.pk, owner))

    assert [each.unread_count for each in looks] == [5, 5, 6]
    assert [each.uncounted for each in looks] == [4, 0, 1]


def test_what_was_counted_before_something_was_read_is_counted_no_more(many, owner):
    written = thread.thread(many.pk, by=owner).messages
    services.mark_read(many.pk, by=owner, up_to=written[1].id)

    shown = [thread.thread(many.pk, by=owner).conversation for _ in range(2)]

    assert [(each.unread_count, each.uncounted) for each in shown] == [(2, 2), (2, 2)]


def test_many_more_are_counted_from_where_one_has_read(many, owner):
    first = thread.thread(many.pk, by=owner).messages[0]
    services.mark_read(many.pk, by=owner, up_to=first.id)
    for _ in range(2):
        MessageFactory(conversation=many)

    shown = [thread.thread(many.pk, by=owner).conversation for _ in range(2)]

    assert [(each.unread_count, each.uncounted) for each in shown] == [(5, 5), (5, 0)]


# --- The offers on one request -------------------------------------------------------------------------------------


def test_the_owner_sees_the_offers_on_a_request(help_request, owner):
    first, second = offers(help_request, 2)
    ConversationFactory(help_request=HelpRequestFactory(user=owner))

    assert ids(inbox.offers_on(help_request.pk, by=owner)) == [second.pk, first.pk]


def test_nobody_else_sees_the_offers_on_a_request(help_request):
    conversation = ConversationFactory(help_request=help_request)

    for member in (conversation.helper, MemberFactory()):
        with pytest.raises(refusals.PermissionDenied):
            inbox.offers_on(help_request.pk, by=member)


def test_there_are_no_offers_on_a_request_that_one_cannot_see(help_request):
    HelpRequest.objects.update(status="closed")

    for id in (help_request.pk, uuid.uuid4()):
        with pytest.raises(refusals.HelpRequestNotFound):
            inbox.offers_on(id, by=MemberFactory())


def test_an_entry_by_its_id_is_for_its_participants(help_request, owner):
    conversation = ConversationFactory(help_request=help_request)
    stranger = MemberFactory()

    with acting_as(owner):
        assert inbox.entry(conversation.pk, by=owner).id == conversation.pk
    with pytest.raises(refusals.ConversationNotFound):
        thread.thread(conversation.pk, by=stranger)


# --- A thread, page by page ----------------------------------------------------------------------------------------


@pytest.fixture
def conversation(help_request):
    return ConversationFactory(help_request=help_request)


@pytest.fixture
def written(conversation):
    return [MessageFactory(conversation=conversation).pk for _ in range(5)]


def test_a_thread_shows_its_newest_messages_oldest_first(conversation, written, owner):
    shown = thread.thread(conversation.pk, by=owner, limit=3)

    assert (shown.conversation.id, ids(shown.messages)) == (conversation.pk, written[2:])


def test_what_is_older_comes_before(conversation, written, owner):
    newest = thread.messages(conversation.pk, by=owner, limit=2)
    older = thread.messages(conversation.pk, by=owner, limit=2, before=newest.before)
    oldest = thread.messages(conversation.pk, by=owner, limit=2, before=older.before)

    assert [ids(page.results) for page in (newest, older, oldest)] == [written[3:], written[1:3], written[:1]]
    assert oldest.before is None


def test_what_is_newer_comes_after(conversation, written, owner):
    oldest = thread.messages(conversation.pk, by=owner, limit=4).before
    start = thread.messages(conversation.pk, by=owner, before=oldest)

    newer = thread.messages(conversation.pk, by=owner, after=start.after, limit=3)

    assert (ids(start.results), ids(newer.results)) == (written[:1], written[1:4])
    assert ids(thread.messages(conversation.pk, by=owner, after=newer.after).results) == written[4:]


def test_one_can_always_ask_again_for_what_comes_after(conversation, owner):
    empty = thread.messages(conversation.pk, by=owner)
    still = thread.messages(conversation.pk, by=owner, after=empty.after)
    message = MessageFactory(conversation=conversation)

    assert (empty.results, empty.before, still.after) == ([], None, empty.after)
    assert ids(thread.messages(conversation.pk, by=owner, after=still.after).results) == [message.pk]


def test_reading_goes_on_after_the_message_one_sent(conversation, written, owner):
    sent = services.send_message(conversation.pk, by=owner, text="Thank you").message
    answer = MessageFactory(conversation=conversation)

    after = thread.messages(conversation.pk, by=owner, after=thread.cursor_at(sent, by=owner))

    assert ids(after.results) == [answer.pk]


@pytest.mark.parametrize("way", ["before", "after"])
def test_a_marker_of_a_thread_is_for_its_thread_and_its_member(way, conversation, written, owner):
    other = ConversationFactory(help_request=HelpRequestFactory(user=owner))
    marker = {way: thread.messages(conversation.pk, by=owner, limit=1).after}

    for id, member in ((other.pk, owner), (conversation.pk, conversation.helper)):
        with pytest.raises(refusals.InvalidCursor), transaction.atomic():
            thread.messages(id, by=member, **marker)

    assert len(thread.messages(conversation.pk, by=owner, **marker).results) == (4 if way == "before" else 0)


@pytest.mark.parametrize("read", [thread.thread, thread.messages])
def test_a_thread_that_is_not_ones_own_is_not_found(read, conversation):
    for id in (conversation.pk, uuid.uuid4()):
        with pytest.raises(refusals.ConversationNotFound), transaction.atomic():
            read(id, by=MemberFactory())


@pytest.mark.one_of_each
@pytest.mark.parametrize("count", [1, 60])
def test_a_thread_takes_as_many_queries_however_long(count, conversation, owner, settings):
    settings.RATE_LIMITS = False
    for _ in range(count):
        MessageFactory(conversation=conversation)

    with CaptureQueriesContext(connection) as queries:
        shown = thread.thread(conversation.pk, by=owner)

    assert (len(shown.messages), len(queries)) == (min(count, 50), 3)
