"""The catalogue beside the database, and beside what a copy holds: nothing about a member is missing by oversight."""

import json
from contextlib import contextmanager
from datetime import date, datetime

from django.db import connection

from carecollective.ground.scope_guard import unguarded
from carecollective.own_data.exports.catalogue import ABOUT_NOBODY, tables
from carecollective.own_data.leaving.erasure import tables as erased
from carecollective.tests.owner import lay_open, run_as_owner
from carecollective.tests.sql import column, run, undone

from .everything import copy_of, everything_about

TABLES = tables()
COLUMNS = """
SELECT relname, array_agg(attname::text ORDER BY attname) FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
GROUP BY relname
"""
# What refers to a member, or could: keys, ids of whatever sort beside a row's own, and documents.
MAY_REFER = """
SELECT DISTINCT relname || '.' || attname FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
LEFT JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'f' AND attnum = ANY (k.conkey)
WHERE relnamespace = 'public'::regnamespace AND relname = ANY (%s) AND attnum > 0 AND NOT attisdropped AND (
    k.confrelid = 'members'::regclass OR atttypid::regtype::text IN ('uuid', 'uuid[]', 'json', 'jsonb', 'bytea')
        AND attname <> 'id')
"""
FORCED = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity"
# Which rows are the member's own, where it is not each column that refers to them.
OURS = {
    "members": "id = %(me)s",
    "help_requests": "user_id = %(me)s",
    "conversations_v2": "%(me)s IN (requester_id, helper_id)",
    "messages_v2": "conversation_id IN (SELECT id FROM conversations_v2 WHERE %(me)s IN (requester_id, helper_id))",
    "offer_answers": "%(me)s IN (requester_id, helper_id)",
    "conversations": "created_by = %(me)s",
    "messages": "%(me)s IN (sender_id, recipient_id) AND deleted_at IS NULL",
    "member_blocks": "blocker_id = %(me)s",
    "message_reports": "reported_by = %(me)s",
    "staff_reads": "conversation_id IN (SELECT id FROM conversations_v2 WHERE %(me)s IN (requester_id, helper_id))",
    "mails": "recipient_id = %(me)s",
    "grave_acts": "subject_id = %(me)s AND needs_second",
    "audit_entries": "subject_id = %(me)s AND kind IN ('approved', 'exported', 'roles_changed')",
    "contact_shares": "%(me)s IN (owner_id, reader_id)",
    "requests_on_behalf": "posted_by_id = %(me)s",
}


def test_every_column_of_every_table_is_exported_or_left_out_for_a_reason(db):
    found = {table: columns for table, columns in run(COLUMNS) if table not in ABOUT_NOBODY}

    assert {table: sorted(TABLES[table].names()) if table in TABLES else None for table in found} == found
    assert sorted(TABLES) == sorted(found)


def test_a_new_column_is_told_by_its_name(db):
    with undone():
        run_as_owner("ALTER TABLE members ADD shoe_size text")
        found = dict(run(COLUMNS))["members"]

    assert set(found) - set(TABLES["members"].names()) == {"shoe_size"}


def test_no_table_about_nobody_refers_to_anybody(db):
    assert column(MAY_REFER, list(ABOUT_NOBODY)) == []


def test_every_table_about_members_could_have_been_found_by_what_it_refers_to(db):
    """So that the question above can fail: it finds what it looks for."""
    found = {name.partition(".")[0] for name in column(MAY_REFER, list(TABLES))}

    # Members themselves are found by their stamp. A session holds its member in a text, and a link hangs on an address.
    assert set(TABLES) - found == {"django_session", "account_emailconfirmation"}


def test_every_reason_says_something():
    reasons = [reason for table in TABLES.values() for reason in table.left_out.values()]

    assert [reason for reason in [*reasons, *ABOUT_NOBODY.values()] if len(reason) < 10] == []
    assert [name for name, table in TABLES.items() if bool(table.exported) and not table.part] == []


# --- What the catalogue calls exported is in the copy -----------------------------------------------------------------


@contextmanager
def every_row():
    """The rows as they are, whoever they belong to: the walls are away for a moment, and back with its end."""
    tables = [table for table in column(FORCED) if TABLES[table].exported]
    with undone():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            lay_open(table)
        yield


def leaves(value):
    """Each value at the end of a branch, as JSON writes it."""
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(leaves, value))
    return {json.dumps(value)}


def written(value):
    if isinstance(value, str) and value.startswith("{"):  # a document
        value = json.loads(value)
    if isinstance(value, datetime):
        value = value.isoformat().replace("+00:00", "Z")
    elif isinstance(value, date):
        value = value.isoformat()
    return leaves(value if isinstance(value, bool | int | str | dict | list) else str(value))


def rows_of(table, member):
    named = [name for name in TABLES[table].names() if name in ("member_id", "user_id")]
    named += erased()[table].whose.split()
    whose = OURS.get(table) or f"{named[0]} = %(me)s"
    columns = TABLES[table].exported.split()
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {whose}", {"me": member.pk})
        return columns, cursor.fetchall()


def test_what_the_catalogue_calls_exported_stands_in_its_part(db):
    member = everything_about("mark")
    page, data = copy_of(member)
    with every_row():
        kept = {table: rows_of(table, member) for table, declared in TABLES.items() if declared.exported}

    nobody_has, missing = [], []
    for table, (columns, found) in kept.items():
        in_part = leaves(data[TABLES[table].part])
        for number, name in enumerate(columns):
            known = [row[number] for row in found if row[number] not in (None, "")]
            if not known:
                nobody_has.append(f"{table}.{name}")
            missing += [f"{table}.{name}: {value!r}" for value in known if not written(value) <= in_part]
    assert (nobody_has, missing) == ([], [])
    assert [key for key in data if f'<h2 id="{key}">' not in page] == ["format", "community", "made_at"]
