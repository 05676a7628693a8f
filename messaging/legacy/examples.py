"""Conversations of version 1 for the demo: one without a message, one with one, and a long one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from helprequests.models import HelpRequest

ONE_OFFER = ("I can come by on Saturday morning, if that suits you.",)
# By turns, the helper first; a long talk goes through them week by week.
EVERY_WEEK = (
    "I drive past the clinic every week, so I can take you along.",
    "That would help so much. We have to be there at ten.",
    "Then I am at your door at half past nine.",
    "Thank you. The blue door, please ring twice.",
    "Got it. See you then.",
    "It went well today. Thank you for waiting with us.",
    "Of course. Same time next week?",
    "Yes please, same time next week.",
)
LONG_TALK = EVERY_WEEK * 8

CONVERSATION = """
INSERT INTO conversations (id, help_request_id, created_by, title, created_at, updated_at, last_message_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""
PARTICIPANT = "INSERT INTO conversation_participants (conversation_id, user_id, joined_at) VALUES (%s, %s, %s)"
MESSAGE = """
INSERT INTO messages (id, conversation_id, sender_id, recipient_id, help_request_id, content, status, read_at,
                      created_at, updated_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def add_legacy_conversations(
    requester: Member, helper: Member, *, about: Sequence[HelpRequest] | None = None
) -> list[UUID]:
    """Three conversations of these two, on these help requests of the requester's or on their oldest ones.

    Their ids follow from the people and the request: a second call adds nothing.
    """
    requests = list(about or HelpRequest.objects.filter(user=requester).order_by("created_at", "id")[:3])
    if not requests:
        raise ValueError("A conversation is about a help request: the requester has none.")
    begun_at = timezone.now() - timedelta(days=70)
    ids = []
    with acting_as_system("conversations of version 1 for the demo", Purpose.OLD_MESSAGING):
        for number, texts in enumerate(((), ONE_OFFER, LONG_TALK)):
            help_request = requests[number % len(requests)]
            id = uuid5(NAMESPACE_URL, f"care-demo:v1:{number}:{help_request.pk}:{helper.pk}")
            _add(id, help_request, helper, texts, begun_at + timedelta(hours=number))
            ids.append(id)
    return ids


def _add(id: UUID, help_request: HelpRequest, helper: Member, texts: Sequence[str], at: datetime) -> None:
    times = [at + timedelta(days=number) for number in range(len(texts))]
    last_at = times[-1] if times else at
    with connection.cursor() as cursor:
        cursor.execute(CONVERSATION, [id, help_request.pk, helper.pk, help_request.title, at, last_at, last_at])
        if not cursor.rowcount:
            return
        people = (helper.pk, help_request.user_id)
        cursor.executemany(PARTICIPANT, [(id, person, at) for person in people])
        for number, (text, said_at) in enumerate(zip(texts, times, strict=True)):
            sender, recipient = people[number % 2], people[1 - number % 2]
            # The last word waits to be read; everything before it was answered.
            read_at = times[number + 1] if number + 1 < len(texts) else None
            values: list[Any] = [uuid5(id, str(number)), id, sender, recipient, help_request.pk, text]
            cursor.execute(MESSAGE, [*values, "read" if read_at else "sent", read_at, said_at, said_at])
