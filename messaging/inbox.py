"""Conversations of both versions as their members see them in a list: one query, however full the inbox.

By hand for each version, and not over the views: with those a thread took more than twice its time, an inbox a fifth
more and the unread total half as much again, as each look-up is planned for every version, policies included. An older
version registers its half.

SQL by hand: the ORM cannot join laterally, nor annotate a union, and would need three queries and a merge.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from psycopg.pq import Format

from carecollective.accounts.models import Member
from carecollective.ground import paging
from carecollective.ground.identity import acting_as, asking_as, reading_as
from carecollective.ground.refusals import ConversationNotFound, PermissionDenied
from carecollective.ground.registry import Many
from helprequests import services as help_request_services

from . import standing, threads
from .entries import Entry as Entry
from .entries import HelpRequestSummary as HelpRequestSummary
from .entries import LastMessage as LastMessage
from .entries import Person as Person
from .entries import read_entry

PAGE_MOST = 50
# More than these are shown as 99+, and nobody counts them.
UNREAD_MOST = 100
# So many are counted at each look; more are written down.
COUNTED_MOST = 100


# Two index scans, as requester and as helper, each already in order; then what belongs to the page's own rows is
# looked up. OFFSET 0 keeps each of these look-ups to itself: one probe by key for each row, and a plan that takes half
# the time to make. CASE and not coalesce: below a row security policy the planner trusts only what cannot leak, and of
# the two only CASE passes for that, so only with it the unread are a range of the index.
MINE = """
    (SELECT * FROM conversations_v2
     WHERE {role} = %(me)s {only} {beyond}
     ORDER BY updated_at {direction}, id {direction} LIMIT %(limit)s)
"""
IS_COUNTED = "waits.counted_up_to IS NOT NULL AND waits.counted_from IS NOT DISTINCT FROM marker.read_up_to"
ENTRIES = f"""
SELECT 'v2' AS version, c.id, c.updated_at, c.status, c.help_request_id, hr.title, hr.status, hr.category, hr.language,
       other.id AS other_id, other.name, coalesce(hr.helper_id IN (c.helper_id), false),
       coalesce(last.content, c.initial_message), coalesce(last.sender_id, c.helper_id),
       coalesce(last.created_at, c.created_at),
       since.number + CASE WHEN {IS_COUNTED} THEN waits.counted ELSE 0 END
           + (c.helper_id <> %(me)s AND waits.conversation_id IS NOT NULL AND marker.read_up_to IS NULL)::int,
       c.created_at, c.initial_message, c.requester_id, c.helper_id, {standing.FOR_WHOM.format(helper="c.helper_id")},
       {standing.COLUMNS.format(helper="c.helper_id")}, since.number, {standing.WAS_OPENED}
