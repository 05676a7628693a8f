"""The verbs of messaging: a test per outcome and one per refusal, each beside what is allowed."""

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import limits, refusals
from carecollective.ground.identity import acting_as, acting_as_system, reading_as
from carecollective.models import RateLimit
from carecollective.tests.limits_taken import take_all_but
from carecollective.tests.round_trips import round_trips
from carecollective.tests.sql import run
from carecollective.tests.waiting import PATIENCE
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import services
from messaging.models import Conversation, Message, ReadMarker
from messaging.tests.factories import FIRST_WORDS, ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db

OTHER_WORDS = "I could also come on Friday."


@pytest.fixture
def help_request():
    return HelpRequestFactory()


@pytest.fixture
def helper():
    return MemberFactory()


@pytest.fixture
def conversation(help_request, helper):
    return ConversationFactory(help_request=help_request, helper=helper)


def kept(model):
    with acting_as_system("look"):
        return list(model.objects.order_by("created_at"))


def taken(limit, member):
    return RateLimit.objects.filter(key=limit.key(member.pk)).values_list("taken", flat=True).first() or 0


def use_up(limit, member):
    take_all_but(0, limit, member.pk)


def kinds(queries):
    return [query["sql"].split("(")[0].split()[0] for query in queries]


# --- Offering help: what comes of it -------------------------------------------------------------------------------


def test_an_offer_begins_a_conversation_with_its_first_message(help_request, helper):
    offer = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)
    conversation, created = offer.conversation, offer.created

    assert created is True
    assert (conversation.requester_id, conversation.helper_id) == (help_request.user_id, helper.pk)
    assert (conversation.initial_message, conversation.status) == (FIRST_WORDS, "active")
    assert conversation.created_at == conversation.updated_at
    assert kept(Conversation) == [conversation]


def test_an_offer_is_kept_as_it_was_cleaned(help_request, helper):
    conversation = services.offer_help(
        help_request.pk, by=helper, text="\r\n I can help.\r\nCafe\u0301? \u3000"
    ).conversation

    assert conversation.initial_message == "I can help.\nCafé?"


def test_the_same_text_again_is_the_same_offer(conversation, help_request, helper):
    again = services.offer_help(help_request.pk, by=helper, text=f"  {FIRST_WORDS}\r\n")

    assert again == services.Same(conversation)
    assert kept(Conversation) == [conversation]


@pytest.mark.one_of_each
@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled", "closed"])
def test_the_same_text_again_is_the_same_offer_whatever_became_of_the_request(status, conversation, help_request):
    over = HelpRequestFactory.build(status=status)
    HelpRequest.objects.update(status=status, completed_at=over.completed_at, cancelled_at=over.cancelled_at)

    again = services.offer_help(help_request.pk, by=conversation.helper, text=FIRST_WORDS)

    assert again == services.Same(conversation)


def test_another_text_is_refused_and_names_the_conversation(conversation, help_request, helper):
    with pytest.raises(refusals.ConversationExists) as refusal:
        services.offer_help(help_request.pk, by=helper, text=OTHER_WORDS)

    assert refusal.value.extra == {"conversation_id": conversation.pk}
    assert [there.initial_message for there in kept(Conversation)] == [FIRST_WORDS]


def test_two_helpers_offer_on_one_request(conversation, help_request):
    offer = services.offer_help(help_request.pk, by=MemberFactory(), text=FIRST_WORDS)
    second, created = offer.conversation, offer.created

    assert created is True
    assert kept(Conversation) == [conversation, second]


def test_nobody_offers_on_their_own_request(help_request):
    with pytest.raises(refusals.OwnHelpRequest):
        services.offer_help(help_request.pk, by=help_request.user, text=FIRST_WORDS)

    assert kept(Conversation) == []


def test_nobody_offers_on_a_request_that_does_not_exist(helper):
    with pytest.raises(refusals.HelpRequestNotFound):
        services.offer_help(uuid.uuid4(), by=helper, text=FIRST_WORDS)


@pytest.mark.parametrize("status", ["open", "in_progress"])
def test_a_request_takes_offers_while_it_is(status, helper):
    wanted = HelpRequestFactory(status=status)

    created = services.offer_help(wanted.pk, by=helper, text=FIRST_WORDS).created

    assert created is True


