"""Answers to offers: what each says, who may say it, what follows from it, and what the database holds of it alone."""

import re
import uuid
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import limits, refusals
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.names import short_name
from carecollective.tests.owner import laid_open, lay_open, run_as_owner, shut
from carecollective.tests.sql import refused, run
from carecollective.told.notifications import services as notifications
from carecollective.told.notifications.models import Notification
from helprequests import closing
from helprequests import services as help_request_services
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answer_events, answers, inbox, lapsing, services, thread
from messaging.legacy.models import LegacyConversation
from messaging.models import STEPS, UNDO_WITHIN, Answer, Conversation, Message, OfferAnswer
from messaging.tests.factories import FIRST_WORDS, ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db

SAY = "INSERT INTO offer_answers (conversation_id, kind, by_id) VALUES (%s, %s, %s)"
WRITE = "INSERT INTO messages_v2 (conversation_id, sender_id, content) VALUES (%s, %s, 'Hello')"
WRITE_V1 = "INSERT INTO messages (conversation_id, sender_id, recipient_id, content) VALUES (%s, %s, %s, 'Hello')"


@pytest.fixture
def help_request():
    return HelpRequestFactory()


@pytest.fixture
def owner(help_request):
    return help_request.user


@pytest.fixture
def helper():
    return MemberFactory(name="Dolores Ibarra")


@pytest.fixture(params=["v2", "v1"])
def offer(request, help_request, helper):
    """In each version: answers are the same in both."""
    return services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version=request.param).conversation


@pytest.fixture
def conversation(help_request, helper):
    return ConversationFactory(help_request=help_request, helper=helper)


def seen_by(member, conversation):
    with acting_as(member):
        return inbox.entry(conversation.pk, by=member)


def answer_to(conversation, by):
    return seen_by(by, conversation).answer


def kinds(conversation, by):
    return [event.kind for event in answer_events.events(conversation.pk, by=by)]


def told(member):
    """What waits for the member, the newest first: the kinds."""
    with acting_as(member):
        return list(Notification.objects.filter(member=member).order_by("-created_at").values_list("kind", flat=True))


def words(conversation, by):
    return [message.content for message in thread.messages(conversation.pk, by=by).results]


def age(conversation, **since):
    """As if the offer and everything that was said of it had been made that long ago."""
    ago = timedelta(**since)
    lay_open("offer_answers")
    run(
        "UPDATE offer_answers SET at = at - %s, since = since - %s WHERE conversation_id = %s",
        ago,
        ago,
        conversation.pk,
    )
    shut("offer_answers")
    for table in ("conversations_v2", "conversations"):
        lay_open(table)
        run(f"UPDATE {table} SET created_at = created_at - %s WHERE id = %s", ago, conversation.pk)
        shut(table)


# --- Yes ------------------------------------------------------------------------------------------------------------


def test_an_offer_waits_until_it_is_answered(offer, owner, helper):
    assert answer_to(offer, owner) is answer_to(offer, helper) is None


def test_accepting_takes_the_helper_on(offer, help_request, owner, helper):
    answers.accept(offer.pk, by=owner)

    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id) == ("in_progress", helper.pk)
    assert (answer_to(offer, owner), answer_to(offer, helper)) == ("accepted", "accepted")
    assert told(helper) == ["answer"]


def test_an_accepted_helper_is_known_by_their_whole_name(offer, owner, helper):
    before = seen_by(owner, offer).other.name
    answers.accept(offer.pk, by=owner)

    assert (before, seen_by(owner, offer).other.name) == (short_name(helper.name), helper.name)


def test_a_request_takes_one_helper(offer, help_request, owner, helper):
    other = ConversationFactory(help_request=help_request)
    answers.accept(other.pk, by=owner)

    with pytest.raises(refusals.InvalidTransition):
        answers.accept(offer.pk, by=owner)

    assert answer_to(offer, owner) is None
    assert kinds(offer, owner) == []
    assert told(helper) == []


@pytest.mark.one_of_each
@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled", "closed"])
def test_an_offer_is_accepted_while_the_request_is_open_and_not_when_it_is(status, conversation, owner):
    over = HelpRequestFactory.build(status=status)
    HelpRequest.objects.update(status=status, completed_at=over.completed_at, cancelled_at=over.cancelled_at)

    with pytest.raises(refusals.InvalidTransition):
        answers.accept(conversation.pk, by=owner)


def test_a_declined_and_a_lapsed_helper_can_still_be_taken_on(offer, owner):
    answers.decline(offer.pk, by=owner)
    answers.accept(offer.pk, by=owner)

    assert answer_to(offer, owner) == "accepted"


@pytest.mark.parametrize(
    "standing", [{"restriction": "suspended"}, {"restriction": "banned"}, {"verification_status": "rejected"}]
)
def test_nobody_is_taken_on_who_cannot_come_in(standing, offer, help_request, owner, helper):
    Member.objects.filter(pk=helper.pk).update(**standing)

    with pytest.raises(answers.HelperIsAway):
        answers.accept(offer.pk, by=owner)

    help_request.refresh_from_db()
    assert (help_request.status, answer_to(offer, owner)) == ("open", None)


