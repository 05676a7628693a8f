"""Two transactions in a fixed order: one has written and not yet committed when the other wants to go on.

Each experiment waits for events and not for luck. `test_races` runs it as the code is; `test_planted_faults` runs it
with a lock, a constraint or a clock taken out.
"""

import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from unittest.mock import patch

from django.db import connection, transaction

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.identity import acting_as_system
from carecollective.tests.races import at_once, outcome
from carecollective.tests.sql import one
from helprequests.tests.factories import HelpRequestFactory
from messaging import notify, services, thread
from messaging.models import Conversation, Message, MessageQuerySet
from messaging.tests.factories import FIRST_WORDS, ConversationFactory

# How long the first one holds up its commit for the second, which under a lock cannot come before it.
HELD_UP = 0.25


@contextmanager
def _held_up_before_commit(act):
    """`act`, which writes, says so, and commits only when the other is done, or HELD_UP later."""
    written, other_is_done = threading.Event(), threading.Event()
    acting = []

    def hold_up(id):
        if threading.get_ident() in acting:
            written.set()
            other_is_done.wait(HELD_UP)

    def first():
        acting.append(threading.get_ident())
        try:
            return act()
        finally:
            written.set()  # also where it was refused

    with patch.object(notify, "conversation_changed", hold_up):
        yield first, written, other_is_done


def late(act, end, count):
    """How many of the rows that `count` counts were committed after the ending had been.

    What the ender sees right after its commit was there before it; whatever shows up later came after. A time or an
    xmin in the rows would not do: a time is taken before the commit, and a later change hides the first xmin.
    """
    with _held_up_before_commit(act) as (first, written, ended):

        def ending():
            written.wait(timeout=5)
            end()
            there = count()
            ended.set()
            return there

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


def conversations_after_a_double_click():
    """Two offers with other words, by one helper on one request; the second comes before the first has committed."""
    wanted, helper = HelpRequestFactory(), MemberFactory()
    with _held_up_before_commit(lambda: services.offer_help(wanted.pk, by=helper, text=FIRST_WORDS)) as (
        first,
        written,
        done,
    ):

        def second():
            written.wait(timeout=5)
            try:
                return services.offer_help(wanted.pk, by=helper, text="I could come on Friday.")
            finally:
                done.set()

        came = at_once(first, second)
    return conversations_on(wanted), [outcome(one) for one in came]


def two_senders():
    """Both want to write in one conversation, each with its locks taken as early as the locks allow."""
    conversation = ConversationFactory()
    both, write = threading.Barrier(2), MessageQuerySet.write

    def together(queryset, *args, **kwargs):
        with suppress(threading.BrokenBarrierError):  # the other one waits for a lock that we hold
            both.wait(HELD_UP)
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
            may_write.wait(timeout=5)
            services.send_message(conversation.pk, by=conversation.helper, text="Begun first, sent second")

    def quick_sender_then_reader():
        begun.wait(timeout=5)
        time.sleep(0.01)
        services.send_message(conversation.pk, by=conversation.requester, text="Begun second, sent first")
        read = thread.messages(conversation.pk, by=reader)
        may_write.set()
        return read

    _, read = at_once(slow_sender, quick_sender_then_reader)
    after = thread.messages(conversation.pk, by=reader, after=read.after)
    return messages_in(conversation) - len(read.results) - len(after.results)


LOCKS_BY_HAND = ("LOCK_MEMBER_AND_HELP_REQUEST", "LOCK_MEMBER", "LOCK_CONVERSATION")


@contextmanager
def without_row_locks():
    """No verb takes the lock of its own; what a trigger or a constraint locks stays."""
    with ExitStack() as taken_out:
        from_orm = patch("django.db.models.query.QuerySet.select_for_update", lambda queryset, **_: queryset.all())
        taken_out.enter_context(from_orm)
        for lock in LOCKS_BY_HAND:
            unlocked = getattr(services, lock).replace("FOR NO KEY UPDATE", "")
            taken_out.enter_context(patch.object(services, lock, unlocked))
        yield


def close_by_sql(help_request, helper):
    """As anybody with a shell could, who knows nothing of our services."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE help_requests SET status = 'closed' WHERE id = %s", [help_request.pk])