@pytest.mark.parametrize("status", ["completed", "cancelled", "closed"])
def test_a_request_takes_no_offer_once_it_is(status, helper):
    over = HelpRequestFactory(status=status)

    with pytest.raises(refusals.HelpRequestUnavailable) as refusal:
        services.offer_help(over.pk, by=helper, text=FIRST_WORDS)

    assert (type(refusal.value), refusal.value.category) == (refusals.HelpRequestUnavailable, over.category)
    assert kept(Conversation) == []


def test_a_request_that_has_run_out_takes_no_offer(helper):
    over = HelpRequestFactory(expires_at="2020-01-01T00:00:00Z")

    with pytest.raises(refusals.HelpRequestHasRunOut):
        services.offer_help(over.pk, by=helper, text=FIRST_WORDS)


def test_an_ongoing_request_never_runs_out(helper):
    created = services.offer_help(HelpRequestFactory(is_ongoing=True).pk, by=helper, text=FIRST_WORDS).created

    assert created is True


STANDINGS = [
    ("limited", refusals.UserRestricted),
    ("suspended", refusals.UserRestricted),
    ("banned", refusals.UserRestricted),
    ("pending", refusals.NotApproved),
    ("rejected", refusals.NotApproved),
]


@pytest.mark.parametrize(("standing", "refusal"), STANDINGS)
def test_a_member_in_this_standing_offers_nothing(standing, refusal, help_request):
    with pytest.raises(refusal):
        services.offer_help(help_request.pk, by=MemberFactory(**{standing: True}), text=FIRST_WORDS)

    assert kept(Conversation) == []


@pytest.mark.parametrize(("standing", "refusal"), STANDINGS)
def test_their_standing_comes_before_what_does_not_exist(standing, refusal):
    with pytest.raises(refusal):
        services.offer_help(uuid.uuid4(), by=MemberFactory(**{standing: True}), text=FIRST_WORDS)


def test_a_restriction_counts_from_the_moment_it_is_kept(help_request, helper):
    Member.objects.filter(pk=helper.pk).update(restriction="limited")  # `helper` was loaded before

    with pytest.raises(refusals.UserRestricted):
        services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "blank"),
        (" \r\n\t\u3000", "blank"),
        ("\u200b" * 50, "blank"),
        ("x" * 9, "too_short"),
        (f"{'x' * 9}   ", "too_short"),
        ("x" * 1001, "too_long"),
        ("I can help\0you", "not_allowed"),
        ("I can help \ud83d", "not_allowed"),
    ],
)
def test_a_first_message_that_is_not_well_formed_is_refused(text, code, help_request, helper):
    with pytest.raises(refusals.ValidationFailed) as refusal:
        services.offer_help(help_request.pk, by=helper, text=text)

    assert [(error["field"], error["code"]) for error in refusal.value.errors] == [("initial_message", code)]


@pytest.mark.parametrize("text", ["x" * 10, "x" * 1000, "\r\n".join("x" * 500), "👨‍👩‍👧‍👦 can help"])
def test_a_first_message_of_the_right_length_is_taken(text, help_request, helper):
    created = services.offer_help(help_request.pk, by=helper, text=text).created

    assert created is True


# --- Offering help: how often, and in which order ------------------------------------------------------------------


def test_a_member_starts_ten_conversations_an_hour(helper):
    for _ in range(10):
        ConversationFactory(helper=helper)

    with pytest.raises(refusals.RateLimited) as refusal:
        ConversationFactory(helper=helper)

    assert len(kept(Conversation)) == 10
    assert 3590 <= refusal.value.retry_after <= 3600


def test_the_same_text_again_comes_before_the_limit(conversation, help_request, helper):
    use_up(limits.OFFERS, helper)

    again = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    assert again == services.Same(conversation)


def test_the_limit_comes_before_a_conversation_that_exists(conversation, help_request, helper):
    use_up(limits.OFFERS, helper)

    with pytest.raises(refusals.RateLimited) as refusal:
        services.offer_help(help_request.pk, by=helper, text=OTHER_WORDS)
    assert refusal.value.retry_after > 60


