"""A conversation and a page of its messages (keyset paging), oldest first. The first one is the conversation's own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection

from carecollective.accounts.models import Member
from carecollective.ground import cursors
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import ConversationNotFound

from . import inbox
from .models import Message

PAGE_SIZE, PAGE_MOST, COPY_SIZE = 50, 100, 500
BEFORE_ALL_IDS = UUID(int=0)

# By hand, and without the column that nobody is shown: to put a statement together, and to read times, took longer
# than to ask.
COLUMNS = ["id", "conversation_id", "sender_id", "content", "created_at"]
PAGE = """
SELECT id, conversation_id, sender_id, content, created_at FROM {messages}
WHERE conversation_id = %(conversation)s {beyond}
ORDER BY created_at {direction}, id {direction} LIMIT %(limit)s
"""
BEGUN_AT = "SELECT 'v2', created_at FROM conversations_v2 WHERE id = %(id)s AND %(me)s IN (requester_id, helper_id)"
BEYOND = "AND (created_at, id) {comparison} (%(created_at)s, %(id)s)"


class Written(Protocol):
    """A message of either version."""

    pk: Any
    id: Any
    conversation_id: UUID
    sender_id: UUID
    content: str
    created_at: Any


@dataclass(frozen=True, slots=True)
class Messages:
    """`before` is None where nothing is older; `after` is never None, so that one can always ask again."""

    results: list[Written]
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Thread:
    conversation: inbox.Entry
    messages: list[Written]
    before: str | None
    after: str


def thread(
    conversation_id: UUID,
    *,
    by: Member,
    before: str | None = None,
    after: str | None = None,
    limit: int = PAGE_SIZE,
) -> Thread:
    """The conversation with its newest messages, or those before or after a cursor.

    Raises ConversationNotFound, InvalidCursor.
    """
    with acting_as(by):
        entry = inbox.entry(conversation_id, by=by)
        found = _messages(entry.id, entry.version, entry.created_at, by, before, after, limit)
    return Thread(entry, found.results, found.before, found.after)


def messages(
    conversation_id: UUID, *, by: Member, before: str | None = None, after: str | None = None, limit: int = PAGE_SIZE
) -> Messages:
    """The newest messages, or those before or after a cursor. Raises ConversationNotFound, InvalidCursor."""
    with acting_as(by):
        with connection.cursor() as cursor:
            cursor.execute(
                " UNION ALL ".join([BEGUN_AT, *(half.BEGUN_AT for half in inbox.older)]),
                {"id": conversation_id, "me": by.pk},
            )
            found = cursor.fetchone()
        if found is None:
            raise ConversationNotFound
        version, begun_at = found
        return _messages(conversation_id, version, begun_at, by, before, after, limit)


def whole_thread(conversation_id: UUID, *, by: Member) -> tuple[inbox.Entry, list[Written]]:
    """The conversation with every message, for a copy; one question for each 500. Raises ConversationNotFound."""
    with acting_as(by):
        entry = inbox.entry(conversation_id, by=by)
        found: list[Written] = []
        start = None
        while True:
            page = _page(entry.id, entry.version, by, start, COPY_SIZE, backwards=False)
            found += page
            if len(page) < COPY_SIZE:
                return entry, found
            start = cursor_at(page[-1], by=by)


def cursor_at(message: Written, *, by: Member) -> str:
    """Where to go on reading after this message."""
    return _cursor(message.conversation_id, by, message.created_at, message.pk)


def moment_of(cursor: str, conversation_id: UUID, *, by: Member) -> datetime:
    """Where in time a cursor of this reader stands. Raises InvalidCursor."""
    return datetime.fromisoformat(cursors.read(cursor, of=_list(conversation_id, by))[0])


def _messages(
    conversation_id: UUID,
    version: str,
    begun_at: datetime,
    by: Member,
    before: str | None,
    after: str | None,
    limit: int,
) -> Messages:
    if after:
        results = _page(conversation_id, version, by, after, limit, backwards=False)
        has_older = bool(results)
    else:
        found = _page(conversation_id, version, by, before, limit + 1, backwards=True)
        has_older, results = len(found) > limit, found[:limit][::-1]
    if not results:
        return Messages([], before=None, after=after or _cursor(conversation_id, by, begun_at, BEFORE_ALL_IDS))
    first, last = results[0], results[-1]
    return Messages(
        results,
        before=_cursor(conversation_id, by, first.created_at, first.pk) if has_older else None,
        after=_cursor(conversation_id, by, last.created_at, last.pk),
    )


def _page(
    conversation_id: UUID, version: str, by: Member, start: str | None, limit: int, *, backwards: bool
) -> list[Written]:
    model, messages = Message, "messages_v2"
    for half in inbox.older:
        if half.version == version:
            model, messages = half.message, half.MESSAGES
    direction, comparison = ("DESC", "<") if backwards else ("ASC", ">")
    values: dict[str, Any] = {"conversation": conversation_id, "limit": limit}
    if start:
        values["created_at"], values["id"] = cursors.read(start, of=_list(conversation_id, by))
    beyond = BEYOND.format(comparison=comparison) if start else ""
    with connection.cursor() as cursor:
        cursor.execute(PAGE.format(messages=messages, beyond=beyond, direction=direction), values)
        return [model.from_db(connection.alias, COLUMNS, row) for row in cursor.fetchall()]


def _cursor(conversation_id: UUID, by: Member, at: datetime, id: UUID) -> str:
    return cursors.write([at.isoformat(), str(id)], of=_list(conversation_id, by))


def _list(conversation_id: UUID, by: Member) -> str:
    return f"messages:{conversation_id}:{by.pk}"
