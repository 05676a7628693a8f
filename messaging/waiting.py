"""What is open between the two: offers that wait for an answer, and the last word after a "no thanks"."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as
from carecollective.ground.names import short_name
from helprequests.models import TAKES_OFFERS, HelpRequest

from . import threads
from .inbox import Entry

# Every offer on the reader's own requests that waits for an answer, whoever waits longest first: what was withdrawn,
# declined or lapsed does not. OFFSET 0: the view is asked for each of these requests, and not joined as a whole.
WAITING = f"""
SELECT offer.id, members.name, hr.title, hr.language, hr.id, hr.status
FROM help_requests AS hr
CROSS JOIN LATERAL (
    SELECT id, helper_id, begun_at FROM offers
    WHERE help_request_id = hr.id AND requester_id = %(me)s AND is_open AND is_offer AND answer IS NULL
        AND version <> ALL(%(read_only)s) OFFSET 0
) AS offer
JOIN members ON members.id = offer.helper_id
WHERE hr.user_id = %(me)s AND hr.status IN {tuple(map(str, TAKES_OFFERS))}
ORDER BY offer.begun_at, offer.id
"""  # noqa: S608  (no value stands in the text)
# As the database counts when it takes a message (`declined_helper_has_one_last_message`).
LAST_WORD = """
SELECT count(*) FILTER (WHERE sender_id = %(me)s) > count(*) FILTER (WHERE sender_id <> %(me)s)
FROM thread_messages WHERE conversation_id = %(id)s AND created_at > %(since)s
"""


class WaitingOffer(NamedTuple):
    """`id` is its conversation's, `title` its request's, whose words are in `lang`."""

    id: UUID
    name: str
    title: str
    lang: str
    help_request_id: UUID
    status: str

    @property
    def can_be_accepted(self) -> bool:
        """While somebody helps, nobody else can be."""
        return self.status == HelpRequest.Status.OPEN


def awaits_answer(conversation: Entry) -> bool:
    """Is this an offer that its requester can still answer?"""
    asked = conversation.help_request
    is_open = conversation.status == "active" and asked is not None and asked.status in TAKES_OFFERS
    return is_open and not conversation.answer and conversation.last_message is not None


def waiting_on(member: Member) -> list[WaitingOffer]:
    """Every offer on this member's own requests that waits for their answer, in one query."""
    read_only = threads.read_only_versions()
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute(WAITING, {"me": member.pk, "read_only": read_only})
        return [WaitingOffer(id, short_name(name), *about) for id, name, *about in cursor.fetchall()]


def to_accept(waiting: Iterable[WaitingOffer], limit: int = 5) -> list[WaitingOffer]:
    """Of these, the ones to which they can say yes."""
    return [offer for offer in waiting if offer.can_be_accepted][:limit]


def counted(member: Member, help_request_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many offers wait on each of these requests of theirs; a request without any is left out."""
    wanted = set(help_request_ids)
    return Counter(offer.help_request_id for offer in waiting_on(member) if offer.help_request_id in wanted)


def last_word_is_said(conversation: Entry, *, by: Member) -> bool:
    """Has this helper, after a "no thanks", said all that they can say until the requester writes again?"""
    if conversation.answer != "declined" or conversation.helper_id != by.pk:
        return False
    with acting_as(by), connection.cursor() as cursor:
        values = {"me": by.pk, "id": conversation.id, "since": conversation.answer_at}
        cursor.execute(LAST_WORD, values)
        return bool(cursor.fetchone()[0])
