"""The benchmarks' own databases: made, filled once, and kept.

The rows are random with a fixed seed, and everything is a share of the size: a member has as many conversations in the
small set as in the large one. They come in the order of time, as in life, so the messages of one conversation lie far
apart in their table.
"""

import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.core.management import call_command
from django.db import connection, connections, transaction

from carecollective.ground.identity import unforced

# Goes into the mark of a complete database: change it with what is generated.
GENERATOR = 1
EARLIER_SQL = Path(__file__).with_name("earlier.sql")
LONG_ID, SHORT_ID, BUSIEST_ID = (UUID(int=number).hex for number in (1, 2, 3))
LONG_THREAD = 10_000
SHORT_THREAD = 100
BUSIEST = 2_000
PRIVATE = ("conversations_v2", "messages_v2", "conversation_read_markers")
BULK = (*PRIVATE, "earlier.conversations_v2", "earlier.messages_v2")

SENTENCES = (
    "Thank you for the ride on Thursday, it was a great help.",
    "The clinic says I can come again next week.",
    "Could we meet at the corner by the library, around nine?",
    "My phone is off in the mornings, so write here please.",
    "Bread, milk, eggs and some oranges if they have good ones.",
    "¡Muchas gracias!",
    "Does ten o’clock suit you?",
    "Yes.",
)
CATEGORIES = ("health-caregiving", "groceries-meals", "transportation-errands", "household-yard", "other")
STATUSES = ("open",) * 14 + ("in_progress",) * 3 + ("completed",) * 3
MESSAGES_EACH = (0, 1, 2, 2, 3, 3, 4, 5, 9, 16)  # 4.5 on average


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows of each kind. `longest` and `busiest` are one conversation's messages, one member's offers."""

    members: int
    help_requests: int
    conversations: int
    messages: int
    longest: int = LONG_THREAD
    busiest: int = BUSIEST

    def __str__(self) -> str:
        return (
            f"{self.members:,} members, {self.help_requests:,} help requests, {self.conversations:,} conversations, "
            f"{self.messages:,} messages"
        )


LARGE = Size(50_000, 250_000, 1_000_000, 4_500_000)
SMALL = Size(2_500, 12_500, 50_000, 225_000)


class Request(NamedTuple):
    id: str
    owner: str
    status: str


class Talk(NamedTuple):
    """A conversation; `moments` are its own beginning and then its messages, in ticks of the whole time."""

    id: str
    request: Request
    helper: str
    is_archived: bool
    moments: list[int]


class World:
    """The rows of one size. Each list can be run through again and comes out the same."""

    def __init__(self, size: Size, until: datetime) -> None:
        self.size = size
        self.begins = until - timedelta(days=400)
        self.tick = timedelta(days=380) / size.conversations
        dice = random.Random(1)
        self.texts = [" ".join(dice.choices(SENTENCES, k=dice.choice((1, 1, 1, 2, 3, 6)))) for _ in range(2_000)]
        self.firsts = [f"I can help with this. {text}" for text in self.texts]
        self.members = [BUSIEST_ID, *(_uuid(dice) for _ in range(size.members - 1))]
        # One in fifty does a fifth of all the helping.
        self.regulars = dice.sample(self.members, max(size.members // 50, 1))
        self.requests = [
            Request(_uuid(dice), dice.choice(self.members), dice.choice(STATUSES)) for _ in range(size.help_requests)
        ]
        # The places of the two long threads among all conversations.
        self.longest, self.shortest = size.conversations // 10 + 1, size.conversations // 10 + 2

    def at(self, moment: int) -> str:
        return (self.begins + moment * self.tick).isoformat()

    def talks(self) -> Iterator[Talk]:
        size, dice, left = self.size, random.Random(2), self.size.messages - self.size.longest - SHORT_THREAD
        offers_each = size.conversations // size.help_requests
        spread = max(size.conversations // 500, 2)
        # The busiest member's offers lie evenly over the whole time.
        every = max(size.conversations // max(size.busiest, 1), 1)
        helpers: set[str] = set()
        for number in range(size.conversations):
            if number % offers_each == 0:
                helpers = set()
            request = self.requests[number // offers_each]
            helper = BUSIEST_ID if number % every == 0 else self._helper(dice)
            while helper == request.owner or helper in helpers:
                helper = self._helper(dice)
            helpers.add(helper)
            id = _uuid(dice)
            if number == self.longest:
                id = LONG_ID
                gaps = [max((size.conversations - number) // size.longest, 1)] * size.longest
            elif number == self.shortest:
                id = SHORT_ID
                gaps = [max((size.conversations - number) // SHORT_THREAD, 1)] * SHORT_THREAD
            else:
                gaps = [1 + int(dice.random() * spread) for _ in range(min(dice.choice(MESSAGES_EACH), left))]
                left -= len(gaps)
            moments = list(accumulate(gaps, initial=number))
            is_archived = number not in (self.longest, self.shortest) and dice.random() < 0.1
            yield Talk(id, request, helper, is_archived, moments)

    def _helper(self, dice: random.Random) -> str:
        return dice.choice(self.regulars if dice.random() < 0.2 else self.members)

    def member_rows(self) -> Iterator[str]:
        for number, id in enumerate(self.members):
            yield f"{id}\tmember{number}@bench.example\tMember Number{number}\t!\tapproved\tf\n"

    def request_rows(self) -> Iterator[str]:
        """Open ones run out in ten years: the database is kept."""
        dice = random.Random(3)
        until = (self.begins + timedelta(days=3650)).isoformat()
        for number, request in enumerate(self.requests):
            at = self.at(number * self.size.conversations // self.size.help_requests)
            done = at if request.status == "completed" else "\\N"
            yield (
                f"{request.id}\t{request.owner}\tA ride to the clinic, number {number}\t{dice.choice(self.texts)}\t"
                f"{dice.choice(CATEGORIES)}\t{request.status}\t{at}\t{at}\t{until}\t{done}\n"
            )

    def talk_rows(self) -> Iterator[str]:
        dice = random.Random(4)
        for talk in self.talks():
            first, last = talk.moments[0], talk.moments[-1]
            yield (
                f"{talk.id}\t{talk.request.id}\t{talk.request.owner}\t{talk.helper}\t{dice.choice(self.firsts)}\t"
                f"{'archived' if talk.is_archived else 'active'}\t{self.at(first)}\t{self.at(last)}\n"
            )

    def message_rows(self) -> Iterator[str]:
        """In the order of time, over all conversations: what is still to come waits for its moment."""
        dice, waiting = random.Random(5), defaultdict[int, list[tuple[str, str]]](list)
        done = 0
        for number, talk in enumerate(self.talks()):
            people = (talk.request.owner, talk.helper)
            for moment in talk.moments[1:]:
                waiting[moment].append((talk.id, people[dice.random() < 0.5]))
            done = number + 1
            yield from self._messages_at(number, waiting.pop(number, ()), dice)
        for moment in sorted(waiting):
            assert moment >= done
            yield from self._messages_at(moment, waiting[moment], dice)

    def _messages_at(self, moment: int, written: Iterable[tuple[str, str]], dice: random.Random) -> Iterator[str]:
        for talk_id, sender in written:
            at = self.at(moment)
            yield f"{_uuid(dice)}\t{talk_id}\t{sender}\t{dice.choice(self.texts)}\t{at}\t{at}\n"

    def marker_rows(self) -> Iterator[str]:
        """Seven in ten have read it all, the others up to the middle or nothing.

        Of the two long threads the owners have read all but the last ten, and the helpers nothing.
        """
        dice = random.Random(6)
        for number, talk in enumerate(self.talks()):
            if number in (self.longest, self.shortest):
                yield f"{talk.id}\t{talk.request.owner}\t{self.at(talk.moments[-11])}\n"
                continue
            for person in (talk.request.owner, talk.helper):
                luck = dice.random()
                if luck < 0.85:
                    read = talk.moments[-1 if luck < 0.7 else len(talk.moments) // 2]
                    yield f"{talk.id}\t{person}\t{self.at(read)}\n"


FROM_OURS = {
    "earlier.users (id)": "SELECT id FROM members",
    "earlier.help_requests (id, user_id, title, status)": "SELECT id, user_id, title, status FROM help_requests",
    "earlier.conversations_v2": """
        SELECT id, help_request_id, requester_id, helper_id, initial_message, status::earlier.conversation_status,
               created_at, updated_at FROM conversations_v2""",
    "earlier.messages_v2": "SELECT id, conversation_id, sender_id, content, created_at, updated_at FROM messages_v2",
}


@contextmanager
def on_database(alias: str) -> Iterator[None]:
    """The application's one database is this one for a while, the ORM's and `connection` alike."""
    before = connections["default"]
    connections["default"] = connections[alias]
    try:
        yield
    finally:
        connections["default"] = before


def prepare(size: Size, *, fresh: bool = False) -> None:
    """Make the database that is in use now, migrate it and fill it, unless that is done already."""
    _make_database(fresh=fresh)
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True, database=connection.alias)
    complete = f"benchmarks, generator {GENERATOR}: {size}"
    if _mark() == complete:
        return
    if _mark() or _one("SELECT EXISTS (SELECT FROM members)"):
        raise SystemExit(f"{_name()} was filled by another version of this program: run it with --fresh.")
    tell = Progress(f"{_name()}: ")
    load(size, tell)
    _execute(f"COMMENT ON DATABASE {connection.ops.quote_name(_name())} IS '{complete}'")
    tell("vacuum and analyze")
    _execute("VACUUM ANALYZE")
    tell("ready")


class Progress:
    """What is being done, and for how many seconds: one line in a terminal, a line every few seconds in a log."""

    def __init__(self, prefix: str) -> None:
        self.prefix, self.began, self.last = prefix, time.monotonic(), 0.0

    def __call__(self, words: str) -> None:
        now = time.monotonic()
        line = f"{self.prefix}{words} ({now - self.began:.0f} s)"
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="\n" if words == "ready" else "", file=sys.stderr, flush=True)
        elif words == "ready" or now - self.last > 5:
            print(line, file=sys.stderr, flush=True)
            self.last = now


def quiet(words: str) -> None:
    """In the place of a Progress."""


@transaction.atomic
def load(size: Size, tell: Any = quiet) -> None:
    """Fill the migrated, empty database: all of it, or nothing.

    As the owner of the tables and not `care_system`, because COPY does not go together with row level security: while
    this transaction runs the tables are not forced, and messages bring their own times. All checks hold, and the
    foreign keys and unique indexes, built at the end, pass over every row.
    """
    world = World(size, datetime.now(UTC))
    _execute("SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL synchronous_commit = off")
    _execute(EARLIER_SQL.read_text())
    with connection.schema_editor() as editor, unforced(editor, *PRIVATE), _without_keys(BULK, tell):
        for table in PRIVATE:
            _execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        _copy("members (id, email, name, password, verification_status, is_superuser)", world.member_rows(), tell)
        _copy(
            "help_requests (id, user_id, title, description, category, status, created_at, updated_at, expires_at, "
            "completed_at)",
            world.request_rows(),
            tell,
        )
        _copy(
            "conversations_v2 (id, help_request_id, requester_id, helper_id, initial_message, status, created_at, "
            "updated_at)",
            world.talk_rows(),
            tell,
        )
        _copy(
            "messages_v2 (id, conversation_id, sender_id, content, created_at, updated_at)",
            world.message_rows(),
            tell,
        )
        _copy("conversation_read_markers (conversation_id, member_id, read_up_to)", world.marker_rows(), tell)
        for table, query in FROM_OURS.items():
            tell(f"{table.partition(' ')[0]}")
            _execute(f"INSERT INTO {table} {query}")
        for table in PRIVATE:
            _execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _copy(table: str, rows: Iterator[str], tell: Any) -> None:
    name, done = table.partition(" ")[0], 0
    tell(name)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        while block := list(islice(rows, 5_000)):
            copy.write("".join(block))
            done += len(block)
            tell(f"{name}, {done:,} rows")


KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('p', 'u') AND conrelid = ANY(%(tables)s::regclass[])
    OR contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[]))
ORDER BY contype = 'f', conrelid, conname
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%(tables)s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1
"""


@contextmanager
def _without_keys(tables: Iterable[str], tell: Any) -> Iterator[None]:
    """Without the indexes and keys of these tables meanwhile: built at once they take a third of the time."""
    values = {"tables": list(tables)}
    keys, indexes = _all(KEYS, values), _all(INDEXES, values)
    for table, name, _ in reversed(keys):
        _execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        _execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        tell(definition.partition(" USING")[0].lower())
        _execute(definition)
    for table, name, definition in keys:
        tell(f"constraint {name} on {table}")
        _execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _make_database(*, fresh: bool) -> None:
    name = connection.ops.quote_name(_name())
    connection.close()
    with connection._nodb_cursor() as cursor:
        if fresh:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_name()])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {name}")


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _mark() -> str | None:
    found: str | None = _one(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    )
    return found


def _uuid(dice: random.Random) -> str:
    return f"{dice.getrandbits(128):032x}"


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _all(question: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return list(cursor.fetchall())


def _one(question: str) -> Any:
    return _all(question)[0][0]