def test_the_limit_comes_before_a_request_that_is_over(helper):
    use_up(limits.OFFERS, helper)

    with pytest.raises(refusals.RateLimited):
        services.offer_help(HelpRequestFactory(status="closed").pk, by=helper, text=FIRST_WORDS)


def test_ones_own_request_comes_before_the_limit(help_request):
    use_up(limits.OFFERS, help_request.user)

    with pytest.raises(refusals.OwnHelpRequest):
        services.offer_help(help_request.pk, by=help_request.user, text=FIRST_WORDS)


def test_neither_replays_nor_refusals_count_as_offers(conversation, help_request, helper):
    over = HelpRequestFactory(status="closed")

    for refused_request, text in ((help_request, OTHER_WORDS), (over, FIRST_WORDS), (over, "short")):
        with pytest.raises(refusals.Refusal):
            services.offer_help(refused_request.pk, by=helper, text=text)
    services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    assert taken(limits.OFFERS, helper) == 1


@pytest.mark.django_db(transaction=True)
def test_an_offer_takes_eight_statements(help_request, helper):
    with CaptureQueriesContext(connection) as queries:
        services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    # The lock, the limit, the scope, and a look at V1; then the conversation, of which the other is told in the same
    # statement. COMMIT ends the scope; then those who listen and the worker are woken.
    assert kinds(queries) == ["BEGIN", "SELECT", "INSERT", *["SELECT"] * 2, "WITH", "COMMIT", "WITH"]


@pytest.mark.django_db(transaction=True)
def test_an_offer_takes_four_round_trips(help_request, helper):
    assert round_trips(lambda: services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)) == 4


def test_an_offer_among_many_takes_as_many_statements(help_request, helper):
    for _ in range(5):
        ConversationFactory(help_request=help_request)
        ConversationFactory(helper=helper)

    with CaptureQueriesContext(connection) as queries:
        services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    assert len(queries) == 8


# --- Writing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["requester", "helper"])
def test_both_write_at_once(role, conversation):
    sender = getattr(conversation, role)

    message, created, _ = services.send_message(conversation.pk, by=sender, text=" On my way \r\n")

    assert created is True
    assert (message.sender_id, message.conversation_id, message.content) == (sender.pk, conversation.pk, "On my way")
    assert kept(Message) == [message]


def test_a_message_with_an_id_is_written_once(conversation, helper):
    key = uuid.uuid4()
    first, created, _ = services.send_message(conversation.pk, by=helper, text="On my way", id=key)

    again = services.send_message(conversation.pk, by=helper, text="On my way\r\n", id=key)

    assert (first.pk, created, again.message, again.created) == (key, True, first, False)
    assert kept(Message) == [first]


def test_a_message_sent_twice_moves_its_conversation_once(conversation, helper):
    first = MessageFactory(conversation=conversation, text="On my way")
    MessageFactory(conversation=conversation)
    before = kept(Conversation)[0].updated_at

    services.send_message(conversation.pk, by=helper, text="On my way", id=first.pk)

    assert kept(Conversation)[0].updated_at == before


def test_a_message_sent_twice_is_the_same_after_the_conversation_was_archived(conversation, helper):
    first = MessageFactory(conversation=conversation, text="On my way")
    services.archive(conversation.pk, by=helper)

    again = services.send_message(conversation.pk, by=helper, text="On my way", id=first.pk)

    assert (again.message, again.created) == (first, False)


def test_an_id_is_not_used_for_another_text(conversation, helper):
    first = MessageFactory(conversation=conversation, text="On my way")

    with pytest.raises(refusals.IdempotencyConflict):
        services.send_message(conversation.pk, by=helper, text="Not yet", id=first.pk)

    assert kept(Message) == [first]


def test_an_id_is_not_used_by_the_other_one(conversation):
    first = MessageFactory(conversation=conversation, text="On my way")

    with pytest.raises(refusals.IdempotencyConflict):
        services.send_message(conversation.pk, by=conversation.requester, text="On my way", id=first.pk)