FROM {{rows}}
CROSS JOIN LATERAL (
    SELECT title, status, category, language, helper_id FROM help_requests WHERE id = c.help_request_id OFFSET 0
) AS hr
CROSS JOIN LATERAL (
    SELECT id, name FROM members
    WHERE id = CASE c.helper_id WHEN %(me)s THEN c.requester_id ELSE c.helper_id END OFFSET 0
) AS other
LEFT JOIN LATERAL (
    SELECT conversation_id, counted, counted_from, counted_up_to FROM unread_conversations
    WHERE member_id = %(me)s AND conversation_id = c.id OFFSET 0
) AS waits ON true
LEFT JOIN LATERAL (
    SELECT read_up_to FROM conversation_read_markers
    WHERE conversation_id = waits.conversation_id AND member_id = %(me)s OFFSET 0
) AS marker ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS number FROM messages_v2 AS m
    WHERE m.conversation_id = waits.conversation_id AND m.sender_id <> %(me)s
        AND m.created_at > CASE WHEN {IS_COUNTED} THEN waits.counted_up_to
                                WHEN marker.read_up_to IS NULL THEN '-infinity' ELSE marker.read_up_to END
) AS since ON true
LEFT JOIN LATERAL (
    SELECT content, sender_id, created_at FROM messages_v2 AS m
    WHERE m.conversation_id = c.id ORDER BY m.created_at DESC, m.id DESC LIMIT 1
) AS last ON true
{standing.LAST}
"""  # noqa: S608  (no value stands in the text)
# Most members have conversations of version 2 alone: to begin and end a plan for both takes longer than to read twenty
# rows. So these come first, with whether there is anything of the member's in an older one; then all are asked for.
OF_V2 = """
WITH v2 AS MATERIALIZED ({v2})
SELECT mine.*, older.has_any FROM (SELECT {has_older} AS has_any) AS older LEFT JOIN ({entries}) AS mine ON true
ORDER BY mine.updated_at {direction}, mine.id {direction}
"""
OF_BOTH = """
WITH v2 AS MATERIALIZED ({v2}), {their_own} page AS MATERIALIZED (
    SELECT id, updated_at FROM v2 {in_order}
    ORDER BY updated_at {direction}, id {direction} LIMIT %(limit)s
)
{entries} {their_entries}
ORDER BY updated_at {direction}, id {direction}
"""
MY_ONE = "(SELECT * FROM conversations_v2 WHERE id = %(id)s AND %(me)s IN (requester_id, helper_id) OFFSET 0) AS c"
ONE = ENTRIES.format(rows=MY_ONE)
# What a reader leaves unread may grow without end, and is counted once: all so far, with what that was counted from.
KEEP_COUNT = """
UPDATE unread_conversations AS waits
SET counted_from = read.up_to, counted_up_to = since.last_at, counted = since.number
FROM (SELECT (
    SELECT read_up_to FROM conversation_read_markers WHERE conversation_id = %(id)s AND member_id = %(me)s
) AS up_to) AS read, LATERAL (
    SELECT count(*) AS number, max(created_at) AS last_at FROM messages_v2
    WHERE conversation_id = %(id)s AND sender_id <> %(me)s
        AND created_at > CASE WHEN read.up_to IS NULL THEN '-infinity' ELSE read.up_to END
) AS since
WHERE waits.member_id = %(me)s AND waits.conversation_id = %(id)s RETURNING waits.counted
"""
ON_HELP_REQUEST = "SELECT * FROM conversations_v2 WHERE help_request_id = %(id)s AND requester_id = %(me)s"
OWN_OFFER = "SELECT * FROM conversations_v2 WHERE help_request_id = %(id)s AND helper_id = %(me)s"
BEYOND = "AND (updated_at, id) {comparison} (%(updated_at)s, %(id)s)"
UNREAD_TOTAL = f"""
SELECT count(*) FROM (
    SELECT FROM unread_conversations AS waits CROSS JOIN LATERAL (
        SELECT FROM conversations_v2 AS c
        WHERE c.id = waits.conversation_id AND %(me)s IN (c.requester_id, c.helper_id) AND c.status = 'active' OFFSET 0
    ) AS current WHERE waits.member_id = %(me)s LIMIT {UNREAD_MOST}
) AS unread
"""  # noqa: S608  (no value stands in the text)
ARCHIVED_TOTAL = """
SELECT count(*) FROM conversations_v2 AS c
WHERE %(me)s IN (c.requester_id, c.helper_id) AND c.status = 'archived'
"""


class Half(Protocol):
    """An older version's part in these statements, column by column as version 2's."""

    version: str
    # Whether the member has any conversation in it.
    HAS_ANY: str
    ENTRIES: str
    ONE: str
    ON_HELP_REQUEST: str
    OWN_OFFER: str
    UNREAD_TOTAL: str
    ARCHIVED_TOTAL: str
    # Of `messaging.thread`: when a conversation began, and its messages as `messages`.
    BEGUN_AT: str
    MESSAGES: str

    def mine(self, *, status: str, start: paging.Place | None, direction: str) -> str:
        """The member's own conversations, in the order of their last message."""


older: Many[Half] = Many()


def inbox(
    member: Member, *, status: str = "active", cursor: str | None = None, limit: int = paging.SIZE
) -> paging.Page[Entry]:
    """One page, newest activity first. `status` is "active", "archived" or "all". Raises InvalidCursor."""
    of = f"inbox:{member.pk}"
    start = paging.place(cursor, of=of)
    direction = "ASC" if start and start.backwards else "DESC"
    only = "" if status == "all" else "AND status = %(status)s"
    beyond = BEYOND.format(comparison=">" if direction == "ASC" else "<") if start else ""
    halves = " UNION ALL ".join(
        MINE.format(role=role, only=only, beyond=beyond, direction=direction) for role in ("requester_id", "helper_id")
    )
    page = f"{halves} ORDER BY updated_at {direction}, id {direction} LIMIT %(limit)s"
    values: dict[str, Any] = {"me": member.pk, "status": status, "limit": limit + 1}
    if start:
        values |= {"updated_at": start.values[0], "id": start.values[1]}
    found = rows(_first_look(page, direction), values, by=member)
    if found[0][-1]:
        both = _statement(page, lambda half: half.mine(status=status, start=start, direction=direction), direction)
        found = rows(both, values, by=member)
    entries = [read_entry(row) for row in found if row[0]]
    keep_counts(entries, member)
    return paging.page(
        entries,
        limit=limit,
        came_from=start,
        key=lambda entry: [entry.updated_at.isoformat(), str(entry.id)],
        of=of,
    )


