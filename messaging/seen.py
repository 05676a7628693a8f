"""Whether what one wrote has been seen (read receipts). Both ways: who turns it off shows nothing and sees nothing."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.purposes import Purpose

from .inbox import Entry

CHOOSE = """
INSERT INTO messaging_preferences (member_id, shows_seen) VALUES (%s, %s)
ON CONFLICT (member_id) DO UPDATE SET shows_seen = excluded.shows_seen
"""
CHOSEN = "SELECT shows_seen FROM messaging_preferences WHERE member_id = %s"
# The other's marker is there for the reader only where both show how far they have read: the policy asks for that.
UP_TO = "SELECT read_up_to FROM conversation_read_markers WHERE conversation_id = %(id)s AND member_id = %(other)s"
UP_TO_IN_V1 = """
SELECT max(created_at) FROM thread_messages
WHERE conversation_id = %(id)s AND sender_id = %(me)s AND read_at IS NOT NULL
"""
# In version 1 who takes part is no fact that a policy could ask for in one look, so the system asks.
BOTH_SHOW_IT = (
    "SELECT count(*) = 0 FROM messaging_preferences WHERE member_id IN (%(me)s, %(other)s) AND NOT shows_seen"
)


def choose(member: Member, *, shows_seen: bool) -> None:
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute(CHOOSE, [member.pk, shows_seen])


def is_shown_by(member: Member) -> bool:
    with acting_as(member):
        chosen = _one(CHOSEN, [member.pk])
    return chosen is not False


def seen_up_to(conversation: Entry, *, by: Member) -> datetime | None:
    """How far the other has read, or None where nothing is read or one of the two keeps it private."""
    if conversation.other is None:
        return None
    with acting_as(by):
        read_up_to: datetime | None = _one(UP_TO, {"id": conversation.id, "other": conversation.other.id})
    return read_up_to


@transaction.atomic
def seen_in_v1(conversation: Entry, *, by: Member) -> datetime | None:
    """The same in version 1; outside of every scope."""
    if conversation.other is None:
        return None
    values = {"id": conversation.id, "me": by.pk, "other": conversation.other.id}
    with acting_as_system("do both show what they have seen?", Purpose.OFFERS):
        if not _one(BOTH_SHOW_IT, values):
            return None
    with acting_as(by):
        read_up_to: datetime | None = _one(UP_TO_IN_V1, values)
    return read_up_to


def _one(statement: str, values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row[0] if row else None
