"""What reports keep of the words of people who are gone: until the report is decided, and no longer.

Leaving does not take evidence away from whoever has to look at it; but what was only kept for that goes afterwards.
"""

from django.db import connection

from carecollective.ground.identity import acting_as_system
from carecollective.ground.names import FORMER_MEMBER
from carecollective.ground.purposes import Purpose

# Who is gone: emptied, deleted (null), or the whole conversation with the retention. The digest is that of nothing.
FORGET = """
UPDATE message_reports AS r SET evidence = '[]', description = '',
    evidence_sha256 = encode(sha256(convert_to('[]', 'UTF8')), 'hex')
WHERE status IN ('reviewed', 'dismissed', 'action_taken') AND (evidence <> '[]' OR description <> '') AND (
    sender_id IS NULL OR reported_by IS NULL
    OR EXISTS (SELECT FROM members WHERE id IN (r.sender_id, r.reported_by) AND name = %s)
    OR NOT EXISTS (SELECT FROM threads WHERE threads.id = r.conversation_id))
"""


def forget_decided() -> int:
    """In how many reports was something forgotten?"""
    with (
        acting_as_system("forget evidence that nobody needs any more", Purpose.RETENTION),
        connection.cursor() as cursor,
    ):
        cursor.execute(FORGET, [FORMER_MEMBER])
        return int(cursor.rowcount)
