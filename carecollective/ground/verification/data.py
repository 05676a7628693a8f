"""What must be true of the rows that there are. Constraints hold most of it; this looks whether they did."""

from collections.abc import Iterator

from django.db import connection

from carecollective.ground import privacy, walls
from carecollective.ground.verification import Check

FORMER = "SELECT id FROM members WHERE name = 'A former member'"


def left_behind() -> Iterator[str]:
    """The ids of former members of whom a row is left in a private table, where such rows go whole."""
    declared, private = privacy.declared(), walls.walls()
    owners = [
        (table, column) for table in declared if table in private for column in declared[table].erased.whose.split()
    ]
    theirs = [f"SELECT {column} FROM {table} WHERE {column} IN ({FORMER})" for table, column in owners]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ".join(theirs))
        yield from sorted(str(id) for (id,) in cursor.fetchall())


COUNTED = """
SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'rows_are_counted'::regproc ORDER BY 1
"""
MISCOUNTED = """
SELECT %s WHERE (SELECT count(*) FROM {}) <> (SELECT coalesce(sum(number), 0) FROM rollout_counts WHERE counted = %s)
"""


def miscounted() -> Iterator[str]:
    """The tables of which another number is kept than there are rows."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED)
        for (table,) in cursor.fetchall():
            cursor.execute(MISCOUNTED.format(table), [table, table])
            yield from (name for (name,) in cursor.fetchall())


# Where something of the other's is after what a member has read, if they have read anything: all but former members.
UNREAD = """
SELECT reader.id AS member_id, c.id AS conversation_id FROM conversations_v2 AS c
CROSS JOIN LATERAL (VALUES (c.requester_id, c.helper_id), (c.helper_id, c.requester_id)) AS reader (id, other_id)
JOIN members AS m ON m.id = reader.id AND m.name <> 'A former member'
LEFT JOIN conversation_read_markers AS marker ON marker.conversation_id = c.id AND marker.member_id = reader.id
WHERE (reader.id = c.requester_id AND marker.read_up_to IS NULL) OR EXISTS (
    SELECT FROM messages_v2 AS said WHERE said.conversation_id = c.id AND said.sender_id = reader.other_id
        AND said.created_at > coalesce(marker.read_up_to, '-infinity'))