def entry(conversation_id: UUID, *, by: Member) -> Entry:
    """One conversation as the inbox shows it; runs inside `acting_as(by)`. Raises ConversationNotFound."""
    for _, statement in looks():
        found = _entries(statement, {"me": by.pk, "id": conversation_id})
        if found:
            return found[0]
    raise ConversationNotFound


def looks() -> list[tuple[str, str]]:
    """How one conversation is looked for, in turn: a version, and the statement that finds it there.

    Version 2 first, and once more: the conversation may have been copied between the two looks.
    """
    return [("v2", ONE), *((half.version, half.ONE) for half in older), ("v2", ONE)]


def offers_on(help_request_id: UUID, *, by: Member) -> list[Entry]:
    """What the owner of a request sees of the offers on it, newest activity first.

    Raises HelpRequestNotFound, and PermissionDenied for anybody but the owner.
    """
    with reading_as(by):
        if help_request_services.find(help_request_id, by=by).user_id != by.pk:
            raise PermissionDenied
        return offers_to(by, help_request_id)


def offers_to(owner: Member, help_request_id: UUID) -> list[Entry]:
    """The same, for a request that is known to be theirs."""
    statement = _statement(ON_HELP_REQUEST, lambda half: half.ON_HELP_REQUEST)
    with acting_as(owner):
        return _entries(statement, {"me": owner.pk, "id": help_request_id, "limit": None})


def own_offer(help_request_id: UUID, *, by: Member) -> Entry | None:
    """The conversation that this member, as a helper, has on the request: beside it there is nothing new to offer."""
    values = {"me": by.pk, "id": help_request_id, "limit": 1, "read_only": threads.read_only_versions()}
    with acting_as(by):
        return next(iter(_entries(_statement(OWN_OFFER, lambda half: half.OWN_OFFER), values)), None)


def unread_total(member: Member) -> int:
    """In how many of the current conversations something waits to be read: UNREAD_MOST stands for any more."""
    return totals(member, "unread")[0]


def archived_total(member: Member) -> int:
    return totals(member, "archived")[0]


def totals(member: Member, *wanted: str, beside: Sequence[str] = ()) -> list[int]:
    """So many of the member's are "unread" or "archived", and what the statements beside count, in one question.

    Another one asks an older version, where the member has anything in it.
    """
    own = [{"unread": UNREAD_TOTAL, "archived": ARCHIVED_TOTAL}[name] for name in wanted]
    counted: list[int]
    *counted, has_older = rows(_together(*own, *beside, f"SELECT {_has_older()}"), {"me": member.pk}, by=member)[0]
    if has_older:
        theirs = [
            {"unread": half.UNREAD_TOTAL, "archived": half.ARCHIVED_TOTAL}[name] for half in older for name in wanted
        ]
        for place, number in enumerate(rows(_together(*theirs), {"me": member.pk}, by=member)[0]):
            counted[place % len(wanted)] += number
    return counted


def keep_counts(entries: Iterable[Entry], member: Member) -> None:
    """Where much was counted that is not written down, write it down: the next look counts what came since."""
    for entry in entries:
        if entry.uncounted > COUNTED_MOST:
            rows(KEEP_COUNT, {"me": member.pk, "id": entry.id}, by=member)


def _together(*questions: str) -> str:
    return f"SELECT {', '.join(f'({question})' for question in questions)}"


def _has_older() -> str:
    return " OR ".join(f"EXISTS ({half.HAS_ANY})" for half in older) or "false"


def _first_look(v2: str, direction: str) -> str:
    """Version 2 alone; the last column says whether the member has anything in an older one, and stands alone where
    they have nothing in this.
    """
    entries = ENTRIES.format(rows="v2 AS c")
    return OF_V2.format(v2=v2, entries=entries, has_older=_has_older(), direction=direction)


def _statement(v2: str, own: Callable[[Half], str], direction: str = "DESC") -> str:
    return OF_BOTH.format(
        v2=v2,
        their_own="".join(f"{half.version} AS MATERIALIZED ({own(half)}), " for half in older),
        in_order="".join(f"UNION ALL SELECT id, last_message_at FROM {half.version} " for half in older),  # noqa: S608
        entries=ENTRIES.format(rows="page JOIN v2 AS c USING (id)"),
        their_entries="".join(f"UNION ALL {half.ENTRIES}" for half in older),
        direction=direction,
    )


def _entries(statement: str, values: dict[str, Any]) -> list[Entry]:
    return [read_entry(row) for row in rows(statement, values)]


def rows(statement: str, values: dict[str, Any], *, by: Member | None = None) -> Any:
    """What is found in this member's scope, or in the one that stands."""
    with connection.cursor() as cursor:
        # Read as the server sends it anyway, times above all: out of text each takes Python a microsecond or two.
        cursor.cursor.format = Format.BINARY
        with asking_as(by) if by else nullcontext():
            cursor.execute(statement, values)
        return cursor.fetchall()
