"""Every word of many conversations: one question for each version, answered row by row (server-side cursor).

For a member's copy. No more is held than what the database hands over at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from . import inbox

# In the order of the ids, and in each conversation the oldest first.
SAID = """
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
    """What was said in each of these (id, version), asked for in their order, as the scope around this may see it."""
    messages = {"v2": "messages_v2"} | {half.version: half.MESSAGES for half in inbox.older}
    with ExitStack() as opened:
        streams = {
            version: _Stream(opened, SAID.format(messages=messages[version]), conversations, version)
            for version in dict.fromkeys(version for _, version in conversations)
        }
        yield lambda id, version: streams[version].of(id)


class _Stream:
    """The messages of one version, which come conversation by conversation."""

    def __init__(self, opened: ExitStack, statement: str, conversations: list[tuple[UUID, str]], version: str) -> None:
        cursor: Any = opened.enter_context(connection.chunked_cursor())
        cursor.execute(statement, {"ids": [id for id, of in conversations if of == version]})
        self.rows = map(Words._make, _one_by_one(cursor))
        self.next = next(self.rows, None)

    def of(self, id: UUID) -> Iterator[Words]:
        while self.next and self.next.conversation_id == id:
            yield self.next
            self.next = next(self.rows, None)


def _one_by_one(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(AT_A_TIME):
        yield from rows