"""
KEPT_AS_UNREAD = "SELECT member_id, conversation_id FROM unread_conversations"

CHECKS = [
    Check(
        "each helper has one conversation on a help request",
        """
        SELECT string_agg(id::text, ', ' ORDER BY id) FROM conversations_v2
        GROUP BY help_request_id, helper_id HAVING count(*) > 1
        """,
    ),
    Check(
        "the requester of a conversation is the owner of its help request",
        """
        SELECT c.id FROM conversations_v2 AS c LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
        WHERE (hr.user_id = c.requester_id) IS NOT TRUE ORDER BY c.id
        """,
    ),
    Check(
        "nobody has a conversation with themselves",
        "SELECT id FROM conversations_v2 WHERE requester_id = helper_id ORDER BY id",
    ),
    Check(
        "both participants of a conversation are members",
        """
        SELECT c.id FROM conversations_v2 AS c WHERE 2 > (
            SELECT count(*) FROM members WHERE members.id IN (c.requester_id, c.helper_id)) ORDER BY c.id
        """,
    ),
    Check(
        "whoever sent a message is a participant of its conversation",
        """
        SELECT m.id FROM messages_v2 AS m LEFT JOIN conversations_v2 AS c ON c.id = m.conversation_id
        WHERE (m.sender_id IN (c.requester_id, c.helper_id)) IS NOT TRUE ORDER BY m.id
        """,
    ),
    Check(
        "every first message passes the rule for texts, with 10 to 1000 characters",
        """
        SELECT id FROM conversations_v2
        WHERE NOT (is_clean_text(initial_message) AND char_length(initial_message) BETWEEN 10 AND 1000) ORDER BY id
        """,
    ),
    Check(
        "every message passes the rule for texts, with 1 to 1000 characters",
        """
        SELECT id FROM messages_v2
        WHERE NOT (is_clean_text(content) AND char_length(content) BETWEEN 1 AND 1000) ORDER BY id
        """,
    ),
    Check(
        "every help request has a title of one clean line of 5 to 100 characters",
        r"""
        SELECT id FROM help_requests WHERE NOT (
            is_one_line(title) AND char_length(title) BETWEEN 5 AND 100) ORDER BY id
        """,
    ),
    Check(
        "no message has the id of a conversation, which names a first message",
        "SELECT id FROM messages_v2 JOIN conversations_v2 USING (id) ORDER BY id",
    ),
    Check(
        "times grow strictly from message to message of a conversation",
        """
        SELECT id FROM (
            SELECT m.id, m.created_at, lag(m.created_at, 1, c.created_at) OVER (
                PARTITION BY m.conversation_id ORDER BY m.created_at, m.id) AS before
            FROM messages_v2 AS m JOIN conversations_v2 AS c ON c.id = m.conversation_id) AS ordered
        WHERE created_at <= before ORDER BY id
        """,
    ),
    Check(
        "no conversation was last active before its last message, or before it began",
        """
        SELECT c.id FROM conversations_v2 AS c WHERE c.updated_at < greatest(c.created_at,
            (SELECT max(m.created_at) FROM messages_v2 AS m WHERE m.conversation_id = c.id)) ORDER BY c.id
        """,
    ),
    Check(
        "a read marker belongs to a participant of its conversation",
        """
        SELECT format('%s of %s', r.conversation_id, r.member_id) FROM conversation_read_markers AS r
        LEFT JOIN conversations_v2 AS c ON c.id = r.conversation_id
        WHERE (r.member_id IN (c.requester_id, c.helper_id)) IS NOT TRUE ORDER BY 1
        """,
    ),
    Check(
        "nobody has read further than a conversation goes",
        """
        SELECT format('%s of %s', r.conversation_id, r.member_id) FROM conversation_read_markers AS r
        JOIN conversations_v2 AS c ON c.id = r.conversation_id WHERE r.read_up_to > c.updated_at ORDER BY 1
        """,
    ),
    Check(
        "what waits to be read is kept as such, and nothing else",
        f"""
        SELECT format('%s of %s', conversation_id, member_id) FROM (
            ({UNREAD} EXCEPT {KEPT_AS_UNREAD}) UNION ALL ({KEPT_AS_UNREAD} EXCEPT {UNREAD})) AS either ORDER BY 1
        """,  # noqa: S608  (no value stands in the text)
    ),
    Check(
        "so many are unread as were counted",
        """
        SELECT format('%s of %s', conversation_id, member_id) FROM unread_conversations AS kept
        WHERE counted_up_to IS NOT NULL AND counted <> (
            SELECT count(*) FROM messages_v2 AS m
            WHERE m.conversation_id = kept.conversation_id AND m.sender_id <> kept.member_id
                AND m.created_at > coalesce(kept.counted_from, '-infinity') AND m.created_at <= kept.counted_up_to)
        ORDER BY 1
        """,
    ),
    Check(
        "nobody helps themselves, and an open help request has no helper",
        """
        SELECT id FROM help_requests
        WHERE helper_id = user_id OR (status = 'open' AND helper_id IS NOT NULL) ORDER BY id
        """,
    ),
    Check(
        "every answer is in a conversation about its help request, of its two people",
        """
        SELECT a.id FROM offer_answers AS a
        LEFT JOIN threads AS c ON c.id = a.conversation_id
        LEFT JOIN help_requests AS hr ON hr.id = a.help_request_id
        WHERE ((a.help_request_id, a.requester_id, a.helper_id) = (c.help_request_id, hr.user_id, c.helper_id))
            IS NOT TRUE ORDER BY a.id
        """,
    ),
    Check(
        "everything shared is between the two people of a conversation about its help request",
        """
        SELECT s.id FROM contact_shares AS s
        LEFT JOIN threads AS c ON c.id = s.conversation_id
        LEFT JOIN help_requests AS hr ON hr.id = s.help_request_id
        WHERE (s.help_request_id = c.help_request_id
            AND ARRAY[s.owner_id, s.reader_id] @> ARRAY[hr.user_id, c.helper_id]) IS NOT TRUE
        ORDER BY s.id
        """,
    ),
    Check(
        "answers follow one on the other, each from where the last one left it",
        """
        SELECT id FROM (
            SELECT id, before, lag(answer) OVER (PARTITION BY conversation_id ORDER BY at) AS left_it
            FROM offer_answers) AS ordered
        WHERE before IS DISTINCT FROM left_it ORDER BY id
        """,
    ),
    Check(
        "each answer says what its kind says",
        """
        SELECT id FROM offer_answers WHERE CASE
            WHEN kind IN ('accepted', 'declined', 'withdrawn', 'released', 'lapsed') THEN answer = kind
            WHEN kind = 'enough_help' THEN answer = 'declined'
            WHEN kind = 'offered' THEN answer IS NULL
            WHEN kind = 'undone' THEN true
            ELSE answer IS NOT DISTINCT FROM before END IS NOT TRUE ORDER BY id
        """,
    ),
    Check(
        "whoever said an answer could say it: the one who asked, the helper, or time",
        """
        SELECT id FROM offer_answers WHERE CASE
            WHEN kind IN ('accepted', 'declined', 'enough_help') THEN by_id = requester_id
            WHEN kind IN ('withdrawn', 'offered') THEN by_id = helper_id
            WHEN kind = 'lapsed' THEN by_id IS NULL
            ELSE by_id IS NULL OR by_id IN (requester_id, helper_id) END IS NOT TRUE ORDER BY id
        """,
    ),
    Check(
        "whose offer was accepted last, and not released since, is the helper of its request",
        """
        SELECT a.id FROM (
            SELECT DISTINCT ON (conversation_id) * FROM offer_answers ORDER BY conversation_id, at DESC) AS a
        LEFT JOIN help_requests AS hr ON hr.id = a.help_request_id
        WHERE a.answer = 'accepted' AND (hr.helper_id = a.helper_id) IS NOT TRUE ORDER BY a.id
        """,
    ),
    Check(
        "after a no a helper has written at most one message more than the other",
        """
        SELECT a.conversation_id FROM (
            SELECT DISTINCT ON (conversation_id) * FROM offer_answers ORDER BY conversation_id, at DESC) AS a
        WHERE a.answer = 'declined' AND 1 < (
            SELECT sum(CASE m.sender_id WHEN a.helper_id THEN 1 ELSE -1 END) FROM messages_v2 AS m
            WHERE m.conversation_id = a.conversation_id AND m.created_at > a.since) ORDER BY 1
        """,
    ),
    Check("no row that was theirs alone is left of whoever has left", left_behind),
    Check(
        "nothing of their own is left of whoever has left",
        """
        SELECT m.id FROM members AS m WHERE m.name = 'A former member' AND (
            EXISTS (SELECT FROM conversations_v2 AS c
                       WHERE c.status = 'active' AND m.id IN (c.requester_id, c.helper_id))
            OR EXISTS (SELECT FROM help_requests AS hr WHERE hr.user_id = m.id AND (
                hr.status IN ('open', 'in_progress') OR hr.description <> '' OR hr.exchange_offer <> ''
                OR hr.location_override <> ''))) ORDER BY m.id
        """,
    ),
    Check(
        "the evidence of every report is as it was frozen",
        """
        SELECT id FROM message_reports
        WHERE evidence_sha256 <> encode(sha256(convert_to(evidence::text, 'UTF8')), 'hex') ORDER BY id
        """,
    ),
    Check(
        "what the rollout counts as it comes and goes says how many there are",
        miscounted,
    ),
    Check(
        "each day of the rollout that was summed says what its attempts say",
        """
        SELECT DISTINCT begins_at FROM (SELECT * FROM rollout_days AS summed FULL JOIN (
            SELECT begins_at, ends_at, version, outcome, stage, is_synthetic, count(*) AS found
            FROM (SELECT DISTINCT begins_at, ends_at FROM rollout_days) AS days
            JOIN rollout_attempts ON attempted_at >= begins_at AND attempted_at < ends_at
            GROUP BY begins_at, ends_at, version, outcome, stage, is_synthetic) AS made
        USING (begins_at, ends_at, version, outcome, stage, is_synthetic)) AS beside
        WHERE attempts IS DISTINCT FROM found ORDER BY begins_at
        """,
    ),
]
