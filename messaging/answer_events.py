"""What was answered in a conversation, in its order and in the reader's words: the timeline of an offer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as
from carecollective.ground.names import full_name, short_name
from messaging.answers import Said, beside


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was said or happened, as the reader may know it: for a sentence between the messages.

    Nobody did it (`by_id` is None) where time, the team or another helper did. `undid` is what an undo took back.
    `shows` is what somebody shared here, as it is now, while it is shared.
    """

    id: UUID
    kind: str
    at: datetime
    by_id: UUID | None
    by_name: str | None
    undid: str | None
    shows: str | None = None
    by_helper: bool = False

    @property
    def is_stepping_back(self) -> bool:
        """A request is released by its owner, or by the helper, who then says something else by it."""
        return self.kind == Said.RELEASED and self.by_helper


EVENTS = """
SELECT a.id, a.kind, a.at, a.by_id, m.name, m.id = %(me)s OR coalesce(hr.helper_id = a.helper_id, false), NULL,
       a.by_id = a.helper_id
FROM offer_answers AS a JOIN help_requests AS hr ON hr.id = a.help_request_id
LEFT JOIN members AS m ON m.id = a.by_id
WHERE a.conversation_id = %(conversation)s AND %(me)s IN (a.requester_id, a.helper_id)
"""


def events(conversation_id: UUID, *, by: Member) -> list[Event]:
    """What happened to the offer, and what was shared, oldest first; nothing for whoever takes no part in it."""
    with acting_as(by), connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join([EVENTS, *beside]) + " ORDER BY at", {"conversation": conversation_id, "me": by.pk}
        )
        found = cursor.fetchall()
    told: list[Event] = []
    before: str | None = None
    for id, kind, at, by_id, name, is_known, shows, by_helper in found:
        undid = before if kind == Said.UNDONE else None
        told.append(Event(id, kind, at, by_id, _shown(name, is_known), undid, shows, bool(by_helper)))
        before = kind if kind in Said else before
    return told


def _shown(name: str | None, is_known: bool) -> str | None:
    return name and (full_name(name) if is_known else short_name(name))
