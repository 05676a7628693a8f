"""The earlier design's calls, one round trip each, which the verbs are measured against (its SQL: earlier.sql)."""

import json
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

TEXT = "I can drive you there on Tuesday, and bring the shopping in. ¿Te va bien?"
LISTING = """
SELECT * FROM earlier.conversations_v2 WHERE requester_id = %(me)s OR helper_id = %(me)s
ORDER BY created_at DESC LIMIT 20
"""
ABOUT_ONE = """
SELECT hr.title, last.content, last.sender_id, last.created_at,
       (SELECT count(*) FROM earlier.messages_v2 WHERE conversation_id = %(id)s AND sender_id <> %(me)s)
FROM earlier.help_requests AS hr LEFT JOIN LATERAL (
    SELECT content, sender_id, created_at FROM earlier.messages_v2
    WHERE conversation_id = %(id)s ORDER BY created_at DESC LIMIT 1
) AS last ON true WHERE hr.id = %(request)s
"""


class Earlier:
    """Over the connection that the application has: same server, same settings."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self.connection: psycopg.Connection[Any] = connection.connection

    def create(self, help_request: UUID, helper: UUID) -> None:
        self._call("create_conversation_atomic", help_request, helper, TEXT)

    def send(self, conversation: UUID, sender: UUID) -> None:
        self._call("send_message_v2", conversation, sender, TEXT)

    def get(self, conversation: UUID, member: UUID) -> Any:
        """As Python values, as psycopg gives jsonb and as ours come; Django turns that off for its connections."""
        return json.loads(self.get_text(conversation, member))

    def get_text(self, conversation: UUID, member: UUID) -> str:
        found = self.connection.execute("SELECT earlier.get_conversation_v2(%s, %s)", [conversation, member])
        return str(found.fetchone()[0])  # type: ignore[index]

    def inbox(self, member: UUID) -> int:
        """The listing of the earlier design, then a query for each row. It has no read state: what the other wrote
        stands in for what is unread.
        """
        listed = self.connection.execute(LISTING, {"me": member}).fetchall()
        for row in listed:
            self.connection.execute(ABOUT_ONE, {"me": member, "id": row[0], "request": row[1]}).fetchone()
        return len(listed)

    def _call(self, function: str, *values: Any) -> None:
        statement = f"SELECT earlier.{function}(%s, %s, %s) ->> 'error'"
        (error,) = self.connection.execute(statement, values).fetchone()  # type: ignore[misc]
        if error:
            raise AssertionError(error)
