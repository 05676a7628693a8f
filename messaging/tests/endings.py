"""Two transactions in a fixed order: one has written and not yet committed when the other wants to go on.

Each experiment waits for events and not for luck. `test_races` runs it as the code is; `test_planted_faults` runs it
with a lock, a constraint or a clock taken out.
"""

import threading
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest.mock import patch

from django.db import transaction
from django.test import override_settings

from carecollective.accounts.models import member as accounts
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import wake
from carecollective.ground.identity import acting_as_system
from carecollective.tests.owner import run_as_owner
from carecollective.tests.races import at_once, hold_up, outcome
from carecollective.tests.sql import one
from carecollective.tests.waiting import PATIENCE
from helprequests import services as help_request_services
from helprequests.tests.factories import HelpRequestFactory
from messaging import answer_events, answers, begun, inbox, lapsing, services, thread, version_2
from messaging.models import Conversation, Message, MessageQuerySet
from messaging.tests.factories import FIRST_WORDS, ConversationFactory


@contextmanager
def _held_up_before_commit(act):
    """`act`, which writes, says so, and commits only when the other is done, or waits for a lock of this one."""
    written, other_is_done = threading.Event(), threading.Event()
    acting = []

    def say_so_and_wait(*_, **__):
        if threading.get_ident() in acting:
            written.set()
            hold_up(other_is_done)

    def first():
        acting.append(threading.get_ident())
        try:
            return act()
        finally:
            written.set()  # also where it was refused

    # Every verb says what it owes after its commit, when it has written everything.
    with patch.object(wake, "say_after_commit", say_so_and_wait):
        yield first, written, other_is_done


def late(act, end, count):
    """How many of the rows that `count` counts were committed after the ending had been.

    What the ender sees right after its commit was there before it; whatever shows up later came after. A time or an
    xmin in the rows would not do: a time is taken before the commit, and a later change hides the first xmin.
    """
    with _held_up_before_commit(act) as (first, written, ended):

        def ending():
            written.wait(PATIENCE)
            try:
                end()
                return count()
            finally:
                ended.set()

        _, there_at_the_end = at_once(first, ending)
    if isinstance(there_at_the_end, Exception):
        raise there_at_the_end
    return count() - there_at_the_end


def messages_in(conversation):
    with acting_as_system("count"):
        return Message.objects.filter(conversation_id=conversation.pk).count()


def conversations_on(help_request):
    with acting_as_system("count"):
        return Conversation.objects.filter(help_request_id=help_request.pk).count()


def late_offers(end):
    """`end` takes the help request and the helper."""
    wanted, helper = HelpRequestFactory(), MemberFactory()
    return late(
        lambda: services.offer_help(wanted.pk, by=helper, text=FIRST_WORDS),
        lambda: end(wanted, helper),
        lambda: conversations_on(wanted),
    )


def late_messages(end):
    """`end` takes the conversation, in which the helper writes."""
    conversation = ConversationFactory()
    return late(
        lambda: services.send_message(conversation.pk, by=conversation.helper, text="On my way"),
        lambda: end(conversation),
        lambda: messages_in(conversation),
    )


def what_waits_after_a_late_message():
    """The owner marks as read all that they see, while a message is written and not committed."""
    conversation = ConversationFactory()
    owner = conversation.requester
    late(
        lambda: services.send_message(conversation.pk, by=conversation.helper, text="On my way"),
        lambda: services.mark_read(conversation.pk, by=owner, up_to=conversation.pk),
        lambda: 0,
    )
    return inbox.unread_total(owner), inbox.inbox(owner).results[0].unread_count


def conversations_after_a_double_click():
    """Two offers with other words, by one helper on one request; the second comes before the first has committed."""
    wanted, helper = HelpRequestFactory(), MemberFactory()
    with _held_up_before_commit(lambda: services.offer_help(wanted.pk, by=helper, text=FIRST_WORDS)) as (
        first,
        written,
        done,
    ):

        def second():
            written.wait(PATIENCE)
            try:
                return services.offer_help(wanted.pk, by=helper, text="I could come on Friday.")
            finally:
                done.set()

        came = at_once(first, second)
    return conversations_on(wanted), [outcome(one) for one in came]


def in_turn(act, then):
    """What comes of both, where the second comes when the first has written and not yet committed."""
    with _held_up_before_commit(act) as (first, written, done):

        def second():
            written.wait(PATIENCE)
            try:
                return then()
            finally:
                done.set()

        return [outcome(came) for came in at_once(first, second)]


def two_acceptances():
    wanted = HelpRequestFactory()
    one_offer, other = ConversationFactory.create_batch(2, help_request=wanted)
    return in_turn(
        lambda: answers.accept(one_offer.pk, by=wanted.user), lambda: answers.accept(other.pk, by=wanted.user)
    )