def test_whoever_answers_holds_both_members_then_the_request_then_the_conversation(conversation, owner, helper):
    with CaptureQueriesContext(connection) as queries:
        answers.accept(conversation.pk, by=owner)

    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    held = [
        ("members", [owner.pk, helper.pk]),
        ("help_requests", [conversation.help_request_id]),
        ("conversations_v2", [conversation.pk]),
    ]
    for (table, ids), lock in zip(held, locks, strict=False):
        assert re.search(rf'FROM "?{table}\b', lock)
        assert all(id.hex in lock for id in ids)


# --- No thanks ------------------------------------------------------------------------------------------------------


def test_declining_says_no_thanks_and_leaves_the_request_open(offer, help_request, owner, helper):
    answers.decline(offer.pk, by=owner)

    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id) == ("open", None)
    assert answer_to(offer, helper) == "declined"
    assert told(helper) == ["answer"]


def test_a_note_is_a_message_of_the_requesters_and_comes_with_the_answer(offer, owner, helper):
    answers.decline(offer.pk, by=owner, note=" Thank you, my sister can do it.\r\n")

    assert words(offer, helper)[-1] == "Thank you, my sister can do it."
    assert told(helper) == ["answer"]


def test_a_note_counts_as_a_message_and_a_bare_no_does_not(help_request, owner):
    bare, noted = ConversationFactory.create_batch(2, help_request=help_request)
    answers.decline(bare.pk, by=owner)
    before = limits.MESSAGES.left(owner.pk).number

    answers.decline(noted.pk, by=owner, note="Thank you, no.")

    assert (before, limits.MESSAGES.left(owner.pk).number) == (limits.MESSAGES.most, limits.MESSAGES.most - 1)


def test_a_note_has_300_characters(conversation, owner):
    with pytest.raises(refusals.ValidationFailed) as refusal:
        answers.decline(conversation.pk, by=owner, note="x" * 301)

    assert [(error["field"], error["code"]) for error in refusal.value.errors] == [("note", "too_long")]
    answers.decline(conversation.pk, by=owner, note="x" * 300)
    assert words(conversation, owner) == ["x" * 300]


def test_a_note_that_cannot_be_written_takes_the_answer_along(conversation, owner):
    services.archive(conversation.pk, by=owner)

    with pytest.raises(refusals.ConversationArchived):
        answers.decline(conversation.pk, by=owner, note="Thank you, no.")

    assert (answer_to(conversation, owner), words(conversation, owner)) == (None, [])


# --- One last message -----------------------------------------------------------------------------------------------


def say(conversation, by, text="Hello", **more):
    return services.send_message(conversation.pk, by=by, text=text, **more)


def test_a_declined_helper_writes_one_last_message(offer, owner, helper):
    answers.decline(offer.pk, by=owner, note="Thank you, no.")

    say(offer, helper, "All the best to you.")
    with pytest.raises(refusals.ConversationDeclined):
        say(offer, helper, "And another thing")

    assert words(offer, owner)[-1] == "All the best to you."


def test_each_message_of_the_requesters_gives_a_declined_helper_one_more(offer, owner, helper):
    answers.decline(offer.pk, by=owner)
    say(offer, helper)
    say(offer, owner, "Do you know somebody else?")
    say(offer, owner, "Perhaps your neighbor?")

    say(offer, helper, "I will ask her.")
    say(offer, helper, "She says yes.")
    with pytest.raises(refusals.ConversationDeclined):
        say(offer, helper, "And another thing")


@pytest.mark.one_of_each
def test_the_last_message_sent_twice_is_the_same_one(offer, owner, helper):
    answers.decline(offer.pk, by=owner)
    first = say(offer, helper, "All the best.", id=(key := uuid.uuid4()))

    again = say(offer, helper, "All the best.", id=key)

    assert (again.message, again.created) == (first.message, False)


def test_whoever_was_never_declined_writes_as_they_like(offer, owner, helper):
    answers.accept(offer.pk, by=owner)

    for _ in range(3):
        say(offer, helper)

    assert len([text for text in words(offer, owner) if text == "Hello"]) == 3


def test_the_database_alone_holds_a_declined_helper_to_one_last_message(conversation, owner, helper):
    answers.decline(conversation.pk, by=owner)

    with acting_as(helper):
        run(WRITE, conversation.pk, helper.pk)
        with refused():
            run(WRITE, conversation.pk, helper.pk)


def test_the_database_alone_holds_it_in_version_1_too(help_request, owner, helper):
    old = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1").conversation
    answers.decline(old.pk, by=owner)

    with acting_as(helper):
        run(WRITE_V1, old.pk, helper.pk, owner.pk)
        with refused():
            run(WRITE_V1, old.pk, helper.pk, owner.pk)


# --- Taken back, released, offered again ----------------------------------------------------------------------------


def test_a_helper_takes_an_offer_back(offer, owner, helper):
    answers.withdraw(offer.pk, by=helper)

    assert answer_to(offer, owner) == "withdrawn"
    assert told(owner) == ["withdrawn", "offer"]


