"""The plans that PostgreSQL makes for a page, asked for as the page asks: with the member's role and the walls."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection

from benchmarks import people
from benchmarks.sizes import LONG_ID
from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as
from messaging import inbox, thread

Statement = tuple[str, Any]


def plans() -> str:
    """EXPLAIN (ANALYZE, BUFFERS) of a thread's page, of an inbox, and of the unread total; times in milliseconds."""
    long, busy = people.long_thread(LONG_ID), people.busiest()
    ordinary = people.with_full_inboxes(1)[0]
    pages: list[tuple[str, Member, Callable[[], object]]] = [
        ("a page of 50 of 10,000 messages", long.owner, partial(thread.thread, long.id, by=long.owner)),
        ("an inbox", ordinary, partial(inbox.inbox, ordinary)),
        ("the inbox of a member with 2,000 conversations", busy, partial(inbox.inbox, busy)),
        ("the unread total of that member", busy, partial(inbox.unread_total, busy)),
    ]
    return "\n\n".join(f"== {name}\n\n{_plans_of(page, member)}" for name, member, page in pages)


def _plans_of(page: Callable[[], object], member: Member) -> str:
    page()  # what is read from disk once shall not stand in the plan
    return "\n\n".join(explained(statement, member) for statement in statements_of(page))


def explained(statement: Statement, member: Member) -> str:
    text, values = statement
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {text}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def statements_of(page: Callable[[], object]) -> list[Statement]:
    """What the page asks of tables, in its own words."""
    heard: list[Statement] = []

    def listen(execute: Any, text: str, values: Any, many: bool, context: Any) -> Any:
        if " FROM " in text.replace("\n", " "):
            heard.append((text, values))
        return execute(text, values, many, context)

    with connection.execute_wrapper(listen):
        page()
    return heard
