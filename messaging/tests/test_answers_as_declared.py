"""Answers are written by hand for speed: to the byte what the library makes of the same serializer."""

from dataclasses import replace

import pytest
from django.utils import timezone
from rest_framework.renderers import JSONRenderer

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import paging
from carecollective.web.api.answering import answer
from messaging import inbox, thread
from messaging.api.serializers import ConversationSerializer, InboxSerializer, MessagesSerializer, ThreadSerializer

from .factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


def bytes_of(said):
    return JSONRenderer().render(said)


@pytest.fixture
def shown():
    conversation = ConversationFactory()
    for _ in range(2):
        MessageFactory(conversation=conversation)
    return thread.thread(conversation.pk, by=conversation.requester, limit=1)


@pytest.fixture
def bare(shown):
    """All that can be null is."""
    return replace(
        shown.conversation,
        help_request=None,
        other=None,
        last_message=None,
        answer=None,
        initial_message=None,
        requester_id=None,
        version="v1",
        legacy=True,
    )


def left(entry):
    return replace(entry, answer="accepted", other=replace(entry.other, has_left=True))


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("serializer", "thing"),
    [
        (ThreadSerializer, lambda shown, bare: shown),
        (ThreadSerializer, lambda shown, bare: replace(shown, conversation=bare, messages=[], before=None)),
        (ConversationSerializer, lambda shown, bare: shown.conversation),
        (ConversationSerializer, lambda shown, bare: bare),
        (InboxSerializer, lambda shown, bare: paging.Page([shown.conversation, bare], next="a", previous=None)),
        (InboxSerializer, lambda shown, bare: paging.Page([left(shown.conversation)], next=None, previous="b")),
        (InboxSerializer, lambda shown, bare: paging.Page([], next=None, previous=None)),
        (MessagesSerializer, lambda shown, bare: thread.Messages(shown.messages, before="a", after="b")),
    ],
)
@timezone.override("UTC")
def test_an_answer_is_what_its_serializer_makes_of_it(serializer, thing, shown, bare):
    said = thing(shown, bare)

    assert bytes_of(answer(serializer, said).data) == bytes_of(serializer(said).data)


def test_nothing_of_one_answer_stands_in_the_next():
    first, second = (ConversationFactory(helper=helper) for helper in (MemberFactory(), MemberFactory()))

    said = [answer(InboxSerializer, inbox.inbox(each.helper)).data["results"] for each in (first, second)]

    assert [[each["id"] for each in results] for results in said] == [[str(first.pk)], [str(second.pk)]]