def test_taking_back_an_accepted_offer_opens_the_request_again(offer, help_request, owner, helper):
    answers.accept(offer.pk, by=owner)
    answers.withdraw(offer.pk, by=helper)

    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id) == ("open", None)
    assert (answer_to(offer, owner), kinds(offer, owner)) == ("withdrawn", ["accepted", "withdrawn"])


def test_the_owner_hears_who_took_what_back(help_request, owner, helper):
    waiting, accepted = ConversationFactory(help_request=help_request), ConversationFactory(help_request=help_request)
    answers.accept(accepted.pk, by=owner)
    for offer in (waiting, accepted):
        answers.withdraw(offer.pk, by=offer.helper)

    with acting_as(owner):
        heard = Notification.objects.filter(member=owner, kind="withdrawn").order_by("created_at")
        assert list(heard.values_list("what", "by_id")) == [
            ("withdrawn", waiting.helper_id),
            ("stepped_back", accepted.helper_id),
        ]


def test_what_was_done_together_is_not_taken_back(offer, help_request, owner, helper):
    answers.accept(offer.pk, by=owner)
    help_request_services.complete(help_request.pk, by=owner)

    with pytest.raises(refusals.InvalidTransition):
        answers.withdraw(offer.pk, by=helper)

    assert answer_to(offer, owner) == "accepted"


@pytest.mark.one_of_each
@pytest.mark.parametrize("who", ["owner", "helper"])
def test_either_releases_the_helper_and_the_thread_says_so(who, offer, help_request, owner, helper):
    by, other = (owner, helper) if who == "owner" else (helper, owner)
    answers.accept(offer.pk, by=owner)
    help_request_services.release(help_request.pk, by=by)

    (_, event) = answer_events.events(offer.pk, by=other)
    assert (answer_to(offer, other), event.kind, event.by_id) == ("released", "released", by.pk)
    assert told(other)[0] == ("answer" if who == "owner" else "withdrawn")


def end_by(how, offer, owner, helper):
    if how == "withdrawn":
        answers.withdraw(offer.pk, by=helper)
    elif how == "released":
        answers.accept(offer.pk, by=owner)
        help_request_services.release(offer.help_request_id, by=owner)
    else:
        age(offer, days=14)
        assert lapsing.lapse_unanswered() == 1


@pytest.mark.one_of_each("how")
@pytest.mark.parametrize("how", ["withdrawn", "released", "lapsed"])
@pytest.mark.parametrize("text", [FIRST_WORDS, "I could come on Friday instead."])
def test_offering_again_is_a_message_and_the_offer_waits_anew(how, text, offer, help_request, owner, helper):
    end_by(how, offer, owner, helper)
    ended = answer_to(offer, owner)

    again = services.offer_help(help_request.pk, by=helper, text=text)

    assert (ended, again.conversation.pk, again.created) == (how, offer.pk, False)
    assert answer_to(offer, owner) is None
    assert words(offer, owner)[-1] == text
    assert told(owner)[0] == "offer"


def test_offering_again_twice_with_one_text_is_once(offer, help_request, owner, helper):
    answers.withdraw(offer.pk, by=helper)
    text = "I could come on Friday instead."
    services.offer_help(help_request.pk, by=helper, text=text)

    again = services.offer_help(help_request.pk, by=helper, text=text)

    assert (again.conversation.pk, again.created) == (offer.pk, False)
    assert words(offer, owner).count(text) == 1
    with pytest.raises(refusals.ConversationExists):
        services.offer_help(help_request.pk, by=helper, text="And now for something else.")


@pytest.mark.one_of_each
@pytest.mark.parametrize(("text", "outcome"), [(FIRST_WORDS, "replay"), ("I could come on Friday.", "refused")])
def test_after_no_thanks_offering_again_is_as_it_was(text, outcome, offer, help_request, owner, helper):
    answers.decline(offer.pk, by=owner)

    if outcome == "replay":
        assert services.offer_help(help_request.pk, by=helper, text=text).conversation.pk == offer.pk
    else:
        with pytest.raises(refusals.ConversationExists):
            services.offer_help(help_request.pk, by=helper, text=text)
    assert answer_to(offer, owner) == "declined"


def test_nobody_offers_again_on_what_takes_no_offers(offer, help_request, owner, helper):
    answers.withdraw(offer.pk, by=helper)
    help_request_services.cancel(help_request.pk, by=owner)

    with pytest.raises(refusals.HelpRequestUnavailable):
        services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    assert answer_to(offer, owner) == "withdrawn"


def test_offering_again_opens_an_archived_conversation(conversation, help_request, owner, helper):
    answers.withdraw(conversation.pk, by=helper)
    services.archive(conversation.pk, by=helper)

    services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    assert seen_by(owner, conversation).status == "active"


# --- Undone ---------------------------------------------------------------------------------------------------------


def test_undoing_a_yes_opens_the_request_and_takes_the_notification_back(offer, help_request, owner, helper):
    answers.accept(offer.pk, by=owner)
    answers.undo(offer.pk, by=owner)

    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id) == ("open", None)
    assert (answer_to(offer, owner), told(helper)) == (None, [])


