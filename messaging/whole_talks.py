"""Every word of many conversations: one question for each version, answered some rows at a time (a cursor).

For a member's copy. No more is held than what the database hands over at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from . import inbox

# In the order of the ids, and in each conversation the oldest first. A cursor of the database's own: it lives in this
# transaction, so that any pooler carries it.
DECLARE = """
DECLARE said_in_{version} NO SCROLL CURSOR FOR
SELECT conversation_id, said.id, sender_id, content, said.created_at
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS asked (conversation_id, place)
JOIN (SELECT id, conversation_id, sender_id, content, created_at FROM {messages}) AS said USING (conversation_id)
ORDER BY place, said.created_at, said.id
"""
AT_A_TIME = 500
SaidIn = Callable[[UUID, str], Iterator["Words"]]


class Words(NamedTuple):
    """One message."""

    conversation_id: UUID
    id: UUID
    sender_id: UUID
    content: str
    created_at: datetime


@contextmanager
def all_said(conversations: list[tuple[UUID, str]]) -> Iterator[SaidIn]:
    """What was said in each of these (id, version), asked for in their order and to the end, each as the scope around
    this may see it.
    """
    by_version: dict[str, list[UUID]] = {}
    for id, version in conversations:
        by_version.setdefault(version, []).append(id)
    streams = {version: _Stream(version, ids) for version, ids in by_version.items()}
    yield lambda id, version: streams[version].of(id)
    for stream in streams.values():
        stream.close()  # after an error the transaction takes it along


class _Stream:
    """The messages of one version, which come conversation by conversation."""

    def __init__(self, version: str, ids: list[UUID]) -> None:
        messages = {"v2": "messages_v2"} | {half.version: half.MESSAGES for half in inbox.older}
        self.name = f"said_in_{version}"
        _run(DECLARE.format(version=version, messages=messages[version]), {"ids": ids})
        self.rows = self._one_by_one()
        self.next = next(self.rows, None)

    def of(self, id: UUID) -> Iterator[Words]:
        while self.next and self.next.conversation_id == id:
            yield self.next
            self.next = next(self.rows, None)

    def close(self) -> None:
        _run(f"CLOSE {self.name}")

    def _one_by_one(self) -> Iterator[Words]:
        while rows := _run(f"FETCH {AT_A_TIME} FROM {self.name}"):
            yield from map(Words._make, rows)


def _run(statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []
