"""Two at once, and two hundred: locks and constraints hold whatever the order. Each lock's absence is felt in
`carecollective/tests/test_planted_faults.py`."""

import random
import uuid
from collections import Counter
from functools import partial

import pytest

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.tests.databases import copied_database
from carecollective.tests.races import at_once, outcome
from carecollective.tests.waiting import a_moment
from helprequests import services as help_request_services
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, inbox, services
from messaging.models import Conversation
from messaging.tests import endings
from messaging.tests.factories import FIRST_WORDS, ConversationFactory

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module", autouse=True)
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("races"):
        yield


def offer(help_request, helper, text=FIRST_WORDS):
    return lambda: services.offer_help(help_request.pk, by=helper, text=text)


def write(conversation, sender, text="Hello", id=None):
    return lambda: services.send_message(conversation.pk, by=sender, text=text, id=id)


def after_a_moment(act):
    def soon():
        a_moment(random.random() / 200)
        return act()

    return soon


# --- Storms --------------------------------------------------------------------------------------------------------


def test_two_hundred_offers_at_once_make_each_helper_one_conversation_on_each_request():
    wanted, helpers = HelpRequestFactory.create_batch(10), MemberFactory.create_batch(20)
    everybody = [(help_request, helper) for help_request in wanted for helper in helpers]
    random.shuffle(everybody)

    came = at_once(*(offer(*pair) for pair in everybody))

    with acting_as_system("count"):
        made = Conversation.objects.filter(help_request__in=wanted).values_list("help_request_id", "helper_id")
        assert sorted(made) == sorted((help_request.pk, helper.pk) for help_request, helper in everybody)
    assert Counter(map(outcome, came)) == {"done": 200}


def test_the_same_two_hundred_offers_twice_each_are_still_two_hundred():
    wanted, helpers = HelpRequestFactory.create_batch(10), MemberFactory.create_batch(10)
    everybody = [(help_request, helper) for help_request in wanted for helper in helpers] * 2
    random.shuffle(everybody)

    came = at_once(*(offer(*pair) for pair in everybody))

    assert Counter(sent.created for sent in came) == {True: 100, False: 100}
    assert [endings.conversations_on(help_request) for help_request in wanted] == [10] * 10


def test_sixty_four_offers_at_once_by_one_member_are_ten():
    helper, wanted = MemberFactory(), HelpRequestFactory.create_batch(64)

    came = at_once(*(offer(help_request, helper) for help_request in wanted))

    assert Counter(map(outcome, came)) == {"done": 10, "rate_limited": 54}
    assert sum(map(endings.conversations_on, wanted)) == 10


def test_a_message_sent_ten_times_at_once_is_written_once():
    conversation, key = ConversationFactory(), uuid.uuid4()

    came = at_once(*[write(conversation, conversation.helper, id=key)] * 10)

    assert Counter(sent.created for sent in came) == {True: 1, False: 9}
    assert endings.messages_in(conversation) == 1


def test_a_request_posted_five_times_at_once_is_one():
    member, key = MemberFactory(), uuid.uuid4()

    came = at_once(*[lambda: help_request_services.post(by=member, id=key, title="A ride", category="other")] * 5)

    assert Counter(created for _, created in came) == {True: 1, False: 4}
    assert HelpRequest.objects.filter(user=member).count() == 1


def test_a_double_click_makes_one_conversation():
    there, came = endings.conversations_after_a_double_click()

    assert (there, came) == (1, ["done", "conversation_exists"])


# --- Endings: nothing commits after them ---------------------------------------------------------------------------


def completed_by_its_owner(help_request, helper):
    help_request_services.complete(help_request.pk, by=help_request.user)


def cancelled_by_its_owner(help_request, helper):
    help_request_services.cancel(help_request.pk, by=help_request.user)


def helper_suspended(help_request, helper):
    Member.objects.filter(pk=helper.pk).update(restriction="suspended")


@pytest.mark.parametrize(
    "end", [completed_by_its_owner, cancelled_by_its_owner, endings.close_by_sql, helper_suspended]
)
def test_no_offer_is_committed_after(end):
    assert endings.late_offers(end) == 0


def archived_by_the_other(conversation):
    services.archive(conversation.pk, by=conversation.requester)


def sender_suspended(conversation):
    Member.objects.filter(pk=conversation.helper_id).update(restriction="suspended")


@pytest.mark.parametrize("end", [archived_by_the_other, sender_suspended])
def test_no_message_is_committed_after(end):
    assert endings.late_messages(end) == 0