def test_undoing_a_no_lets_the_offer_wait_again(offer, owner, helper):
    answers.decline(offer.pk, by=owner)
    answers.undo(offer.pk, by=owner)

    assert (answer_to(offer, helper), told(helper)) == (None, [])
    say(offer, helper)
    say(offer, helper)


@pytest.mark.one_of_each
def test_undoing_a_withdrawal_puts_the_helper_back(offer, help_request, owner, helper):
    answers.accept(offer.pk, by=owner)
    answers.withdraw(offer.pk, by=helper)
    answers.undo(offer.pk, by=helper)

    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id) == ("in_progress", helper.pk)
    assert answer_to(offer, owner) == "accepted"


def test_undoing_a_release_puts_the_helper_back(offer, help_request, owner, helper):
    answers.accept(offer.pk, by=owner)
    help_request_services.release(help_request.pk, by=owner)
    answers.undo(offer.pk, by=owner)

    assert (answer_to(offer, helper), HelpRequest.objects.get().helper_id) == ("accepted", helper.pk)


def test_a_withdrawal_is_not_undone_once_somebody_else_helps(offer, help_request, owner, helper):
    other = ConversationFactory(help_request=help_request)
    answers.accept(offer.pk, by=owner)
    answers.withdraw(offer.pk, by=helper)
    answers.accept(other.pk, by=owner)

    assert seen_by(helper, offer).can_undo is False
    with pytest.raises(refusals.InvalidTransition):
        answers.undo(offer.pk, by=helper)
    assert HelpRequest.objects.get().helper_id == other.helper_id


def test_ten_minutes_later_nothing_is_undone(offer, owner):
    answers.decline(offer.pk, by=owner)
    before = seen_by(owner, offer).can_undo
    age(offer, minutes=10)

    assert (before, seen_by(owner, offer).can_undo) == (True, False)
    with pytest.raises(refusals.InvalidTransition):
        answers.undo(offer.pk, by=owner)
    assert answer_to(offer, owner) == "declined"


def test_until_then_it_is_undone(offer, owner):
    answers.decline(offer.pk, by=owner)
    (said,) = answer_events.events(offer.pk, by=owner)

    with patch("carecollective.ground.clock.now", lambda: said.at + UNDO_WITHIN):
        answers.undo(offer.pk, by=owner)

    assert answer_to(offer, owner) is None


def test_open_pages_of_both_hear_of_an_undo(offer, owner, helper):
    answers.decline(offer.pk, by=owner)

    with patch("carecollective.ground.wake.conversation_changed") as heard:
        answers.undo(offer.pk, by=owner)

    heard.assert_called_once_with(offer.pk, offer.version, "answer", members=[owner.pk, helper.pk])


def test_nobody_undoes_what_the_other_said(offer, owner, helper):
    answers.decline(offer.pk, by=owner)

    assert (seen_by(owner, offer).can_undo, seen_by(helper, offer).can_undo) == (True, False)
    with pytest.raises(refusals.InvalidTransition):
        answers.undo(offer.pk, by=helper)


def test_an_undo_is_not_undone_nor_said_twice(offer, owner):
    answers.decline(offer.pk, by=owner)
    answers.undo(offer.pk, by=owner)

    with pytest.raises(refusals.InvalidTransition):
        answers.undo(offer.pk, by=owner)


def test_a_yes_after_a_no_undone_is_a_no_again(offer, owner):
    answers.decline(offer.pk, by=owner)
    answers.accept(offer.pk, by=owner)
    answers.undo(offer.pk, by=owner)

    assert answer_to(offer, owner) == "declined"


def test_a_yes_is_not_undone_once_the_request_is_done(offer, help_request, owner, helper):
    answers.accept(offer.pk, by=owner)
    help_request_services.complete(help_request.pk, by=helper)

    with pytest.raises(refusals.InvalidTransition):
        answers.undo(offer.pk, by=owner)


# --- What may follow what, and whose it is --------------------------------------------------------------------------

VERBS = {"accept": answers.accept, "decline": answers.decline, "withdraw": answers.withdraw}
REACHED = {
    None: [],
    "accepted": ["accept"],
    "declined": ["decline"],
    "withdrawn": ["withdraw"],
    "released": ["accept", "release"],
    "lapsed": ["lapse"],
}


def reach(answer, offer, owner, helper):
    for step in REACHED[answer]:
        if step == "release":
            help_request_services.release(offer.help_request_id, by=owner)
        elif step == "lapse":
            age(offer, days=14)
            lapsing.lapse_unanswered()
        else:
            VERBS[step](offer.pk, by=helper if step == "withdraw" else owner)


@pytest.mark.one_of_each("before", "step")
@pytest.mark.parametrize("before", [None, *Answer.values])
@pytest.mark.parametrize("step", VERBS)
def test_each_step_from_each_answer(step, before, conversation, owner, helper):
    reach(before, conversation, owner, helper)
    by = helper if step == "withdraw" else owner

    if before in STEPS[step].before:
        VERBS[step](conversation.pk, by=by)
        assert answer_to(conversation, owner) == STEPS[step].after
    else:
        with pytest.raises(refusals.InvalidTransition):
            VERBS[step](conversation.pk, by=by)
        assert answer_to(conversation, owner) == before