def an_acceptance_after_the_end():
    offer = ConversationFactory()
    owner, wanted = offer.requester, offer.help_request
    return in_turn(
        lambda: help_request_services.cancel(wanted.pk, by=owner), lambda: answers.accept(offer.pk, by=owner)
    )


def two_last_messages():
    offer = ConversationFactory()
    answers.decline(offer.pk, by=offer.requester)
    say = lambda text: services.send_message(offer.pk, by=offer.helper, text=text)  # noqa: E731
    return in_turn(lambda: say("All the best."), lambda: say("And another thing."))


def a_message_into_a_refusal():
    """The helper writes while the requester says no: it is the last message, and there is no other after it."""
    offer = ConversationFactory()
    say = lambda: services.send_message(offer.pk, by=offer.helper, text="On my way")  # noqa: E731
    came = in_turn(lambda: answers.decline(offer.pk, by=offer.requester), say)
    return [*came, outcome(at_once(say)[0])]


def a_message_into_an_undo():
    """The helper has said the last word, and writes while the requester takes the no back."""
    offer = ConversationFactory()
    answers.decline(offer.pk, by=offer.requester)
    say = lambda: services.send_message(offer.pk, by=offer.helper, text="On my way")  # noqa: E731
    say()
    return in_turn(lambda: answers.undo(offer.pk, by=offer.requester), say)


def _lapse(offer):
    with patch.object(lapsing, "LAPSES_AFTER", timedelta(0)):
        lapsing._lapse_on(offer.help_request_id)


def lapses_twice():
    """What is said of an offer that two jobs look at."""
    offer = ConversationFactory()
    in_turn(lambda: _lapse(offer), lambda: _lapse(offer))
    return [event.kind for event in answer_events.events(offer.pk, by=offer.helper)]


def a_word_into_a_lapse():
    """The requester writes at the moment when the offer would lapse."""
    offer = ConversationFactory()
    in_turn(lambda: services.send_message(offer.pk, by=offer.requester, text="Yes, but when?"), lambda: _lapse(offer))
    return [event.kind for event in answer_events.events(offer.pk, by=offer.helper)]


def two_senders():
    """Both want to write in one conversation, each with its locks taken as early as the locks allow."""
    conversation = ConversationFactory()
    here, both, write = [], threading.Event(), MessageQuerySet.write

    def together(queryset, *args, **kwargs):
        here.append(queryset)
        if len(here) > 1:
            both.set()
        hold_up(both)  # or until the other one waits for a lock that we hold
        return write(queryset, *args, **kwargs)

    with patch.object(MessageQuerySet, "write", together):
        came = at_once(
            lambda: services.send_message(conversation.pk, by=conversation.helper, text="On my way"),
            lambda: services.send_message(conversation.pk, by=conversation.requester, text="See you"),
        )
    return sorted(outcome(one) for one in came)


def missed_by_a_reader():
    """One begins a transaction, another sends in between, a reader reads on: how many messages did the reader miss?"""
    conversation = ConversationFactory()
    reader = conversation.requester
    begun, may_write = threading.Event(), threading.Event()

    def slow_sender():
        with transaction.atomic():
            one("SELECT now()")
            begun.set()
            may_write.wait(PATIENCE)
            services.send_message(conversation.pk, by=conversation.helper, text="Begun first, sent second")

    def quick_sender_then_reader():
        begun.wait(PATIENCE)
        services.send_message(conversation.pk, by=conversation.requester, text="Begun second, sent first")
        read = thread.messages(conversation.pk, by=reader)
        may_write.set()
        return read

    _, read = at_once(slow_sender, quick_sender_then_reader)
    after = thread.messages(conversation.pk, by=reader, after=read.after)
    return messages_in(conversation) - len(read.results) - len(after.results)


LOCKS_BY_HAND = (
    (begun, "LOCK_MEMBER_AND_HELP_REQUEST"),
    (accounts, "LOCK"),
    (accounts, "LOCK_ALONE"),
    (version_2, "LOCK_CONVERSATION"),
    (version_2.Version2, "LOCK_ALL_ON"),
)


@contextmanager
def without_row_locks():
    """No verb takes the lock of its own; what a trigger or a constraint locks stays. A counter is taken before anything
    is written, so its row too would make a member's second act wait for the first.
    """
    with ExitStack() as taken_out:
        taken_out.enter_context(override_settings(RATE_LIMITS=False))
        from_orm = patch("django.db.models.query.QuerySet.select_for_update", lambda queryset, **_: queryset.all())
        taken_out.enter_context(from_orm)
        for module, lock in LOCKS_BY_HAND:
            unlocked = getattr(module, lock).replace("FOR NO KEY UPDATE", "")
            taken_out.enter_context(patch.object(module, lock, unlocked))
        yield


def close_by_sql(help_request, helper):
    """As anybody with a shell could, who knows nothing of our services."""
    run_as_owner("UPDATE help_requests SET status = 'closed' WHERE id = %s", help_request.pk)
