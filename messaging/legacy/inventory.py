"""What there is in version 1, and why each conversation could or could not go over to version 2.

Reasons have names. Where a constraint of version 2 would refuse a row, the reason is the constraint's own name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

REASONS = {
    "no_help_request": "it is on no help request any more",
    "no_messages": "it has no messages",
    "blocked": "it is blocked",
    "hidden_or_deleted_messages": "messages of it are hidden or deleted",
    "more_than_two_participants": "more than two people take part",
    "different_participants": "the helper is the one who asked for help",
    "participants_differ": "its participants are not, or no longer, the helper and the one who asked",
    "first_message_not_by_helper": "the first message is not the helper's",
    "message_by_somebody_else": "somebody wrote who is neither the helper nor the one who asked",
    "first_message_too_short": "the first message is shorter than 10 characters",
    "first_message_too_long": "the first message is longer than 1000 characters",
    "first_message_is_clean_and_10_to_1000": "the first message has white space at its ends, or nothing to see",
    "message_is_clean_and_1_to_1000": "a message is empty, has white space at its ends, or nothing to see",
    "message_id_names_a_conversation": "a message has the id of a conversation",
    "messages_v2_pkey": "version 2 has a message with an id of this one's",
    "conversations_v2_pkey": "version 2 has another conversation with this id",
    "unique_help_request_helper": "version 2 has a conversation of this helper on this request",
    "second_conversation": "the same helper has an earlier conversation on the same request",
}

# A copy that exists is judged as it was before it was copied, so that the order among several stays the same.
INVENTORY = """
WITH asked AS MATERIALIZED (
    SELECT c.*, hr.user_id AS owner_id
    FROM conversations AS c LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
    {only}
), judged AS (
    SELECT c.id, c.help_request_id, c.created_by, c.created_at, c.migrated_to_v2, said.count, said.first_at,
        array_remove(ARRAY[
            CASE WHEN c.help_request_id IS NULL THEN 'no_help_request' END,
            CASE WHEN said.count = 0 THEN 'no_messages' END,
            CASE WHEN c.status = 'blocked' THEN 'blocked' END,
            CASE WHEN said.hidden THEN 'hidden_or_deleted_messages' END,
            CASE WHEN part.count > 2 THEN 'more_than_two_participants' END,
            CASE WHEN c.created_by = c.owner_id THEN 'different_participants' END,
            CASE WHEN part.count < 2 OR part.anybody_left OR c.owner_id IS NOT NULL AND c.owner_id <> c.created_by
                     AND part.count = 2 AND NOT part.users @> ARRAY[c.owner_id, c.created_by]
                 THEN 'participants_differ' END,
            CASE WHEN first.sender_id <> c.created_by THEN 'first_message_not_by_helper' END,
            CASE WHEN said.by_others AND part.count <= 2 THEN 'message_by_somebody_else' END,
            CASE WHEN char_length(first.content) < 10 THEN 'first_message_too_short' END,
            CASE WHEN char_length(first.content) > 1000 THEN 'first_message_too_long' END,
            CASE WHEN char_length(first.content) BETWEEN 10 AND 1000 AND NOT is_clean_text(first.content)
                 THEN 'first_message_is_clean_and_10_to_1000' END,
            CASE WHEN rest.unclean THEN 'message_is_clean_and_1_to_1000' END,
            CASE WHEN rest.names_a_conversation THEN 'message_id_names_a_conversation' END,
            CASE WHEN NOT c.migrated_to_v2 AND (rest.taken OR EXISTS (SELECT FROM messages_v2 WHERE id = c.id))
                 THEN 'messages_v2_pkey' END,
            CASE WHEN NOT c.migrated_to_v2 AND EXISTS (SELECT FROM conversations_v2 AS v2 WHERE v2.id = c.id)
                 THEN 'conversations_v2_pkey' END,
            CASE WHEN NOT c.migrated_to_v2 AND EXISTS (
                     SELECT FROM conversations_v2 AS v2
                     WHERE v2.help_request_id = c.help_request_id AND v2.helper_id = c.created_by AND v2.id <> c.id
                         AND NOT EXISTS (SELECT FROM conversations AS copied
                                         WHERE copied.id = v2.id AND copied.migrated_to_v2))
                 THEN 'unique_help_request_helper' END
        ]::text[], NULL) AS reasons
    FROM asked AS c
    LEFT JOIN LATERAL (
        SELECT m.id, m.sender_id, m.content FROM messages AS m
        WHERE m.conversation_id = c.id ORDER BY m.created_at, m.id LIMIT 1
    ) AS first ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS count, min(m.created_at) AS first_at,
               bool_or(m.deleted_at IS NOT NULL OR m.moderation_status IN ('hidden', 'removed')) AS hidden,
               bool_or(m.sender_id NOT IN (c.owner_id, c.created_by)) AS by_others
        FROM messages AS m WHERE m.conversation_id = c.id
    ) AS said
    CROSS JOIN LATERAL (
        SELECT bool_or(NOT is_clean_text(m.content) OR m.content = '') AS unclean,
               bool_or(EXISTS (SELECT FROM conversations AS named WHERE named.id = m.id)
                       OR EXISTS (SELECT FROM conversations_v2 AS named WHERE named.id = m.id)) AS names_a_conversation,
               bool_or(EXISTS (SELECT FROM messages_v2 AS v2 WHERE v2.id = m.id)) AS taken
        FROM messages AS m WHERE m.conversation_id = c.id AND m.id <> first.id
    ) AS rest
    CROSS JOIN LATERAL (
        SELECT count(*) AS count, array_agg(p.user_id) AS users, bool_or(p.left_at IS NOT NULL) AS anybody_left
        FROM conversation_participants AS p WHERE p.conversation_id = c.id
    ) AS part
), ranked AS (
    SELECT judged.*, row_number() OVER (
        PARTITION BY help_request_id, created_by, reasons = '{{}}' ORDER BY migrated_to_v2 DESC, created_at, id) AS turn
    FROM judged
)
SELECT id, count, migrated_to_v2,
       CASE WHEN count = 0 THEN 'orphaned'
            WHEN first_at > created_at + interval '5 minutes' THEN 'suspicious' ELSE 'ok' END,
       CASE WHEN reasons = '{{}}' AND turn > 1 THEN ARRAY['second_conversation'] ELSE reasons END
FROM ranked ORDER BY created_at DESC, id
"""
# With those of the same helper on the same request: which of several is the second depends on all of them.
ONLY_THESE = """
    WHERE c.id IN (
        SELECT unnest(%(ids)s::uuid[]) UNION
        SELECT same.id FROM conversations AS these JOIN conversations AS same USING (help_request_id, created_by)
        WHERE these.id = ANY(%(ids)s))
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One conversation of version 1: `kind` is ok, orphaned or suspicious; without reasons it can be copied."""

    id: UUID
    messages: int
    is_copied: bool
    kind: str
    reasons: Sequence[str]

    @property
    def fate(self) -> str:
        return "copied" if self.is_copied else "; ".join(self.reasons) or "can be copied"


def inventory(ids: Sequence[UUID] | None = None) -> list[Line]:
    """Every conversation, or these, the newest first; runs inside `acting_as_system`."""
    values: dict[str, Any] = {"ids": ids}
    with connection.cursor() as cursor:
        # The walls make the planner believe in so many rows that compiling would take longer than everything else.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(INVENTORY.format(only="" if ids is None else ONLY_THESE), values)
        lines = [Line(*row) for row in cursor.fetchall()]
    wanted = None if ids is None else set(ids)
    return [line for line in lines if wanted is None or line.id in wanted]