def test_an_id_is_not_used_in_another_conversation(conversation, helper):
    first, other = MessageFactory(conversation=conversation, text="On my way"), ConversationFactory(helper=helper)

    with pytest.raises(refusals.IdempotencyConflict):
        services.send_message(other.pk, by=helper, text="On my way", id=first.pk)


def test_an_id_of_a_message_that_one_cannot_see_is_taken_all_the_same(conversation):
    foreign, here = MessageFactory(text="On my way"), kept(Conversation)

    with pytest.raises(refusals.IdempotencyConflict):
        services.send_message(conversation.pk, by=conversation.helper, text="On my way", id=foreign.pk)

    assert {there.pk: there.updated_at for there in kept(Conversation)} == {
        there.pk: there.updated_at for there in here
    }


def test_the_id_of_a_conversation_names_its_first_message_alone(conversation, helper):
    other = ConversationFactory(helper=helper)

    for id in (conversation.pk, other.pk):
        with pytest.raises(refusals.IdempotencyConflict):
            services.send_message(conversation.pk, by=helper, text=FIRST_WORDS, id=id)

    assert kept(Message) == []


def test_nobody_writes_in_an_archived_conversation(conversation, helper):
    services.archive(conversation.pk, by=conversation.requester)

    for sender in (helper, conversation.requester):
        with pytest.raises(refusals.ConversationArchived):
            services.send_message(conversation.pk, by=sender, text="Hello?")

    assert kept(Message) == []


def test_where_the_other_has_left_it_is_said(conversation, helper, monkeypatch):
    services.archive(conversation.pk, by=helper)
    monkeypatch.setattr(type(Member.objects), "has_left", lambda _, id: id == conversation.requester_id)

    with pytest.raises(refusals.MemberHasLeft):
        services.send_message(conversation.pk, by=helper, text="Hello?")


def test_both_write_once_it_was_re_opened(conversation, helper):
    services.archive(conversation.pk, by=conversation.requester)
    services.reopen(conversation.pk, by=helper)

    for sender in (helper, conversation.requester):
        services.send_message(conversation.pk, by=sender, text="Hello!")

    assert [message.content for message in kept(Message)] == ["Hello!", "Hello!"]


@pytest.mark.parametrize("which", ["foreign", "unknown"])
def test_a_stranger_finds_no_conversation_to_write_in(which, conversation):
    id = conversation.pk if which == "foreign" else uuid.uuid4()

    with pytest.raises(refusals.ConversationNotFound):
        services.send_message(id, by=MemberFactory(), text="Hello")


@pytest.mark.parametrize(("standing", "refusal"), STANDINGS[1:])
def test_a_participant_who_came_into_this_standing_writes_nothing(standing, refusal, conversation):
    put = {"verification_status": standing} if refusal is refusals.NotApproved else {"restriction": standing}
    Member.objects.filter(pk=conversation.helper_id).update(**put)

    with pytest.raises(refusal):
        services.send_message(conversation.pk, by=conversation.helper, text="Hello")


def test_a_limited_participant_goes_on_writing(conversation):
    Member.objects.filter(pk=conversation.helper_id).update(restriction="limited")

    created = services.send_message(conversation.pk, by=conversation.helper, text="Hello").created

    assert created is True


@pytest.mark.parametrize(
    ("text", "code"), [("", "blank"), ("\u2800", "blank"), ("x" * 1001, "too_long"), ("a\0b", "not_allowed")]
)
def test_a_message_that_is_not_well_formed_is_refused(text, code, conversation):
    with pytest.raises(refusals.ValidationFailed) as refusal:
        services.send_message(conversation.pk, by=conversation.helper, text=text)

    assert [(error["field"], error["code"]) for error in refusal.value.errors] == [("content", code)]


@pytest.mark.parametrize("text", ["x", "x" * 1000, "👍"])
def test_a_message_of_the_right_length_is_taken(text, conversation):
    message = services.send_message(conversation.pk, by=conversation.helper, text=text).message

    assert message.content == text


def test_a_member_writes_fifty_messages_a_minute(conversation, helper):
    left = services.send_message(conversation.pk, by=helper, text="The first of fifty").left
    take_all_but(0, limits.MESSAGES, helper.pk, lasting=limits.MESSAGES.period)

    with pytest.raises(refusals.RateLimited) as refusal:
        services.send_message(conversation.pk, by=helper, text="One more")

    assert (left, len(kept(Message))) == (49, 1)
    assert 1 < refusal.value.retry_after <= 60