@pytest.mark.parametrize("step", VERBS)
def test_a_step_of_the_other_side_is_not_yours(step, offer, owner, helper):
    with pytest.raises(refusals.PermissionDenied):
        VERBS[step](offer.pk, by=owner if step == "withdraw" else helper)

    assert answer_to(offer, owner) is None


@pytest.mark.one_of_each
@pytest.mark.parametrize("act", [*VERBS.values(), answers.undo], ids=[*VERBS, "undo"])
def test_a_stranger_finds_nothing_to_answer(act, offer):
    with pytest.raises(refusals.ConversationNotFound):
        act(offer.pk, by=MemberFactory())


def test_a_suspended_member_answers_nothing(offer, owner):
    Member.objects.filter(pk=owner.pk).update(restriction="suspended")

    with pytest.raises(refusals.UserRestricted):
        answers.accept(offer.pk, by=owner)


def test_in_an_archived_conversation_nobody_is_taken_on_and_anybody_can_say_no(conversation, owner, helper):
    services.archive(conversation.pk, by=helper)

    with pytest.raises(refusals.ConversationArchived):
        answers.accept(conversation.pk, by=owner)
    answers.decline(conversation.pk, by=owner)

    assert answer_to(conversation, owner) == "declined"


def test_a_helper_can_always_step_back(conversation, help_request, owner, helper):
    answers.accept(conversation.pk, by=owner)
    services.archive(conversation.pk, by=owner)

    answers.withdraw(conversation.pk, by=helper)

    assert HelpRequest.objects.get().status == "open"


def test_a_thread_of_version_1_without_a_request_has_no_offer(help_request, owner, helper):
    old = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1").conversation
    HelpRequest.objects.filter(pk=help_request.pk).delete()

    with pytest.raises(refusals.Refusal) as refusal:
        answers.withdraw(old.pk, by=helper)

    assert refusal.value.code == "invalid_transition"


def test_a_blocked_thread_of_version_1_takes_no_answer(help_request, owner, helper):
    old = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1").conversation
    with laid_open("conversations", "contact_shares"):  # its shares end with it
        run("UPDATE conversations SET status = 'blocked' WHERE id = %s", old.pk)

    for act, by in ((answers.accept, owner), (answers.decline, owner), (answers.withdraw, helper)):
        with pytest.raises(refusals.ConversationArchived):
            act(old.pk, by=by)


def test_while_version_1_is_read_only_nobody_is_taken_on_there_and_anybody_can_say_no(help_request, owner, helper):
    old = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1").conversation

    with patch("messaging.legacy.services.is_read_only", lambda: True):
        with pytest.raises(refusals.LegacyReadOnly):
            answers.accept(old.pk, by=owner)
        answers.decline(old.pk, by=owner)

    assert answer_to(old, owner) == "declined"


# --- What becomes of the request ------------------------------------------------------------------------------------


@pytest.mark.one_of_each
@pytest.mark.parametrize("who", ["owner", "helper"])
def test_the_thread_says_that_it_is_done_and_the_other_is_told(who, offer, help_request, owner, helper):
    by, other = (owner, helper) if who == "owner" else (helper, owner)
    waiting = ConversationFactory(help_request=help_request)
    answers.accept(offer.pk, by=owner)
    help_request_services.complete(help_request.pk, by=by)

    (*_, event) = answer_events.events(offer.pk, by=other)
    assert (event.kind, event.by_id, told(other)[0]) == ("completed", by.pk, "completed")
    assert told(by).count("completed") == 0
    assert (kinds(waiting, owner), told(waiting.helper)) == (["completed"], ["completed"])


def test_another_helper_does_not_learn_who_helped(offer, help_request, owner, helper):
    waiting = ConversationFactory(help_request=help_request)
    answers.accept(offer.pk, by=owner)
    help_request_services.complete(help_request.pk, by=helper)

    (event,) = answer_events.events(waiting.pk, by=waiting.helper)
    assert (event.kind, event.by_id, event.by_name) == ("completed", None, None)


@pytest.mark.one_of_each
def test_whoever_waits_is_told_that_a_request_was_closed(offer, help_request, owner, helper):
    declined = ConversationFactory(help_request=help_request)
    answers.decline(declined.pk, by=owner)
    help_request_services.cancel(help_request.pk, by=owner)

    assert (kinds(offer, helper), told(helper)) == (["cancelled"], ["cancelled"])
    assert (kinds(declined, owner), told(declined.helper)) == (["declined"], ["answer"])


def test_the_team_closes_a_request_and_everybody_is_told(offer, help_request, owner, helper):
    team = MemberFactory(is_superuser=True, is_staff=True)
    answers.accept(offer.pk, by=owner)
    closing.close(help_request.pk, by=team, reason="because a test wants it")

    (*_, event) = answer_events.events(offer.pk, by=helper)
    assert (event.kind, event.by_id) == ("closed", None)
    assert (told(helper)[0], told(owner)[0]) == ("cancelled", "cancelled")
    assert answer_to(offer, owner) == "accepted"


