"""Two at once in version 1, where a lock stands in for what version 2 holds by a constraint."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import ConversationExists, Refusal
from carecollective.tests.waiting import PATIENCE
from helprequests.tests.factories import HelpRequestFactory
from messaging import services
from messaging.legacy import copying
from messaging.legacy import services as legacy
from messaging.legacy.models import LegacyConversation, LegacyMessage
from messaging.models import Conversation, Message
from messaging.thread import thread

from .factories import FIRST_WORDS, left_behind, offered

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]


def at_once(*acts):
    """What each act gave back, or the refusal that it met; all begin together."""
    together = threading.Barrier(len(acts))

    def begin(act):
        together.wait(PATIENCE)
        try:
            return act()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(begin, acts))


def made():
    with acting_as_system("a test counts"):
        return LegacyConversation.objects.count() + Conversation.objects.count()


@pytest.mark.parametrize("versions", [("v1", "v1"), ("v1", "v2"), ("v1", "v2", "v1", "v2")])
def test_offers_of_one_helper_at_once_make_one_conversation(versions):
    for _ in range(5):
        help_request, helper, before = HelpRequestFactory(), MemberFactory(), made()

        offer = partial(services.offer_help, help_request.pk, by=helper, text=FIRST_WORDS)
        offers = at_once(*(partial(offer, version=version) for version in versions))

        assert made() - before == 1
        assert [offer.created for offer in offers].count(True) == 1
        assert len({offer.conversation.pk for offer in offers}) == 1


def test_offers_with_different_words_at_once_make_one_and_tell_the_other():
    help_request, helper = HelpRequestFactory(), MemberFactory()

    results = at_once(
        *(
            lambda n=n: services.offer_help(help_request.pk, by=helper, text=f"I can come at {n}.", version="v1")
            for n in (9, 10)
        )
    )

    assert made() == 1
    assert sorted(type(result).__name__ for result in results) == ["Begun", ConversationExists.__name__]


def test_messages_at_once_stand_in_one_order_and_none_is_lost():
    helper, help_request = MemberFactory(), HelpRequestFactory()
    conversation = offered(help_request, helper)

    sent = at_once(
        *(
            lambda by=by, n=n: services.send_message(conversation.pk, by=by, text=f"Message {n}").message
            for n, by in enumerate((helper, help_request.user) * 4)
        )
    )

    shown = thread(conversation.pk, by=helper)
    assert {each.pk for each in sent} < {each.pk for each in shown.messages}
    assert len({each.created_at for each in shown.messages}) == 9
    assert shown.conversation.updated_at == shown.messages[-1].created_at


def test_a_message_that_waits_while_its_conversation_is_copied_arrives_in_version_2(monkeypatch):
    helper = MemberFactory()
    conversation = left_behind(HelpRequestFactory(), helper, FIRST_WORDS)
    waiting, lock = threading.Event(), legacy.Version1.lock

    def told(*args):
        waiting.set()
        return lock(*args)

    monkeypatch.setattr(legacy.Version1, "lock", told)
    rows = copying._rows

    def slowly(statement, **values):
        if statement is copying.MARK:
            assert waiting.wait(PATIENCE)
        return rows(statement, **values)

    monkeypatch.setattr(copying, "_rows", slowly)
    report, sent = at_once(
        copying.migrate, lambda: services.send_message(conversation.pk, by=helper, text="Nine?").message
    )

    with acting_as_system("a test looks"):
        everywhere = [model.objects.filter(content="Nine?").count() for model in (LegacyMessage, Message)]
    assert (report.copied, report.adds_up) == (1, True)
    # Written before the copy it was copied with it, written after it is in version 2 alone: never lost, never twice.
    assert everywhere in ([0, 1], [1, 1])
    assert sent.pk in {each.pk for each in thread(conversation.pk, by=helper).messages}


def test_two_copyings_at_once_copy_everything_once():
    for _ in range(3):
        help_request = HelpRequestFactory()
        for _ in range(5):
            left_behind(help_request, MemberFactory(), FIRST_WORDS, "Thank you.")

    reports = at_once(copying.migrate, copying.migrate)

    assert all(report.adds_up for report in reports)
    assert sum(report.copied for report in reports) == 15
    with acting_as_system("a test counts"):
        assert (Conversation.objects.count(), Message.objects.count()) == (15, 15)


def test_a_message_while_copies_are_taken_back_is_kept_somewhere():
    helper = MemberFactory()
    conversation = left_behind(HelpRequestFactory(), helper, FIRST_WORDS)
    copying.migrate()

    report, sent = at_once(
        copying.rollback, lambda: services.send_message(conversation.pk, by=helper, text="Nine?").message
    )

    shown = thread(conversation.pk, by=helper)
    assert sent.pk in {each.pk for each in shown.messages}
    assert shown.conversation.version == ("v1" if report.taken_back else "v2")