def test_offers_that_race_against_a_closing_are_there_when_it_is_or_never():
    for _ in range(20):
        wanted, helpers = HelpRequestFactory(), MemberFactory.create_batch(3)

        def close(wanted=wanted):
            help_request_services.complete(wanted.pk, by=wanted.user)
            return endings.conversations_on(wanted)

        *offers, there_at_the_end = at_once(
            *(after_a_moment(offer(wanted, helper)) for helper in helpers), after_a_moment(close)
        )

        came = Counter(map(outcome, offers))
        assert there_at_the_end == endings.conversations_on(wanted) == came["done"]
        assert came["done"] + came["help_request_unavailable"] == 3


def test_messages_that_race_against_archiving_are_there_when_it_is_or_never():
    for _ in range(20):
        conversation = ConversationFactory()

        def archive(conversation=conversation):
            services.archive(conversation.pk, by=conversation.requester)
            return endings.messages_in(conversation)

        senders = conversation.helper, conversation.requester
        *sent, there_at_the_end = at_once(
            *(after_a_moment(write(conversation, sender)) for sender in senders), after_a_moment(archive)
        )

        came = Counter(map(outcome, sent))
        assert there_at_the_end == endings.messages_in(conversation) == came["done"]
        assert came["done"] + came["conversation_archived"] == 2


# --- Order ---------------------------------------------------------------------------------------------------------


def test_two_senders_never_wait_for_each_other():
    assert endings.two_senders() == ["done", "done"]


def test_many_messages_at_once_leave_no_two_at_one_time():
    conversation = ConversationFactory()
    both = conversation.helper, conversation.requester

    came = at_once(*(write(conversation, both[n % 2], f"Number {n}") for n in range(60)))

    times = [sent.message.created_at for sent in came]
    assert len(set(times)) == 60
    assert min(times) > conversation.created_at


def test_who_reads_on_misses_no_message():
    assert endings.missed_by_a_reader() == 0


def test_of_two_endings_of_one_request_one_wins():
    wanted = HelpRequestFactory()

    came = at_once(
        lambda: help_request_services.complete(wanted.pk, by=wanted.user),
        lambda: help_request_services.cancel(wanted.pk, by=wanted.user),
    )

    assert sorted(map(outcome, came)) == ["done", "invalid_transition"]


def test_of_two_acceptances_one_wins():
    wanted = HelpRequestFactory()
    helpers = [ConversationFactory(help_request=wanted).helper for _ in range(2)]

    came = at_once(
        *(
            lambda helper=helper: help_request_services.accept(wanted.pk, helper=helper, by=wanted.user)
            for helper in helpers
        )
    )

    assert sorted(map(outcome, came)) == ["done", "invalid_transition"]


# --- Answers -------------------------------------------------------------------------------------------------------


def test_of_two_offers_one_is_accepted():
    assert endings.two_acceptances() == ["done", "invalid_transition"]


def test_nobody_is_taken_on_after_the_end():
    assert endings.an_acceptance_after_the_end() == ["done", "invalid_transition"]


def test_a_declined_helper_has_one_last_message_however_fast_they_write():
    assert endings.two_last_messages() == ["done", "conversation_declined"]


def test_a_message_that_meets_a_no_is_the_last_one():
    assert endings.a_message_into_a_refusal() == ["done", "done", "conversation_declined"]


def test_a_message_that_meets_an_undo_arrives():
    assert endings.a_message_into_an_undo() == ["done", "done"]


def test_an_offer_lapses_once_however_many_look_at_it():
    assert endings.lapses_twice() == ["lapsed"]


def test_no_offer_lapses_while_its_requester_writes():
    assert endings.a_word_into_a_lapse() == []


def test_answers_of_all_kinds_at_once_leave_one_helper_or_none_and_no_deadlock():
    for _ in range(5):
        wanted = HelpRequestFactory()
        offers = ConversationFactory.create_batch(3, help_request=wanted)
        acts = [partial(help_request_services.enough_help, wanted.pk, by=wanted.user)]
        for offer in offers:
            acts += [partial(answers.accept, offer.pk, by=wanted.user), write(offer, offer.helper)]
            acts += [partial(answers.withdraw, offer.pk, by=offer.helper)]

        came = at_once(*map(after_a_moment, acts))

        assert {outcome(one) for one in came} <= {"done", "invalid_transition", "conversation_declined"}
        with acting_as(wanted.user):
            entries = [inbox.entry(offer.pk, by=wanted.user) for offer in offers]
        accepted = [entry.helper_id for entry in entries if entry.answer == "accepted"]
        helper_id = HelpRequest.objects.get(pk=wanted.pk).helper_id
        assert accepted == ([helper_id] if helper_id else [])


def test_what_is_written_while_its_reader_marks_all_as_read_waits_for_them():
    assert endings.what_waits_after_a_late_message() == (1, 1)