@pytest.mark.one_of_each
@pytest.mark.parametrize("end", [help_request_services.complete, help_request_services.cancel])
def test_opening_a_request_again_releases_its_helper(end, offer, help_request, owner, helper):
    waiting = ConversationFactory(help_request=help_request)
    answers.accept(offer.pk, by=owner)
    end(help_request.pk, by=owner)
    assert answer_to(offer, owner) == "accepted"

    help_request_services.reopen(help_request.pk, by=owner)

    assert (answer_to(offer, owner), kinds(offer, owner)[-2:]) == ("released", ["released", "reopened"])
    assert (answer_to(waiting, owner), kinds(waiting, owner)[-1]) == (None, "reopened")
    assert told(helper)[0] == "answer"
    with pytest.raises(refusals.InvalidTransition):
        answers.undo(offer.pk, by=owner)


def test_no_offer_reads_as_accepted_whose_helper_is_not_helping(offer, help_request, owner):
    answers.accept(offer.pk, by=owner)
    HelpRequest.objects.filter(pk=help_request.pk).update(status="open", helper=None)

    assert answer_to(offer, owner) == "released"


def test_a_helper_who_was_taken_on_before_there_were_answers_reads_as_accepted(offer, help_request, owner, helper):
    help_request_services.accept(help_request.pk, helper=helper, by=owner)
    accepted = answer_to(offer, owner)

    answers.withdraw(offer.pk, by=helper)

    assert (accepted, answer_to(offer, owner), HelpRequest.objects.get().status) == ("accepted", "withdrawn", "open")


# --- Enough help ----------------------------------------------------------------------------------------------------


def test_enough_help_thanks_those_who_wait_and_leaves_the_others(offer, help_request, owner, helper):
    declined, waiting = ConversationFactory.create_batch(2, help_request=help_request)
    answers.accept(offer.pk, by=owner)
    answers.decline(declined.pk, by=owner)

    answers.enough_help(help_request.pk, by=owner)

    assert [answer_to(one, owner) for one in (offer, declined, waiting)] == ["accepted", "declined", "declined"]
    assert [kinds(one, owner) for one in (declined, waiting)] == [["declined"], ["enough_help"]]
    assert (told(waiting.helper), told(helper)) == (["answer"], ["answer"])


def test_enough_help_can_be_undone_for_one_of_them(conversation, help_request, owner):
    answers.enough_help(help_request.pk, by=owner)
    answers.undo(conversation.pk, by=owner)

    assert answer_to(conversation, owner) is None


def test_after_enough_help_a_request_still_takes_offers(help_request, owner):
    answers.enough_help(help_request.pk, by=owner)

    assert services.offer_help(help_request.pk, by=MemberFactory(), text=FIRST_WORDS).created is True


# --- Time -----------------------------------------------------------------------------------------------------------


def test_an_offer_without_an_answer_lapses_after_14_days_and_once(offer, owner, helper):
    age(offer, days=13, hours=23)
    early = lapsing.lapse_unanswered()
    age(offer, hours=1)

    lapsed = [lapsing.lapse_unanswered(), lapsing.lapse_unanswered()]

    assert (early, lapsed) == (0, [1, 0])
    assert (answer_to(offer, owner), told(helper)) == ("lapsed", ["answer"])
    assert [(event.kind, event.by_id) for event in answer_events.events(offer.pk, by=helper)] == [("lapsed", None)]


@pytest.mark.one_of_each("what")
@pytest.mark.parametrize("what", ["a word", "a yes", "a no", "the end", "the time"])
def test_an_offer_does_not_lapse_after(what, offer, help_request, owner):
    if what == "a word":
        say(offer, owner, "Let me think about it.")
    elif what == "a yes":
        answers.accept(offer.pk, by=owner)
    elif what == "a no":
        answers.decline(offer.pk, by=owner)
    elif what == "the end":
        help_request_services.complete(help_request.pk, by=owner)
    else:
        HelpRequest.objects.update(expires_at="2020-01-01T00:00:00Z")
    before = answer_to(offer, owner)
    age(offer, days=14)

    assert (lapsing.unanswered_for_7_days(), lapsing.lapse_unanswered()) == ([], 0)
    assert answer_to(offer, owner) == before


def test_whoever_was_offered_help_a_week_ago_is_named_for_a_nudge(offer, help_request, owner):
    age(offer, days=6, hours=23)
    early = lapsing.unanswered_for_7_days()
    age(offer, hours=1)

    (waiting,) = lapsing.unanswered_for_7_days()

    assert early == []
    assert (waiting.pk, waiting.requester_id, waiting.help_request_id) == (offer.pk, owner.pk, help_request.pk)


def test_an_offer_made_again_waits_from_then_on(offer, help_request, helper):
    age(offer, days=14)
    lapsing.lapse_unanswered()
    services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS)

    assert (lapsing.unanswered_for_7_days(), lapsing.lapse_unanswered()) == ([], 0)


