"""What others hear: at COMMIT and only then, and ids only. What changed is read again, under the reader's identity."""

from uuid import UUID

from django.db import connection

CHANNEL = "care_conversations"


def conversation_changed(conversation_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(conversation_id)])