@pytest.mark.django_db(transaction=True)
def test_what_the_limit_refuses_leaves_nothing_and_says_how_long_to_wait(conversation, helper):
    """Outside of the tests' own transaction, where a verb ends with its COMMIT."""
    use_up(limits.OFFERS, helper)
    use_up(limits.MESSAGES, helper)

    for act in (
        lambda: services.offer_help(HelpRequestFactory().pk, by=helper, text=FIRST_WORDS),
        lambda: services.send_message(conversation.pk, by=helper, text="One more"),
    ):
        with pytest.raises(refusals.RateLimited):
            act()

    assert (kept(Conversation), kept(Message)) == ([conversation], [])


def test_one_members_limit_is_not_the_others(conversation, helper):
    use_up(limits.MESSAGES, helper)

    created = services.send_message(conversation.pk, by=conversation.requester, text="Hello").created

    assert created is True


def test_the_same_message_again_comes_before_the_limit(conversation, helper):
    first = MessageFactory(conversation=conversation, text="On my way")
    use_up(limits.MESSAGES, helper)

    again = services.send_message(conversation.pk, by=helper, text="On my way", id=first.pk)

    assert (again.message, again.created) == (first, False)


def test_the_limit_comes_before_an_archived_conversation_and_a_used_id(conversation, helper):
    first = MessageFactory(conversation=conversation, text="On my way")
    use_up(limits.MESSAGES, helper)

    with pytest.raises(refusals.RateLimited):
        services.send_message(conversation.pk, by=helper, text="Not yet", id=first.pk)
    services.archive(conversation.pk, by=helper)
    with pytest.raises(refusals.RateLimited):
        services.send_message(conversation.pk, by=helper, text="Not yet")


def test_neither_replays_nor_refusals_count_as_messages(conversation, helper):
    first = MessageFactory(conversation=conversation, text="On my way")

    services.send_message(conversation.pk, by=helper, text="On my way", id=first.pk)
    with pytest.raises(refusals.IdempotencyConflict):
        services.send_message(conversation.pk, by=helper, text="Not yet", id=first.pk)
    services.archive(conversation.pk, by=helper)
    with pytest.raises(refusals.ConversationArchived):
        services.send_message(conversation.pk, by=helper, text="Hello")

    assert taken(limits.MESSAGES, helper) == 1


def test_times_grow_strictly_within_a_conversation(conversation):
    sent = [MessageFactory(conversation=conversation).created_at for _ in range(20)]

    assert [conversation.created_at, *sent] == sorted({conversation.created_at, *sent})


def test_a_message_takes_as_many_statements_however_long_the_thread(conversation, helper):
    counted = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            services.send_message(conversation.pk, by=helper, text="Hello", id=uuid.uuid4())
        counted.append(len(queries))

    assert counted == [8, 8, 8]


@pytest.mark.django_db(transaction=True)
def test_a_message_takes_eight_statements_and_four_round_trips(conversation, helper):
    def send():
        services.send_message(conversation.pk, by=helper, text="Hello")

    with CaptureQueriesContext(connection) as queries:
        send()

    # The lock of the member, the limit, the scope, and the lock of the conversation; then as with an offer.
    assert kinds(queries) == ["BEGIN", "SELECT", "INSERT", *["SELECT"] * 2, "WITH", "COMMIT", "WITH"]
    assert round_trips(send) == 4


# --- Archiving -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["requester", "helper"])
def test_either_participant_archives_and_re_opens(role, conversation):
    member = getattr(conversation, role)

    services.archive(conversation.pk, by=member)
    archived = kept(Conversation)[0].status
    services.reopen(conversation.pk, by=member)

    assert (archived, kept(Conversation)[0].status) == ("archived", "active")


def test_archiving_twice_is_archiving_once(conversation, helper):
    services.archive(conversation.pk, by=helper)
    before = kept(Conversation)[0].updated_at

    services.archive(conversation.pk, by=conversation.requester)

    assert kept(Conversation)[0].updated_at == before


