"""A database of the benchmarks: made, filled once, and kept."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from benchmarks.databases import Progress, ask, execute, name_of_it
from benchmarks.sizes import BUSIEST_ID, GENERATOR, NOTICES_OF_OTHERS, NOTICES_OF_THE_BUSIEST, Size
from benchmarks.world import World
from carecollective.ground.identity import unforced
from carecollective.ground.owner import as_the_owner
from carecollective.ground.verification.data import UNREAD
from carecollective.rollout import counts, days

HERE = Path(__file__).parent
PRIVATE = ("conversations_v2", "messages_v2", "conversation_read_markers", "offer_answers")
KEPT = ("unread_conversations", "notifications")
NOTED = ("notifications", "rollout_attempts")
BULK = ("help_requests", *PRIVATE, *NOTED, "earlier.conversations_v2", "earlier.messages_v2")
Tell = Callable[[str], None]

FROM_OURS = {
    "earlier.users (id)": "SELECT id FROM members",
    "earlier.help_requests (id, user_id, title, status)": "SELECT id, user_id, title, status FROM help_requests",
    "earlier.conversations_v2": """
        SELECT id, help_request_id, requester_id, helper_id, initial_message, status::earlier.conversation_status,
               created_at, updated_at FROM conversations_v2""",
    "earlier.messages_v2": "SELECT id, conversation_id, sender_id, content, created_at, updated_at FROM messages_v2",
}


def prepare(size: Size, *, fresh: bool = False) -> None:
    """Make the database that is in use now, migrate it and fill it, unless that is done already."""
    with as_the_owner():
        _prepare(size, fresh=fresh)
        open_the_earlier_design()


def _prepare(size: Size, *, fresh: bool) -> None:
    _make_database(fresh=fresh)
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True, database=connection.alias)
    if _mark():
        _as_every_night()
    complete = f"benchmarks, generator {GENERATOR}: {size}"
    if _mark() == complete:
        return
    if _mark() or ask("SELECT EXISTS (SELECT FROM members)") == [(True,)]:
        raise SystemExit(f"{name_of_it()} was filled by another version of this program: run it with --fresh.")
    tell = Progress(f"{name_of_it()}: ")
    load(size, tell)
    execute(f"COMMENT ON DATABASE {connection.ops.quote_name(name_of_it())} IS '{complete}'")
    tell("the rollout's days")
    _as_every_night()
    tell("vacuum and analyze")
    execute("VACUUM ANALYZE")
    tell("ready")


def _as_every_night() -> None:
    """What the job sums."""
    days.roll_up()
    counts.sum_up()


def open_the_earlier_design() -> None:
    """To the login that is measured."""
    web = connection.ops.quote_name(settings.WEB_LOGIN)
    execute(f"GRANT USAGE ON SCHEMA earlier TO {web}; GRANT ALL ON ALL TABLES IN SCHEMA earlier TO {web}")


def quiet(words: str) -> None:
    """In the place of a Progress."""


@transaction.atomic
def load(size: Size, tell: Tell = quiet) -> None:
    """Fill the migrated, empty database: all of it, or nothing.

    As the owner of the tables and not `care_system`, because COPY does not go together with row level security: while
    this transaction runs the tables are not forced, and messages bring their own times. All checks hold, and the
    foreign keys and unique indexes, built at the end, pass over every row.
    """
    world = World(size, datetime.now(UTC))
    execute("SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL synchronous_commit = off")
    execute((HERE / "earlier.sql").read_text())
    with connection.schema_editor() as editor, unforced(editor, *PRIVATE, *KEPT):
        for table in PRIVATE:
            execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        with _without_keys(BULK, tell):
            _fill(world, size, tell)
        tell("unread_conversations")
        execute("ANALYZE conversations_v2, messages_v2, conversation_read_markers")
        execute(f"INSERT INTO unread_conversations (member_id, conversation_id) {UNREAD}")
        execute(COUNTED)
        for table in PRIVATE:
            execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _fill(world: World, size: Size, tell: Tell) -> None:
    for table, rows in _tables(world).items():
        _copy(table, rows, tell)
    for table, query in FROM_OURS.items():
        tell(f"{table.partition(' ')[0]}")
        execute(f"INSERT INTO {table} {query}")
    tell("offer_answers")
    execute(LAPSED)
    tell("notifications and attempts")
    _note(size)


def _tables(world: World) -> dict[str, Iterator[str]]:
    return {
        "members (id, email, name, town, password, verification_status, is_staff, is_superuser)": world.member_rows(),
        "help_requests (id, user_id, title, description, category, urgency, status, location_override, language, "
        "created_at, updated_at, expires_at, completed_at)": world.request_rows(),
        "conversations_v2 (id, help_request_id, requester_id, helper_id, initial_message, status, created_at, "
        "updated_at)": world.talk_rows(),
        "messages_v2 (id, conversation_id, sender_id, content, created_at, updated_at)": world.message_rows(),
        "conversation_read_markers (conversation_id, member_id, read_up_to)": world.marker_rows(),
    }


def _copy(table: str, rows: Iterator[str], tell: Tell) -> None:
    name, done = table.partition(" ")[0], 0
    tell(name)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        while block := list(islice(rows, 5_000)):
            copy.write("".join(block))
            done += len(block)
            tell(f"{name}, {done:,} rows")


# What the triggers would have counted that are off meanwhile.
COUNTED = """
ALTER TABLE rollout_counts DISABLE TRIGGER USER;
INSERT INTO rollout_counts (counted, number) SELECT 'conversations_v2', count(*) FROM conversations_v2;
ALTER TABLE rollout_counts ENABLE TRIGGER USER
"""
# What nobody answered has lapsed long ago: else a job would have that to do while something else is measured.
LAPSED = """
INSERT INTO offer_answers (conversation_id, kind, answer, since, at, help_request_id, helper_id, requester_id)
SELECT id, 'lapsed', 'lapsed', updated_at, updated_at, help_request_id, helper_id, requester_id
FROM earlier.conversations_v2 AS talk WHERE NOT EXISTS (
    SELECT FROM earlier.messages_v2 WHERE conversation_id = talk.id AND sender_id = talk.requester_id)
