"""What is measured, and against what. Ours runs as the application runs it: the service or page function, in the
member's own scope, with the counters of the rate limits on. Theirs is one round trip for each call.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import data
from benchmarks.measure import Figure, counted, faster, in_turns, slower
from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_system
from messaging import inbox, services, thread

SAMPLES = 400
TEXT = "I can drive you there on Tuesday, and bring the shopping in. ¿Te va bien?"


class Earlier:
    """The earlier design's calls, over the connection that the application has: same server, same settings."""

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


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    measure: Callable[[], list[Figure]]
    needs_both: bool = False


def offer_help() -> list[Figure]:
    pairs = free_pairs(SAMPLES + 1)
    earlier = Earlier()
    with limits_on():
        one, *others = pairs
        with CaptureQueriesContext(connection) as queries:
            services.offer_help(one[0], by=one[1], text=TEXT)
        ours, theirs = in_turns(
            [partial(services.offer_help, request, by=helper, text=TEXT) for request, helper in others],
            [partial(earlier.create, request, helper.pk) for request, helper in others],
        )
    return [
        slower("offer_help", "the earlier create function", ours, theirs, at_most=3.0),
        counted("statements of an offer, BEGIN and COMMIT included", len(queries), at_most=10),
    ]


def send_message() -> list[Figure]:
    pairs = open_threads(SAMPLES)
    earlier = Earlier()
    with limits_on():
        ours, theirs = in_turns(
            [partial(services.send_message, talk, by=sender, text=TEXT) for talk, sender in pairs],
            [partial(earlier.send, talk, sender.pk) for talk, sender in pairs],
        )
    return [slower("send_message", "the earlier send function", ours, theirs, at_most=3.0)]


def thread_page() -> list[Figure]:
    long = long_thread(data.LONG_ID)
    earlier = Earlier()
    assert len(thread.thread(long.id, by=long.owner).messages) == thread.PAGE_SIZE
    assert len(earlier.get(long.id, long.owner.pk)["messages"]) == data.LONG_THREAD
    whole = partial(thread.thread, long.id, by=long.owner)
    page = partial(thread.messages, long.id, by=long.owner)
    ours, theirs = in_turns([whole] * 150, [partial(earlier.get, long.id, long.owner.pk)] * 150)
    again, text = in_turns([whole] * 50, [partial(earlier.get_text, long.id, long.owner.pk)] * 50)
    alone, once_more = in_turns([page] * 50, [partial(earlier.get, long.id, long.owner.pk)] * 50)
    return [
        faster("a thread's page of 50 of 10,000", "the earlier get function", ours, theirs, at_least=50.0),
        faster("the same", "its JSON not parsed", again, text),
        faster("the 50 without the conversation", "the earlier get function", alone, once_more),
    ]


def thread_length() -> list[Figure]:
    long, short = long_thread(data.LONG_ID), long_thread(data.SHORT_ID)
    ours, theirs = in_turns(
        [partial(thread.thread, long.id, by=long.owner)] * SAMPLES,
        [partial(thread.thread, short.id, by=short.owner)] * SAMPLES,
    )
    unread, read = in_turns(
        [partial(thread.thread, long.id, by=long.helper)] * 100,
        [partial(thread.thread, long.id, by=long.owner)] * 100,
    )
    return [
        slower("the page of 50, of 10,000 messages", "of 100 messages", ours, theirs, at_most=1.2),
        slower("the same page with 5,000 unread", "with 5 unread", unread, read),
    ]


def inbox_page() -> list[Figure]:
    members = with_full_inboxes(60)
    earlier = Earlier()
    with CaptureQueriesContext(connection) as queries:
        assert len(inbox.inbox(members[0]).results) == 20
    asked = [query["sql"] for query in queries if "FROM" in query["sql"]]
    turns = list(islice(cycle(members), SAMPLES))
    ours, theirs = in_turns(
        [partial(inbox.inbox, member) for member in turns], [partial(earlier.inbox, member.pk) for member in turns]
    )
    busy = busiest()
    busy_ours, busy_theirs = in_turns([partial(inbox.inbox, busy)] * 100, [partial(earlier.inbox, busy.pk)] * 100)
    badge, again = in_turns([partial(inbox.unread_total, busy)] * 100, [partial(inbox.inbox, busy)] * 100)
    return [
        faster("an inbox of 20, last messages, unread", "the earlier listing + 20 queries", ours, theirs, at_least=2.0),
        counted("queries of an inbox besides its scope", len(asked), at_most=1),
        faster("the inbox of a member with 2,000", "the earlier listing + 20 queries", busy_ours, busy_theirs),
        slower("the unread total of that member", "that inbox", badge, again),
    ]


