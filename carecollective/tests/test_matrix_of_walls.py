"""Who may do what to which private table, as SQL in the roles that the application uses: every denial beside an allowed
twin, on the same rows. The tables come from the catalogue, so a new one without a line here fails by its name.
"""

import pytest
from django.db import DatabaseError
from psycopg.types.json import Jsonb

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground.identity import acting_as_system
from carecollective.own_data.exports import services as copies
from carecollective.own_data.exports.tests.everything import everything_about
from carecollective.rollout import services as rollout
from carecollective.rollout.stages import parse
from carecollective.tests.databases import copied_database
from carecollective.tests.owner import asked_by_the_owner, lay_open, run_as_owner
from carecollective.tests.sql import act_as, column, one, run, undone
from carecollective.tests.walls_by_hand import MATRIX, STAFF_READS

pytestmark = pytest.mark.thorough

PRIVATE = """
SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND relrowsecurity AND relforcerowsecurity ORDER BY relname
"""
COLUMNS = """
SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
AND has_column_privilege(%s, attrelid, attnum, %s) ORDER BY attnum
"""
DENIED = "42501"  # a missing right, a policy's no, and a trigger's


@pytest.fixture(scope="module")
def people(django_db_setup, django_db_blocker):
    """In a database of its own: one member with a row in every table, and others who have no part in them."""
    with django_db_blocker.unblock(), copied_database("matrix"):
        owner = everything_about("matrix")
        run_as_owner(
            "UPDATE members SET warned_at = NULL, leaving_at = NULL, restricted_until = NULL WHERE id = %s", owner.pk
        )
        and_what_nobody_owns(owner)
        yield {
            "owner": ("authenticated", owner.pk),
            "stranger": ("authenticated", MemberFactory().pk),
            "nobody": ("authenticated", ""),
            "staff": ("care_staff", on_the_team("administrators").pk),
            "system": ("care_system", ""),
            "login": ("none", ""),
        }


def and_what_nobody_owns(owner):
    """A line of the rollout's history, one of the ledger of erasures, a notice; and a copy that waits to be fetched."""
    rollout.change_stage(parse("internal"), by="a test", reason="because a test wants it", despite=True)
    MemberFactory().delete()
    copies.COPIES.forget(owner.pk)
    copies.make(copies.ask(by=owner, language="en").pk)
    with acting_as_system("a test"):
        run("INSERT INTO removal_notices (about_id) VALUES (%s)", owner.pk)


def kept_rows(table):
    """Every row there is, without any wall."""
    with undone():
        lay_open(table)
        return run(f"SELECT * FROM {table}")


def what_came_of(who, statement, *values):
    """The number of rows, or the SQLSTATE."""
    try:
        with undone():
            act_as(*who)
            done = run(statement, *values)
            return done[0][0] if isinstance(done, list) else done
    except DatabaseError as error:
        return error.__cause__.sqlstate


def letter(command, came):
    if came == DENIED:
        return "-"
    return command if isinstance(came, str) or came else command.lower()


def inserted(who, table, rows, names):
    """The rows that are there once more: the walls speak before the constraint that says so."""
    allowed = column(COLUMNS, table, _role(who), "INSERT")
    places = [names.index(name) for name in allowed or names]
    statement = f"INSERT INTO {table} ({', '.join(allowed or names)}) VALUES ({', '.join(['%s'] * len(places))})"
    came = {what_came_of(who, statement, *[_as_json(row[place]) for place in places]) for row in rows}
    if any(not isinstance(each, str) or each.startswith("23") for each in came):
        return "I"
    return "i" if allowed and who[0] != "none" else "-"


def tried(who, table):
    names = column(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum",
        table,
    )
    changes = (column(COLUMNS, table, _role(who), "UPDATE") or names)[0]
    return "".join(
        [
            letter("S", what_came_of(who, f"SELECT count(*) FROM {table}")),
            inserted(who, table, kept_rows(table), names),
            letter("U", what_came_of(who, f"UPDATE {table} SET {changes} = {changes}")),
            letter("D", what_came_of(who, f"DELETE FROM {table}")),
            letter("T", what_came_of(who, f"TRUNCATE {table}")),
        ]
    )


def _role(who):
    return one("SELECT current_user::text") if who[0] == "none" else who[0]


def _as_json(value):
    return Jsonb(value) if isinstance(value, dict | list) else value


def test_each_role_does_to_each_private_table_what_it_may_and_nothing_more(people):
    expected = {line.split()[0]: line.split()[1:] for line in MATRIX.strip().splitlines()}
    assert expected.pop("table") == list(people)

    found = {table: [tried(who, table) for who in people.values()] for table in column(PRIVATE)}

    assert found == expected


def test_every_private_table_has_a_row_to_be_refused(people):
    assert [table for table in column(PRIVATE) if not kept_rows(table)] == []


TEXTS = """
SELECT table_name || '.' || column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = ANY(%s) AND data_type IN ('text', 'character varying', 'jsonb', 'json',
    'bytea', 'ARRAY') AND has_column_privilege('care_staff', table_name::regclass, column_name, 'SELECT')
ORDER BY 1
"""


def test_the_teams_role_reads_codes_and_reasons_and_no_word_of_members(people):
    assert asked_by_the_owner(TEXTS, column(PRIVATE)) == [(text,) for text in STAFF_READS.split()]


@pytest.mark.parametrize("role", ["authenticated", "care_staff", "care_system"])
def test_no_role_steps_out_of_itself(people, role):
    """Within a scope nobody becomes the login or another role: that would be every wall at once."""
    for other in {"authenticated", "care_staff", "care_system"} - {role}:
        with undone():
            act_as(role, "")
            assert one("SELECT pg_has_role(current_user, %s, 'MEMBER')", other) is False
