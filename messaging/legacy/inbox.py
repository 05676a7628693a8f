"""The part of version 1 in reading: what `messaging.inbox` and `messaging.thread` put into their queries."""

from carecollective.ground.paging import Place
from messaging import standing

from . import sql

version = "v1"

HAS_ANY = """
SELECT FROM conversation_participants AS p JOIN conversations AS c ON c.id = p.conversation_id
WHERE p.user_id = %(me)s AND NOT c.migrated_to_v2
"""

# The rows of the page, as `messaging.inbox` merges them with those of version 2.
MINE = """
    (SELECT c.*
     FROM conversation_participants AS p JOIN conversations AS c ON c.id = p.conversation_id
     LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
     WHERE p.user_id = %(me)s AND NOT c.migrated_to_v2 {only} {beyond}
     ORDER BY c.last_message_at {direction}, c.id {direction} LIMIT %(limit)s)
"""
ONLY = f"AND {sql.IS_OPEN} = (%(status)s = 'active')"
BEYOND = "AND (c.last_message_at, c.id) {comparison} (%(updated_at)s, %(id)s)"

ON_HELP_REQUEST = """
    SELECT c.*
    FROM conversations AS c JOIN conversation_participants AS p ON p.conversation_id = c.id AND p.user_id = %(me)s
    WHERE c.help_request_id = %(id)s AND NOT c.migrated_to_v2
"""
OWN_OFFER = f"""
    SELECT c.*
    FROM conversations AS c JOIN conversation_participants AS p ON p.conversation_id = c.id AND p.user_id = %(me)s
    LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
    WHERE c.help_request_id = %(id)s AND {sql.STANDS_IN_THE_WAY} AND 'v1' <> ALL(%(read_only)s)
"""  # noqa: S608  (no value stands in the text)

# Column by column as the entries of version 2. OFFSET 0 for the same reason as there.
ENTRIES = f"""
SELECT 'v1', c.id, c.last_message_at, CASE WHEN {sql.IS_OPEN} THEN 'active' ELSE 'archived' END,
       c.help_request_id, hr.title, hr.status, hr.category, hr.language,
       other.id, other.name, coalesce(hr.helper_id = c.created_by, false),
       last.content, last.sender_id, last.created_at,
       (SELECT count(*) FROM messages AS m
        WHERE m.conversation_id = c.id AND m.sender_id <> %(me)s AND m.read_at IS NULL
            AND {sql.VISIBLE.format(message="m")}),
       c.created_at, NULL, coalesce(hr.user_id, CASE c.created_by WHEN %(me)s THEN other.id ELSE %(me)s END),
       c.created_by, {standing.FOR_WHOM.format(helper="c.created_by")},
       {standing.COLUMNS.format(helper="c.created_by")}, 0, {standing.WAS_OPENED}
FROM page JOIN v1 AS c USING (id)
LEFT JOIN LATERAL (
    SELECT user_id, left_at FROM conversation_participants
    WHERE conversation_id = c.id AND user_id = %(me)s OFFSET 0
) AS p ON true
LEFT JOIN LATERAL (
    SELECT id, user_id, title, status, category, language, helper_id FROM help_requests
    WHERE id = c.help_request_id OFFSET 0
) AS hr ON true
LEFT JOIN LATERAL (SELECT id, name FROM members WHERE id = {sql.OTHER} OFFSET 0) AS other ON true
LEFT JOIN LATERAL (
    SELECT m.content, m.sender_id, m.created_at FROM messages AS m
    WHERE m.conversation_id = c.id AND {sql.VISIBLE.format(message="m")}
    ORDER BY m.created_at DESC, m.id DESC LIMIT 1
) AS last ON true
{standing.LAST}
"""  # noqa: S608  (likewise)

ONE = f"""
WITH v1 AS MATERIALIZED (
    SELECT c.* FROM conversations AS c
    WHERE c.id = %(id)s AND NOT c.migrated_to_v2 AND (c.created_by = %(me)s OR EXISTS (
        SELECT FROM conversation_participants AS p WHERE p.conversation_id = c.id AND p.user_id = %(me)s))
), page AS (SELECT id FROM v1) {ENTRIES}
"""  # noqa: S608  (likewise)

UNREAD_TOTAL = f"""
SELECT count(*)
FROM conversation_participants AS p JOIN conversations AS c ON c.id = p.conversation_id
LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
WHERE p.user_id = %(me)s AND NOT c.migrated_to_v2 AND {sql.IS_OPEN} AND EXISTS (
    SELECT FROM messages AS m WHERE m.conversation_id = c.id AND m.sender_id <> %(me)s AND m.read_at IS NULL
        AND {sql.VISIBLE.format(message="m")})
"""  # noqa: S608  (likewise)
ARCHIVED_TOTAL = f"""
SELECT count(*)
FROM conversation_participants AS p JOIN conversations AS c ON c.id = p.conversation_id
LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
WHERE p.user_id = %(me)s AND NOT c.migrated_to_v2 AND NOT {sql.IS_OPEN}
"""  # noqa: S608  (likewise)

# As `messaging.answers` counts them: those that somebody other than the owner began, and not without a word.
OFFERS = """
SELECT 'v1', c.id, c.help_request_id, hr.user_id, c.created_by, c.created_at
FROM conversations AS c JOIN help_requests AS hr ON hr.id = c.help_request_id
WHERE c.migrated_to_v2 = false AND hr.user_id <> c.created_by
    AND EXISTS (SELECT FROM messages AS m WHERE m.conversation_id = c.id AND m.sender_id = c.created_by)
"""

BEGUN_AT = """
SELECT 'v1', created_at FROM conversations AS c
WHERE c.id = %(id)s AND NOT c.migrated_to_v2 AND (c.created_by = %(me)s OR EXISTS (
    SELECT FROM conversation_participants AS p WHERE p.conversation_id = c.id AND p.user_id = %(me)s))
"""
MESSAGES = f"(SELECT * FROM messages AS m WHERE {sql.VISIBLE.format(message='m')}) AS messages"  # noqa: S608


def mine(*, status: str, start: Place | None, direction: str) -> str:
    """The member's own conversations in the order of their last message, for the page to be merged."""
    only = "" if status == "all" else ONLY
    beyond = BEYOND.format(comparison=">" if direction == "ASC" else "<") if start else ""
    return MINE.format(only=only, beyond=beyond, direction=direction)
