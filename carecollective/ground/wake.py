"""Open pages and clients hear that they should look again: at COMMIT and only then, and ids only (publish/subscribe).

What changed is read again, under the reader's own identity. So nothing is lost with a wake-up that nobody heard, and
one that somebody forged shows nothing.
"""

import json
from collections.abc import Iterable
from uuid import UUID

from django.db import connection

CHANNEL = "care_events"


def conversation_changed(conversation_id: UUID, version: str, *, members: Iterable[UUID | None]) -> None:
    """For both of its people: a message, a status, an answer."""
    ids = [str(member) for member in members if member]
    _say({"type": "conversation", "id": str(conversation_id), "version": version, "members": ids})


def notifications_changed(member_id: UUID) -> None:
    _say({"type": "notification", "members": [str(member_id)]})


def _say(event: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(event, separators=(",", ":"))])
