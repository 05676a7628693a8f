"""Open pages and clients hear that they should look again: at COMMIT and only then, and ids only.

What changed is read again, under the reader's own identity. So nothing is lost with a wake-up that nobody heard, and
one that somebody forged shows nothing.
"""

import json
from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from django.db import connection

CHANNEL = "care_events"
# What of a conversation: something was written; an answer to its offer; how far somebody has read; whether it is open;
# a phone number or a place.
Changed = Literal["message", "answer", "read", "status", "shared"]


def conversation_changed(conversation_id: UUID, version: str, what: Changed, *, members: Iterable[UUID | None]) -> None:
    """For both of its people."""
    said = [str(member) for member in members if member]
    _say({"type": "conversation", "id": str(conversation_id), "version": version, "what": what, "members": said})


def notifications_changed(member_id: UUID) -> None:
    _say({"type": "notification", "members": [str(member_id)]})


def _say(event: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(event, separators=(",", ":"))])