# --- Events ---------------------------------------------------------------------------------------------------------


def test_events_name_the_right_person_as_the_reader_may_know_them(offer, owner, helper):
    answers.withdraw(offer.pk, by=helper)

    (as_owner,), (as_helper,) = answer_events.events(offer.pk, by=owner), answer_events.events(offer.pk, by=helper)

    assert (as_owner.by_name, as_helper.by_name) == (short_name(helper.name), helper.name)
    assert as_owner.by_id == as_helper.by_id == helper.pk


def test_an_undo_names_what_it_took_back(offer, owner):
    answers.decline(offer.pk, by=owner)
    answers.undo(offer.pk, by=owner)

    assert [(event.kind, event.undid) for event in answer_events.events(offer.pk, by=owner)] == [
        ("declined", None),
        ("undone", "declined"),
    ]


def test_events_and_messages_have_one_order(conversation, owner, helper):
    first = MessageFactory(conversation=conversation).created_at
    answers.decline(conversation.pk, by=owner, note="Thank you, no.")
    last = MessageFactory(conversation=conversation).created_at

    (event,) = answer_events.events(conversation.pk, by=owner)
    note = thread.messages(conversation.pk, by=owner).results[1].created_at
    assert first < note < event.at < last


def test_a_stranger_reads_no_events(offer, owner):
    answers.decline(offer.pk, by=owner)

    assert answer_events.events(offer.pk, by=MemberFactory()) == []


def test_an_answer_brings_its_conversation_to_the_top(conversation, help_request, owner):
    other = ConversationFactory(help_request=help_request)
    before = [entry.id for entry in inbox.inbox(owner).results]
    answers.decline(conversation.pk, by=owner)

    assert (before, [entry.id for entry in inbox.inbox(owner).results]) == (
        [other.pk, conversation.pk],
        [conversation.pk, other.pk],
    )


def test_the_inbox_and_the_offers_say_how_each_stands(help_request, owner, helper):
    waiting, declined = ConversationFactory.create_batch(2, help_request=help_request)
    answers.decline(declined.pk, by=owner)

    for found in (inbox.inbox(owner).results, inbox.offers_on(help_request.pk, by=owner)):
        assert {entry.id: entry.answer for entry in found} == {waiting.pk: None, declined.pk: "declined"}
    assert inbox.own_offer(help_request.pk, by=declined.helper).answer == "declined"
    (event,) = answer_events.events(declined.pk, by=owner)
    assert seen_by(owner, declined).answer_at == event.at
    assert seen_by(owner, waiting).answer_at is None


# --- The database's own wall ----------------------------------------------------------------------------------------


def test_each_side_says_only_what_is_its_own(conversation, owner, helper):
    for member, kinds_of_others in (
        (owner, ["withdrawn", "offered", "released", "lapsed", "completed", "closed", "enough_help", "undone"]),
        (helper, ["accepted", "declined", "enough_help", "released", "lapsed", "cancelled", "undone"]),
    ):
        for kind in kinds_of_others:
            with acting_as(member), refused():
                run(SAY, conversation.pk, kind, member.pk)
    assert kinds(conversation, owner) == []


def test_nobody_speaks_for_the_other(conversation, owner, helper):
    with acting_as(helper), refused():
        run(SAY, conversation.pk, "declined", owner.pk)
    with acting_as(owner), refused():
        run(SAY, conversation.pk, "withdrawn", helper.pk)


def test_nobody_is_accepted_whom_the_request_does_not_have(conversation, owner):
    with acting_as(owner), refused():
        run(SAY, conversation.pk, "accepted", owner.pk)


def test_a_stranger_says_and_reads_nothing(conversation, owner):
    answers.decline(conversation.pk, by=owner)
    stranger = MemberFactory()

    with acting_as(stranger), refused():
        run(SAY, conversation.pk, "withdrawn", stranger.pk)
    with acting_as(stranger):
        assert OfferAnswer.objects.count() == 0
    with acting_as(owner):
        assert OfferAnswer.objects.count() == 1


@pytest.mark.parametrize("change", ["UPDATE offer_answers SET kind = 'accepted'", "DELETE FROM offer_answers"])
def test_nobody_changes_or_deletes_what_was_said(change, conversation, owner):
    answers.decline(conversation.pk, by=owner)
    team = MemberFactory(is_staff=True)

    for scope in (acting_as(owner), acting_as_staff(team, "look")):
        with transaction.atomic(), scope, refused():
            run(change)
    if change.startswith("DELETE"):  # the system clears away after a conversation that is gone, and finds none here
        with acting_as_system("look"):
            assert run(change) == 0
    else:
        with transaction.atomic(), acting_as_system("look"), refused():
            run(change)
    assert run_as_owner(change) == 0  # the owner of the table meets no row
    assert kinds(conversation, owner) == ["declined"]