def inbox_growth() -> list[Figure]:
    large = with_full_inboxes(60)
    with data.on_database("small"):
        small = with_full_inboxes(60)

    def of_the_small(member: Member) -> None:
        with data.on_database("small"):
            inbox.inbox(member)

    def of_the_large(member: Member) -> None:
        with data.on_database("large"):
            inbox.inbox(member)

    ours, theirs = in_turns(
        [partial(of_the_large, member) for member in islice(cycle(large), SAMPLES)],
        [partial(of_the_small, member) for member in islice(cycle(small), SAMPLES)],
    )
    return [slower("the inbox, 1,000,000 conversations", "50,000 conversations", ours, theirs, at_most=1.3)]


ROWS = {
    row.name: row
    for row in (
        Row("offer", offer_help),
        Row("send", send_message),
        Row("thread", thread_page),
        Row("thread-length", thread_length),
        Row("inbox", inbox_page),
        Row("inbox-growth", inbox_growth, needs_both=True),
    )
}


@contextmanager
def limits_on() -> Iterator[None]:
    """A member's own calls are counted, so they are here; no member of the samples comes near a limit."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rate_limits")
    settings.RATE_LIMITS = True
    try:
        yield
    finally:
        settings.RATE_LIMITS = False


class LongThread(NamedTuple):
    id: UUID
    owner: Member
    helper: Member


def long_thread(id: str) -> LongThread:
    ((owner, helper),) = _all("SELECT requester_id, helper_id FROM earlier.conversations_v2 WHERE id = %s", [id])
    return LongThread(UUID(id), *_members([owner, helper]))


def free_pairs(count: int) -> list[tuple[UUID, Member]]:
    """Open requests, and with each a member who has not offered help on it, in either design."""
    tries = 2 * count + 20
    requests = _all(
        "SELECT id, user_id FROM help_requests WHERE status = 'open' AND expires_at > now() ORDER BY random() LIMIT %s",
        [tries],
    )
    helpers = [id for (id,) in _all("SELECT id FROM members ORDER BY random() LIMIT %s", [tries])]
    taken = _all(TAKEN.format(schema="earlier"), [helpers])
    with acting_as_system("benchmark: who has offered help already"):
        taken += _all(TAKEN.format(schema="public"), [helpers])
    free = [
        (request, helper)
        for (request, owner), helper in zip(requests, helpers, strict=False)
        if helper != owner and (request, helper) not in set(taken)
    ][:count]
    return list(zip([request for request, _ in free], _members([helper for _, helper in free]), strict=True))


TAKEN = "SELECT help_request_id, helper_id FROM {schema}.conversations_v2 WHERE helper_id = ANY(%s)"


def open_threads(count: int) -> list[tuple[UUID, Member]]:
    """Active conversations, each with the one or the other of its people. Not those of an earlier run's offers: they
    have another id in each design.
    """
    found = _all(
        "SELECT id, CASE WHEN random() < 0.5 THEN requester_id ELSE helper_id END FROM earlier.conversations_v2 "
        "WHERE status = 'active' AND initial_message <> %s AND id <> ALL(%s::uuid[]) ORDER BY random() LIMIT %s",
        [TEXT, [data.LONG_ID, data.SHORT_ID], count],
    )
    return list(zip([id for id, _ in found], _members([sender for _, sender in found]), strict=True))


def with_full_inboxes(count: int) -> list[Member]:
    """Members with more than one page of active conversations, and not one of the two long ones among them."""
    found = _all(
        """
        SELECT who FROM earlier.conversations_v2, LATERAL (VALUES (requester_id), (helper_id)) AS part (who)
        WHERE status = 'active' GROUP BY who
        HAVING count(*) > 20 AND who <> %(busiest)s AND NOT bool_or(id = ANY(%(long)s::uuid[]))
        ORDER BY who LIMIT %(count)s
        """,
        {"busiest": data.BUSIEST_ID, "long": [data.LONG_ID, data.SHORT_ID], "count": count},
    )
    return _members([id for (id,) in found])


def busiest() -> Member:
    return _members([UUID(data.BUSIEST_ID)])[0]


def _members(ids: list[UUID]) -> list[Member]:
    found = Member.objects.in_bulk(ids)
    return [found[id] for id in ids]


def _all(question: str, values: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return list(cursor.fetchall())