"""
# As the owner of the tables, but with all triggers: what follows from a row, follows. Notices are older than what mail
# is still written about, or a job would be busy with them while something else is measured.
NOTICES = """
INSERT INTO notifications (member_id, kind, what, reader, help_request_id, about, created_at, read_at)
SELECT told.id, 'completed', 'completed', 'helper', request.id, 'benchmark ' || nth, at,
       CASE WHEN nth %% 2 = 0 THEN at END
FROM (SELECT id, CASE id WHEN %(busiest)s THEN %(most)s ELSE %(few)s END AS times FROM members) AS told,
     generate_series(1, told.times) AS nth,
     LATERAL (SELECT now() - interval '20 days' - nth * interval '1 minute' AS at) AS moment,
     LATERAL (SELECT id FROM help_requests ORDER BY created_at LIMIT 1) AS request
"""
ATTEMPTS = """
INSERT INTO rollout_attempts (attempted_at, version, outcome, milliseconds, stage)
SELECT now() - (1 - nth / %(attempts)s::float) * interval '89 days', CASE WHEN nth %% 3 = 0 THEN 'v1' ELSE 'v2' END,
       CASE WHEN nth %% 200 = 0 THEN 'unavailable' ELSE 'created' END, 5 + nth %% 90, 'enabled'
FROM generate_series(1, %(attempts)s) AS nth
"""


def _note(size: Size) -> None:
    """What members were told, and what the rollout wrote down."""
    told: dict[str, Any] = {"busiest": UUID(BUSIEST_ID), "most": NOTICES_OF_THE_BUSIEST, "few": NOTICES_OF_OTHERS}
    with connection.cursor() as cursor:
        cursor.execute(NOTICES, told)
        # Each comes later than its day: with their triggers they would take three times as long.
        cursor.execute("ALTER TABLE rollout_attempts DISABLE TRIGGER USER")
        cursor.execute(ATTEMPTS, {"attempts": size.attempts})
        cursor.execute("ALTER TABLE rollout_attempts ENABLE TRIGGER USER")


KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('p', 'u') AND conrelid = ANY(%(tables)s::regclass[])
    OR contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[]))
ORDER BY contype = 'f', conrelid, conname
"""
# The condition of a partial index on these two would come back in other words, so such ones stay.
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%(tables)s::regclass[]) AND (indpred IS NULL
        OR indrelid <> ALL (ARRAY['help_requests', 'rollout_attempts']::regclass[]))
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1
"""


@contextmanager
def _without_keys(tables: Iterable[str], tell: Tell) -> Iterator[None]:
    """Without the indexes and keys of these tables meanwhile: built at once they take a third of the time."""
    values = {"tables": list(tables)}
    keys, indexes = ask(KEYS, values), ask(INDEXES, values)
    for table, name, _ in reversed(keys):
        execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        tell(definition.partition(" USING")[0].lower())
        execute(definition)
    for table, name, definition in keys:
        tell(f"constraint {name} on {table}")
        execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _make_database(*, fresh: bool) -> None:
    name = connection.ops.quote_name(name_of_it())
    connection.close()
    with connection._nodb_cursor() as cursor:
        if fresh:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name_of_it()])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {name}")


def _mark() -> str | None:
    found: str | None
    ((found,),) = ask(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    )
    return found