def test_nobody_says_when_or_how_it_stands(conversation, owner):
    with acting_as(owner):
        for column, value in (
            ("at", "2001-01-01"),
            ("since", "2001-01-01"),
            ("answer", "lapsed"),
            ("before", "lapsed"),
        ):
            with refused():
                run(
                    f"INSERT INTO offer_answers (conversation_id, kind, by_id, {column})"
                    " VALUES (%s, 'declined', %s, %s)",
                    conversation.pk,
                    owner.pk,
                    value,
                )


def test_the_database_alone_undoes_only_what_is_new_and_ones_own(conversation, owner, helper):
    answers.decline(conversation.pk, by=owner)
    with acting_as(helper), refused():
        run(SAY, conversation.pk, "undone", helper.pk)
    age(conversation, minutes=10)

    with acting_as(owner), refused():
        run(SAY, conversation.pk, "undone", owner.pk)


def test_answers_go_with_their_request_and_stay_with_the_conversations_of_others(conversation, owner):
    answers.decline(conversation.pk, by=owner)
    HelpRequest.objects.all().delete()

    with acting_as_system("look"):
        assert (OfferAnswer.objects.count(), Conversation.objects.count(), Message.objects.count()) == (0, 0, 0)
        assert LegacyConversation.objects.count() == 0


# --- To and fro -----------------------------------------------------------------------------------------------------


def told_of_it(member):
    with acting_as(member):
        return list(Notification.objects.filter(member=member).order_by("created_at").values_list("what", flat=True))


def to_and_fro(offer, help_request, helper, times):
    for _ in range(times):
        answers.withdraw(offer.pk, by=helper)
        services.offer_help(help_request.pk, by=helper, text="I can help after all.", version=offer.version)


def test_taking_back_and_offering_again_rings_once_an_hour(offer, help_request, owner, helper):
    before = len(told_of_it(owner))
    with patch("carecollective.told.queue.enqueue") as rings:
        to_and_fro(offer, help_request, helper, 5)

    assert told_of_it(owner)[before:] == ["offered_again"]
    assert rings.call_count == 1


def test_what_is_told_is_how_it_stands(offer, help_request, owner, helper):
    to_and_fro(offer, help_request, helper, 1)
    answers.withdraw(offer.pk, by=helper)
    assert told_of_it(owner)[-1] == "withdrawn"

    answers.undo(offer.pk, by=helper)

    assert "withdrawn" not in told_of_it(owner)


def test_an_hour_later_it_rings_again(offer, help_request, owner, helper):
    to_and_fro(offer, help_request, helper, 1)
    an_hour_has_passed = notifications.GIVES_WAY.replace("1 hour", "0 hours")
    with (
        patch("carecollective.told.notifications.services.GIVES_WAY", an_hour_has_passed),
        patch("carecollective.told.queue.enqueue") as rings,
    ):
        answers.withdraw(offer.pk, by=helper)

    assert rings.call_count == 1


def test_ten_offers_an_hour_can_be_taken_back(offer, helper):
    for _ in range(10):
        limits.WITHDRAWALS.take(helper.pk)

    with pytest.raises(refusals.RateLimited):
        answers.withdraw(offer.pk, by=helper)


def test_whoever_leaves_helps_nowhere_any_more_with_an_offer_or_without_one():
    offered = ConversationFactory()
    answers.accept(offered.pk, by=offered.requester)
    without = HelpRequestFactory(status="in_progress", helper=offered.helper)

    answers.withdraw_all(by=offered.helper)

    left = HelpRequest.objects.filter(pk__in=[offered.help_request_id, without.pk]).values_list("status", "helper_id")
    assert list(left) == [("open", None)] * 2


@pytest.fixture
def leaver():
    """Suspended by now: what waits, was accepted, was declined and is done; and where somebody else helps."""
    waiting, accepted, declined, done = ConversationFactory.create_batch(4, helper=MemberFactory())
    for offer in (accepted, done):
        answers.accept(offer.pk, by=offer.requester)
    help_request_services.complete(done.help_request_id, by=done.requester)
    answers.decline(declined.pk, by=declined.requester)
    other = ConversationFactory()
    answers.accept(other.pk, by=other.requester)
    Member.objects.filter(pk=waiting.helper_id).update(restriction="suspended")
    return waiting, accepted, declined, done, other


def test_whoever_leaves_takes_back_what_still_holds_in_whatever_standing(leaver):
    answers.withdraw_all(by=leaver[0].helper)

    stand = [answer_to(offer, offer.requester) for offer in leaver]
    assert stand == ["withdrawn", "withdrawn", "declined", "accepted", "accepted"]


def test_whoever_leaves_is_held_before_any_request(leaver):
    with CaptureQueriesContext(connection) as queries:
        answers.withdraw_all(by=leaver[0].helper)

    first = next(query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"])
    assert re.search(r'FROM "?members\b', first)


def test_whoever_leaves_helps_no_more_where_a_thread_of_version_1_is_blocked(help_request, owner, helper):
    old = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS, version="v1").conversation
    answers.accept(old.pk, by=owner)
    with laid_open("conversations", "contact_shares"):
        run("UPDATE conversations SET status = 'blocked' WHERE id = %s", old.pk)

    answers.withdraw_all(by=helper)

    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id) == ("open", None)
