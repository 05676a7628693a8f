"""Version 1 under members' hands: one test per outcome, one per refusal, and what holds across both versions."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.refusals import (
    ConversationArchived,
    ConversationExists,
    ConversationNotFound,
    HelpRequestUnavailable,
    IdempotencyConflict,
    LegacyReadOnly,
    MessageNotFound,
    OwnHelpRequest,
    RateLimited,
    UserRestricted,
    ValidationFailed,
)
from carecollective.rollout import services as rollout
from carecollective.rollout.stages import parse
from carecollective.told.notifications.models import Notification
from helprequests import services as help_request_services
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox, services, threads
from messaging.legacy import read_only
from messaging.legacy.models import LegacyConversation, LegacyMessage, LegacyParticipant
from messaging.models import Conversation, Message
from messaging.thread import thread

from .factories import FIRST_WORDS, left, left_behind, offered

pytestmark = pytest.mark.django_db
OTHER_WORDS = "Or would Friday suit you better?"


@pytest.fixture
def help_request():
    return HelpRequestFactory()


@pytest.fixture
def helper():
    return MemberFactory(name="Hanna Berg")


@pytest.fixture
def conversation(help_request, helper):
    return offered(help_request, helper)


@pytest.fixture
def v1_is_read_only(monkeypatch):
    def turn(on=True):
        for module in ("messaging.legacy.services",):
            monkeypatch.setattr(f"{module}.is_read_only", lambda: on)

    return turn


def counts():
    with acting_as_system("a test counts"):
        models = (LegacyConversation, LegacyParticipant, LegacyMessage, Conversation, Message)
        return [model.objects.count() for model in models]


def test_the_newest_version_is_asked_first():
    assert [hand.version for hand in threads.hands] == ["v2", "v1"]


# --- Offering -------------------------------------------------------------------------------------------------------


def test_an_offer_in_version_1_makes_all_three_kinds_of_rows(help_request, helper):
    offer = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1")

    assert (offer.created, offer.conversation.version) == (True, "v1")
    assert counts() == [1, 2, 1, 0, 0]


def test_the_same_words_again_are_the_same_offer(help_request, helper, conversation):
    again = services.offer_help(help_request.pk, by=helper, text=f"  {FIRST_WORDS}\r\n", version="v1")

    assert (again.created, again.conversation.pk) == (False, conversation.pk)
    assert counts() == [1, 2, 1, 0, 0]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_version_1_offer_stays_the_same_offer_whatever_the_flag_says_now(help_request, helper, conversation, version):
    again = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version=version)

    assert (again.created, again.conversation.pk, again.conversation.version) == (False, conversation.pk, "v1")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_other_words_meet_the_version_1_conversation(help_request, helper, conversation, version):
    with pytest.raises(ConversationExists) as refused:
        services.offer_help(help_request.pk, by=helper, text=OTHER_WORDS, version=version)

    assert refused.value.extra == {"conversation_id": conversation.pk}
    assert counts() == [1, 2, 1, 0, 0]


def test_a_version_2_offer_stays_the_same_offer_when_the_flag_goes_back(help_request, helper):
    first = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    again = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1")
    with pytest.raises(ConversationExists) as refused:
        services.offer_help(help_request.pk, by=helper, text=OTHER_WORDS, version="v1")

    assert again == services.Same(first.conversation)
    assert refused.value.extra == {"conversation_id": first.conversation.pk}
    assert counts() == [0, 0, 0, 1, 0]


@pytest.mark.parametrize("status", ["closed", "blocked"])
@pytest.mark.parametrize(("version", "expected"), [("v1", [2, 4, 2, 0, 0]), ("v2", [1, 2, 1, 1, 0])])
def test_a_closed_or_blocked_conversation_never_stands_in_the_way(help_request, helper, status, version, expected):
    left_behind(help_request, helper, FIRST_WORDS, status=status)

    offer = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version=version)

    assert (offer.created, offer.conversation.version) == (True, version)
    assert counts() == expected


@pytest.mark.parametrize(
    "written",
    [[], [{"content": FIRST_WORDS, "deleted_at": "now"}], [{"content": FIRST_WORDS, "moderation_status": "hidden"}]],
)
def test_a_conversation_without_a_visible_message_never_stands_in_the_way(help_request, helper, written):
    left_behind(help_request, helper, *written)

    offer = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    assert (offer.created, offer.conversation.version) == (True, "v2")


def test_a_read_only_conversation_never_stands_in_the_way(help_request, helper, conversation, v1_is_read_only):
    v1_is_read_only()

    offer = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1")

    assert (offer.created, offer.conversation.version) == (True, "v2")


def test_somebody_elses_conversation_in_which_one_takes_part_never_stands_in_the_way(help_request, helper):
    left_behind(help_request, MemberFactory(), FIRST_WORDS, participants=[MemberFactory(), help_request.user, helper])

    offer = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    assert (offer.created, offer.conversation.version) == (True, "v2")


def test_a_conversation_that_the_owner_began_is_the_helpers_too(help_request, helper):
    begun = left_behind(help_request, help_request.user, "Can you help?", participants=[help_request.user, helper])

    with pytest.raises(ConversationExists) as refused:
        services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)
    assert refused.value.extra == {"conversation_id": begun.pk}


def test_the_same_words_again_after_the_request_closed_are_still_the_same_offer(help_request, helper, conversation):
    help_request_services.cancel(help_request.pk, by=help_request.user)

    again = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1")

    assert again.created is False


def test_version_1_takes_no_offer_on_a_closed_request(helper):
    closed = HelpRequestFactory(status="completed")

    with pytest.raises(HelpRequestUnavailable):
        services.offer_help(closed.pk, by=helper, text=FIRST_WORDS, version="v1")
    assert counts() == [0, 0, 0, 0, 0]


def test_version_1_takes_no_offer_on_ones_own_request(help_request):
    with pytest.raises(OwnHelpRequest):
        services.offer_help(help_request.pk, by=help_request.user, text=FIRST_WORDS, version="v1")


@pytest.mark.parametrize("text", ["too short", "x" * 1001])
def test_version_1_takes_the_same_lengths(help_request, helper, text):
    with pytest.raises(ValidationFailed):
        services.offer_help(help_request.pk, by=helper, text=text, version="v1")


def test_a_helper_who_started_in_version_1_sees_the_request_when_it_is_over(help_request, helper, conversation):
    help_request_services.cancel(help_request.pk, by=help_request.user)

    assert help_request_services.find(help_request.pk, by=helper).status == "cancelled"


def test_offers_in_version_1_count_like_all_others(helper):
    for _ in range(10):
        offered(HelpRequestFactory(), helper)

    with pytest.raises(RateLimited):
        offered(HelpRequestFactory(), helper)


@pytest.mark.parametrize(("version", "expected"), [("v1", 14), ("v2", 8)])
def test_what_an_offer_costs(django_assert_num_queries, help_request, helper, version, expected):
    # Under a test's own transaction BEGIN and COMMIT are a savepoint's two statements.
    with django_assert_num_queries(expected):
        services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version=version)


# --- Talking --------------------------------------------------------------------------------------------------------


def test_both_write_in_turn_and_the_conversation_moves_with_them(help_request, helper, conversation):
    said = [
        services.send_message(conversation.pk, by=by, text=text).message
        for by, text in ((help_request.user, "Thursday is good."), (helper, "Nine?"))
    ]

    assert [message.recipient_id for message in said] == [helper.pk, help_request.user_id]
    assert said[0].created_at < said[1].created_at
    assert inbox.inbox(helper).results[0].updated_at == said[1].created_at


def test_the_other_is_told_of_an_offer_and_of_a_message(help_request, helper, conversation):
    services.send_message(conversation.pk, by=helper, text="Nine?")
    services.send_message(conversation.pk, by=help_request.user, text="Thursday is good.")

    with acting_as_system("who was told"):
        told = set(Notification.objects.filter(conversation_id=conversation.pk).values_list("member_id", "what"))
    assert told == {(help_request.user_id, "offered"), (help_request.user_id, "wrote"), (helper.pk, "wrote")}


def test_the_same_id_sends_once(helper, conversation):
    id = uuid.uuid4()
    first = services.send_message(conversation.pk, by=helper, text="Nine?", id=id)

    again = services.send_message(conversation.pk, by=helper, text=" Nine? ", id=id)

    assert (first.created, again.created, again.message.pk) == (True, False, id)
    assert inbox.inbox(helper).results[0].updated_at == first.message.created_at


def test_the_same_id_with_anything_else_is_a_conflict(help_request, helper, conversation):
    sent = services.send_message(conversation.pk, by=helper, text="Nine?").message
    elsewhere = offered(HelpRequestFactory(), helper)
    in_v2 = services.offer_help(HelpRequestFactory().pk, by=helper, text=FIRST_WORDS).conversation
    sent_in_v2 = services.send_message(in_v2.pk, by=helper, text="Nine?").message

    for where, by, text, id in [
        (conversation, helper, "Ten?", sent.pk),
        (conversation, help_request.user, "Nine?", sent.pk),
        (elsewhere, helper, "Nine?", sent.pk),
        (conversation, helper, "Nine?", conversation.pk),
        (conversation, helper, "Nine?", in_v2.pk),
        (conversation, helper, "Nine?", sent_in_v2.pk),
    ]:
        with pytest.raises(IdempotencyConflict):
            services.send_message(where.pk, by=by, text=text, id=id)


def test_a_stranger_finds_nothing_to_write_to_or_read(conversation):
    stranger = MemberFactory()

    for act in (
        lambda: services.send_message(conversation.pk, by=stranger, text="Hello"),
        lambda: services.archive(conversation.pk, by=stranger),
        lambda: services.reopen(conversation.pk, by=stranger),
        lambda: services.mark_read(conversation.pk, by=stranger, up_to=conversation.pk),
        lambda: thread(conversation.pk, by=stranger),
    ):
        with pytest.raises(ConversationNotFound):
            act()


def test_archived_by_either_it_takes_no_message_until_it_is_re_opened(help_request, helper, conversation):
    services.archive(conversation.pk, by=help_request.user)

    with pytest.raises(ConversationArchived):
        services.send_message(conversation.pk, by=helper, text="Nine?")
    services.reopen(conversation.pk, by=helper)
    assert services.send_message(conversation.pk, by=helper, text="Nine?").created


def test_archiving_twice_is_archived(helper, conversation):
    services.archive(conversation.pk, by=helper)
    services.archive(conversation.pk, by=helper)

    assert thread(conversation.pk, by=helper).conversation.status == "archived"


def test_a_blocked_conversation_is_read_as_archived_and_stays_blocked(help_request, helper):
    blocked = left_behind(help_request, helper, FIRST_WORDS, status="blocked")

    assert thread(blocked.pk, by=helper).conversation.status == "archived"
    with pytest.raises(ConversationArchived):
        services.send_message(blocked.pk, by=helper, text="Nine?")
    with pytest.raises(ConversationArchived):
        services.reopen(blocked.pk, by=helper)
    services.archive(blocked.pk, by=helper)
    with acting_as_system("look"):
        assert LegacyConversation.objects.get(pk=blocked.pk).status == "blocked"


def test_who_left_reads_and_writes_no_more(help_request, helper):
    conversation = left_behind(help_request, helper, FIRST_WORDS, participants=[help_request.user])
    left(conversation, helper, conversation.created_at)

    shown = thread(conversation.pk, by=helper)
    with pytest.raises(ConversationArchived):
        services.send_message(conversation.pk, by=helper, text="Nine?")

    assert (shown.conversation.status, len(shown.messages)) == ("archived", 1)


def test_read_only_version_1_is_read_and_not_written(help_request, helper, conversation, v1_is_read_only):
    sent = services.send_message(conversation.pk, by=helper, text="Nine?", id=uuid.uuid4()).message
    v1_is_read_only()

    for act in (
        lambda: services.send_message(conversation.pk, by=helper, text="Ten?"),
        lambda: services.archive(conversation.pk, by=helper),
        lambda: services.reopen(conversation.pk, by=helper),
    ):
        with pytest.raises(LegacyReadOnly):
            act()
    services.mark_read(conversation.pk, by=help_request.user, up_to=sent.pk)
    again = services.send_message(conversation.pk, by=helper, text="Nine?", id=sent.pk)

    assert again.created is False
    assert inbox.inbox(help_request.user).results[0].unread_count == 0


def test_a_strangers_refusal_does_not_tell_that_version_1_is_read_only(conversation, v1_is_read_only):
    v1_is_read_only()

    with pytest.raises(ConversationNotFound):
        services.send_message(conversation.pk, by=MemberFactory(), text="Hello")


def test_a_suspended_member_writes_nothing(helper, conversation):
    type(helper).objects.filter(pk=helper.pk).update(restriction="suspended")

    with pytest.raises(UserRestricted):
        services.send_message(conversation.pk, by=helper, text="Nine?")


def test_messages_of_both_versions_count_together(helper, conversation):
    in_v2 = services.offer_help(HelpRequestFactory().pk, by=helper, text=FIRST_WORDS).conversation
    for number in range(50):
        services.send_message((conversation, in_v2)[number % 2].pk, by=helper, text="Nine?")

    with pytest.raises(RateLimited):
        services.send_message(conversation.pk, by=helper, text="Nine?")


def test_reading_up_to_a_message_leaves_the_later_ones_unread(help_request, helper, conversation):
    said = [services.send_message(conversation.pk, by=helper, text=text).message for text in ("Nine?", "Ten?")]

    assert inbox.inbox(help_request.user).results[0].unread_count == 3
    services.mark_read(conversation.pk, by=help_request.user, up_to=said[0].pk)
    services.mark_read(conversation.pk, by=helper, up_to=said[1].pk)

    assert inbox.inbox(help_request.user).results[0].unread_count == 1
    assert inbox.inbox(helper).results[0].unread_count == 0


def test_only_a_message_of_the_conversation_can_be_read_up_to(helper, conversation):
    elsewhere = offered(HelpRequestFactory(), helper)
    there = services.send_message(elsewhere.pk, by=helper, text="Nine?").message

    for up_to in (there.pk, conversation.pk, uuid.uuid4()):
        with pytest.raises(MessageNotFound):
            services.mark_read(conversation.pk, by=helper, up_to=up_to)


def test_nobody_is_written_to_where_nobody_is_left(help_request, helper, conversation):
    help_request.user.delete()

    shown = thread(conversation.pk, by=helper)
    with pytest.raises(ConversationArchived):
        services.send_message(conversation.pk, by=helper, text="Are you there?")

    assert (shown.conversation.other, shown.conversation.help_request) == (None, None)
    assert (shown.conversation.status, [each.content for each in shown.messages]) == ("archived", [FIRST_WORDS])


def test_version_1_is_writable_until_the_team_closes_it(helper, conversation):
    assert read_only.is_read_only() is False
    why = "Everybody has the new messaging now."
    rollout.change_stage(parse("enabled"), by="a test", reason=why, despite=True)
    rollout.close_v1(by="a test", reason=why)

    with pytest.raises(LegacyReadOnly):
        services.send_message(conversation.pk, by=helper, text="Nine?")


def test_what_members_write_in_version_1_is_whole_under_the_members_own_role(help_request, helper, conversation):
    with acting_as(help_request.user):
        (message,) = LegacyMessage.objects.filter(conversation=conversation)

    assert (message.sender_id, message.recipient_id) == (helper.pk, help_request.user_id)
    assert (message.message_type, message.status, message.moderation_status) == ("text", "sent", "approved")


def locked_by(act, rows):
    """The tables of which it locks one of these rows, in this order."""
    with CaptureQueriesContext(connection) as queries:
        act()
    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    tables = r'FROM "?(members|help_requests|conversations\w*)'
    return [re.search(tables, lock)[1] for lock in locks if any(row.pk.hex in lock for row in rows)]


def test_archiving_and_re_opening_lock_in_the_order_of_every_verb(help_request, helper):
    """And what re-opens one of version 1 holds its request, so that no offer comes in between."""
    old = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1").conversation

    archives = locked_by(lambda: services.archive(old.pk, by=helper), [helper, old])
    re_opens = locked_by(lambda: services.reopen(old.pk, by=helper), [help_request, old])

    assert archives == ["members", "conversations_v2", "conversations"]
    assert re_opens == ["conversations_v2", "help_requests", "conversations"]
