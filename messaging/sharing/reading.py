"""What is shared, in SQL: what `messaging.answers` puts into what happened, and the list for one's own privacy page."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as

from .models import SHARED_FOR

# The database asks the same again before it shows anybody else's row (`migrations/0002_walls.py`).
LASTS = f"""
(s.ended_by IS NULL AND s.shared_at > statement_timestamp() - interval '{SHARED_FOR.days} days'
 AND help_is_under_way_in(s.conversation_id))
"""
# Column by column as the answers. The value is there while it is shown, and as it is at this moment. That a share was
# stopped is a thing of its own in the thread, so it has an id of its own, the same each time.
HAPPENED = f"""
SELECT s.id, 'shared_' || s.kind, s.shared_at, s.owner_id, m.name,
       m.id = %(me)s OR coalesce(hr.helper_id IN (s.owner_id, s.reader_id), false), shown.value, false
FROM contact_shares AS s JOIN help_requests AS hr ON hr.id = s.help_request_id JOIN members AS m ON m.id = s.owner_id
LEFT JOIN LATERAL (
    SELECT value FROM contact_details AS d WHERE d.member_id = s.owner_id AND d.kind = s.kind AND {LASTS} OFFSET 0
) AS shown ON true
WHERE s.conversation_id = %(conversation)s AND %(me)s IN (s.owner_id, s.reader_id)
UNION ALL
SELECT md5(s.id::text)::uuid, 'stopped_' || s.kind, s.ended_at, s.owner_id, m.name,
       m.id = %(me)s OR coalesce(hr.helper_id IN (s.owner_id, s.reader_id), false), NULL, false
FROM contact_shares AS s JOIN help_requests AS hr ON hr.id = s.help_request_id JOIN members AS m ON m.id = s.owner_id
WHERE s.conversation_id = %(conversation)s AND %(me)s IN (s.owner_id, s.reader_id) AND s.ended_by = 'stopped'
"""  # noqa: S608  (no value stands in the text)
MINE = f"""
SELECT s.id, s.conversation_id, s.kind, m.name, hr.title, hr.language, s.shared_at
FROM contact_shares AS s JOIN help_requests AS hr ON hr.id = s.help_request_id JOIN members AS m ON m.id = s.reader_id
WHERE s.owner_id = %(me)s AND {LASTS} ORDER BY s.shared_at DESC, s.id
"""  # noqa: S608  (likewise)


class Shared(NamedTuple):
    """`name` is who has it: whole, since an offer between the two is accepted. `title` is the help request's, and in
    `lang`.
    """

    id: UUID
    conversation_id: UUID
    kind: str
    name: str
    title: str
    lang: str
    shared_at: datetime

    @property
    def until(self) -> datetime:
        """At the latest."""
        return self.shared_at + SHARED_FOR


def shared_by(member: Member) -> list[Shared]:
    """Who has this member's phone number or place now, newest first."""
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute(MINE, {"me": member.pk})
        return [Shared(*row) for row in cursor.fetchall()]