@pytest.mark.parametrize("act", [services.archive, services.reopen])
def test_a_stranger_archives_nothing(act, conversation):
    with pytest.raises(refusals.ConversationNotFound):
        act(conversation.pk, by=MemberFactory())

    assert kept(Conversation)[0].status == "active"


# --- How far one has read ------------------------------------------------------------------------------------------


def place_of(member):
    with acting_as(member):
        return ReadMarker.objects.get().read_up_to


def test_a_member_has_read_up_to_a_message(conversation):
    message = MessageFactory(conversation=conversation)

    services.mark_read(conversation.pk, by=conversation.requester, up_to=message.pk)

    assert place_of(conversation.requester) == message.created_at


def test_the_conversations_own_id_names_the_first_message(conversation):
    MessageFactory(conversation=conversation)

    services.mark_read(conversation.pk, by=conversation.requester, up_to=conversation.pk)

    assert place_of(conversation.requester) == conversation.created_at


def test_the_marker_only_moves_forward(conversation):
    message = MessageFactory(conversation=conversation)
    services.mark_read(conversation.pk, by=conversation.requester, up_to=message.pk)

    services.mark_read(conversation.pk, by=conversation.requester, up_to=conversation.pk)

    assert place_of(conversation.requester) == message.created_at


def test_a_message_of_another_conversation_is_no_place_in_this_one(conversation, helper):
    elsewhere = MessageFactory(conversation=ConversationFactory(helper=helper))

    with pytest.raises(refusals.MessageNotFound):
        services.mark_read(conversation.pk, by=helper, up_to=elsewhere.pk)

    with acting_as(helper):
        assert ReadMarker.objects.count() == 0


def test_a_stranger_marks_nothing_as_read(conversation):
    with pytest.raises(refusals.ConversationNotFound):
        services.mark_read(conversation.pk, by=MemberFactory(), up_to=conversation.pk)


def test_what_a_page_marks_as_read_costs_no_savepoint(conversation):
    with reading_as(conversation.requester), CaptureQueriesContext(connection) as queries:
        services.mark_read(conversation.pk, by=conversation.requester, up_to=conversation.pk)

    assert "SAVEPOINT" not in kinds(queries)
    assert place_of(conversation.requester) == conversation.created_at


# --- What others hear ----------------------------------------------------------------------------------------------


@pytest.fixture
def heard():
    def wake_ups():
        run("SELECT pg_notify('care_events', %s)", '{"type": "this is all"}')
        for notice in connection.connection.notifies(timeout=PATIENCE):
            event = json.loads(notice.payload)
            if event["type"] == "this is all":  # they come in their order
                return
            yield event

    run("LISTEN care_events")
    yield lambda: [event for event in wake_ups() if event["type"] == "conversation"]
    run("UNLISTEN *")


@pytest.mark.django_db(transaction=True)
def test_others_hear_of_offers_messages_and_archiving_by_id(help_request, helper, heard):
    conversation = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS).conversation
    services.send_message(conversation.pk, by=helper, text="Hello")
    services.archive(conversation.pk, by=helper)

    event = {"type": "conversation", "id": str(conversation.pk), "version": "v2"}
    people = {str(helper.pk), str(help_request.user_id)}
    came = heard()
    assert [set(each.pop("members")) for each in came] == [people] * 3
    assert came == [event | {"what": what} for what in ("message", "message", "status")]


@pytest.mark.django_db(transaction=True)
def test_both_hear_how_far_one_has_read_and_once(conversation, heard):
    for _ in range(2):
        services.mark_read(conversation.pk, by=conversation.requester, up_to=conversation.pk)

    (event,) = heard()
    assert set(event.pop("members")) == {str(conversation.requester_id), str(conversation.helper_id)}
    assert event == {"type": "conversation", "id": str(conversation.pk), "version": "v2", "what": "read"}


@pytest.mark.django_db(transaction=True)
def test_nobody_hears_of_replays_and_refusals(conversation, help_request, helper, heard):
    services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)
    services.reopen(conversation.pk, by=helper)
    with pytest.raises(refusals.ConversationExists):
        services.offer_help(help_request.pk, by=helper, text=OTHER_WORDS)

    assert heard() == []
