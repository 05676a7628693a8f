"""A conversation and a page of its messages (keyset paging), oldest first. The first one is the conversation's own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.ground import cursors
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import ConversationNotFound, InvalidCursor

from . import inbox
from .entries import read_entry

PAGE_SIZE, PAGE_MOST, COPY_SIZE = 50, 100, 500
BEFORE_ALL_IDS = UUID(int=0)

# By hand, and without the column that nobody is shown: to put a statement together took longer than to ask.
PAGE = """
SELECT id, conversation_id, sender_id, content, created_at FROM {messages}
WHERE conversation_id = %(id)s {beyond}
ORDER BY created_at {direction}, id {direction} LIMIT %(limit)s
"""
BEGUN_AT = "SELECT 'v2', created_at FROM conversations_v2 WHERE id = %(id)s AND %(me)s IN (requester_id, helper_id)"
BEYOND = "AND (created_at, id) {comparison} (%(beyond_at)s, %(beyond_id)s)"
# In one question: the conversation's own row, and beside it, with nothing in common, those of its messages.
WITH_MESSAGES = "SELECT * FROM ({conversation}) AS one FULL JOIN ({messages}) AS said ON false"


class Written(Protocol):
    """A message of either version."""

    @property
    def pk(self) -> Any: ...
    @property
    def id(self) -> Any: ...
    @property
    def conversation_id(self) -> UUID: ...
    @property
    def sender_id(self) -> UUID: ...
    @property
    def content(self) -> str: ...
    @property
    def created_at(self) -> Any: ...


class Said(NamedTuple):
    """One as it is read: fifty of the model's take longer to make than to find."""

    id: UUID
    conversation_id: UUID
    sender_id: UUID
    content: str
    created_at: datetime

    @property
    def pk(self) -> UUID:
        return self.id


@dataclass(frozen=True, slots=True)
class Messages:
    """`before` is None where nothing is older; `after` is never None, so that one can always ask again."""

    results: list[Said]
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Thread:
    conversation: inbox.Entry
    messages: list[Said]
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
    page = _Page(conversation_id, by, after or before, limit, forwards=bool(after))
    row, said = page.read_with(inbox.looks())
    entry = read_entry(row)
    inbox.keep_counts([entry], by)
    found = page.shown(said, entry.created_at)
    return Thread(entry, found.results, found.before, found.after)


def messages(
    conversation_id: UUID, *, by: Member, before: str | None = None, after: str | None = None, limit: int = PAGE_SIZE
) -> Messages:
    """The newest messages, or those before or after a cursor. Raises ConversationNotFound, InvalidCursor."""
    looks = [("v2", BEGUN_AT), *((half.version, half.BEGUN_AT) for half in inbox.older), ("v2", BEGUN_AT)]
    page = _Page(conversation_id, by, after or before, limit, forwards=bool(after))
    (_version, begun_at), said = page.read_with(looks)
    return page.shown(said, begun_at)


def whole_thread(conversation_id: UUID, *, by: Member) -> tuple[inbox.Entry, list[Said]]:
    """The conversation with every message, for a copy; one question for each 500. Raises ConversationNotFound."""
    with acting_as(by):
        entry = inbox.entry(conversation_id, by=by)
        found: list[Said] = []
        start = None
        while True:
            page = _Page(conversation_id, by, start, COPY_SIZE, forwards=True)
            said = page.read(entry.version)
            found += said
            if len(said) < COPY_SIZE:
                return entry, found
            start = cursor_at(said[-1], by=by)


def cursor_at(message: Written, *, by: Member) -> str:
    """Where to go on reading after this message."""
    return _cursor(message.conversation_id, by, message.created_at, message.pk)


def moment_of(cursor: str, conversation_id: UUID, *, by: Member) -> datetime:
    """Where in time a cursor of this reader stands. Raises InvalidCursor."""
    return datetime.fromisoformat(cursors.read(cursor, of=_list(conversation_id, by))[0])


class _Page:
    """Which messages of a conversation somebody asks for: forwards from a cursor (or the first), or backwards from one
    (or the newest), and then one more, which says whether there are older ones.
    """

    def __init__(self, of: UUID, by: Member, cursor: str | None, limit: int, *, forwards: bool) -> None:
        self.of, self.by, self.cursor, self.limit, self.forwards = of, by, cursor, limit, forwards
        self.values: dict[str, Any] = {"id": of, "me": by.pk, "limit": limit if forwards else limit + 1}

    def statement(self, version: str) -> str:
        direction, comparison = ("ASC", ">") if self.forwards else ("DESC", "<")
        beyond = BEYOND.format(comparison=comparison) if self.cursor else ""
        return PAGE.format(messages=_messages_of(version), beyond=beyond, direction=direction)

    def read(self, version: str) -> list[Said]:
        self._begin_at_the_cursor()
        return [Said._make(row) for row in inbox.rows(self.statement(version), self.values)]

    def read_with(self, looks: list[tuple[str, str]]) -> tuple[tuple[Any, ...], list[Said]]:
        """The row of the conversation, by the first look that finds it, and its messages. Raises ConversationNotFound,
        InvalidCursor.
        """
        try:
            self._begin_at_the_cursor()
        except InvalidCursor:  # of a conversation that is not theirs nobody hears whether the cursor is one
            self._find(looks, of=lambda look, _version: look)
            raise
        rows = self._find(
            looks, of=lambda look, version: WITH_MESSAGES.format(conversation=look, messages=self.statement(version))
        )
        width = len(Said._fields)
        said = [Said._make(row[-width:]) for row in rows if row[0] is None]
        said.sort(key=lambda message: (message.created_at, message.pk), reverse=not self.forwards)
        return next(row for row in rows if row[0] is not None)[:-width], said

    def shown(self, said: list[Said], begun_at: datetime) -> Messages:
        has_older = bool(said) if self.forwards else len(said) > self.limit
        results = said if self.forwards else said[: self.limit][::-1]
        if not results:
            start = self.cursor if self.forwards else None
            return Messages([], before=None, after=start or self._place(begun_at, BEFORE_ALL_IDS))
        first, last = results[0], results[-1]
        before = self._place(first.created_at, first.pk) if has_older else None
        return Messages(results, before=before, after=self._place(last.created_at, last.pk))

    def _begin_at_the_cursor(self) -> None:
        if self.cursor:
            at, id = cursors.read(self.cursor, of=_list(self.of, self.by))
            self.values |= {"beyond_at": at, "beyond_id": id}

    def _find(self, looks: list[tuple[str, str]], of: Callable[[str, str], str]) -> list[tuple[Any, ...]]:
        for version, look in looks:
            rows: list[tuple[Any, ...]] = inbox.rows(of(look, version), self.values, by=self.by)
            if any(row[0] is not None for row in rows):
                return rows
        raise ConversationNotFound

    def _place(self, at: datetime, id: UUID) -> str:
        return _cursor(self.of, self.by, at, id)


def _messages_of(version: str) -> str:
    """Where this version's messages are read."""
    return next((half.MESSAGES for half in inbox.older if half.version == version), "messages_v2")


def _cursor(conversation_id: UUID, by: Member, at: datetime, id: UUID) -> str:
    return cursors.write([at.isoformat(), str(id)], of=_list(conversation_id, by))


def _list(conversation_id: UUID, by: Member) -> str:
    return f"messages:{conversation_id}:{by.pk}"
