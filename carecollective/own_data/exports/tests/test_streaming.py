"""A copy is written piece by piece, and asks for all conversations at once, however many there are."""

import tracemalloc
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.data_export import Entry, Field, Part, Said
from carecollective.own_data.exports import archive
from carecollective.own_data.exports.archive import archive_of
from carecollective.tests.every_day import takes_long
from messaging import whole_talks
from messaging.tests.factories import ConversationFactory, MessageFactory

from .everything import copy_of, files_of

pytestmark = pytest.mark.django_db

MESSAGES, LENGTH = 1_000, 10_000  # ten million characters, of which a zip file makes little
MB = 1_000_000


class Talks:
    """Two long ones, of which each message is made when it is asked for."""

    def __len__(self):
        return 2

    def __iter__(self):
        for number in range(2):
            yield Entry([Field("number", "Number", number)], title=f"Talk {number}", said=self.said())

    def said(self):
        for number in range(MESSAGES):
            yield Said(number, None, f"{number:04} " + "a" * LENGTH, datetime(2026, 1, 1, tzinfo=UTC))


@takes_long
def test_of_a_long_talk_little_is_held_at_a_time(monkeypatch):
    member = MemberFactory()
    copy_of(member)  # what is loaded once
    monkeypatch.setattr(archive, "parts_of", lambda member: [Part("talks", "Talks", Talks())])
    tracemalloc.start()

    packed = archive_of(member, "en")

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    page, data = files_of(packed)
    assert most < 3 * MB < len(page)
    assert [len(talk["messages"]) for talk in data["talks"]] == [MESSAGES, MESSAGES]
    assert data["talks"][1]["messages"][-1]["content"].startswith(f"{MESSAGES - 1:04} a")
    assert page.count("0999 a") == 2


def talks_of(member, count):
    """Begun one after the other, and then written in by turns."""
    talks = [ConversationFactory(helper=member, text=f"I can help with {number}") for number in range(count)]
    for word in ("one", "two", "three"):
        for number, talk in enumerate(talks):
            MessageFactory(conversation=talk, sender=member, text=f"{word} of {number}")


def asked_for_a_copy_of(member):
    with CaptureQueriesContext(connection) as asked:
        archive_of(member, "en")
    return len(asked)


def test_more_conversations_ask_no_more_questions():
    one, many = MemberFactory(), MemberFactory()
    talks_of(one, 1)
    talks_of(many, 5)
    archive_of(one, "en")

    assert asked_for_a_copy_of(many) == asked_for_a_copy_of(one)


def test_each_message_stands_in_its_conversation_however_they_come(monkeypatch):
    monkeypatch.setattr(whole_talks, "AT_A_TIME", 2)
    member = MemberFactory()
    talks_of(member, 4)

    talks = copy_of(member)[1]["conversations"]

    told = [[said["content"] for said in talk["messages"]] for talk in talks]
    assert told == [[f"I can help with {n}", f"one of {n}", f"two of {n}", f"three of {n}"] for n in range(4)]
