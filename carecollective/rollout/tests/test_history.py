"""The history is written once: asked of the database itself, as each role."""

import pytest
from django.db import ProgrammingError, connection, transaction

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.owner import run_as_owner

pytestmark = pytest.mark.django_db

STATEMENTS = {
    "UPDATE": "UPDATE rollout_history SET reason = 'nicer'",
    "DELETE": "DELETE FROM rollout_history",
    "INSERT": "INSERT INTO rollout_history (kind, by_name, from_stage, to_stage, heads, members, checks, numbers,"
    " flag_version) VALUES ('stage', 'me', 'disabled', 'enabled', 0, 0, '[]', '{}', 1)",
    "SELECT": "SELECT count(*) FROM rollout_history",
}


def scope_of(role):
    member = MemberFactory(is_staff=True)
    if role == "authenticated":
        return acting_as(member)
    return acting_as_staff(member, "a test") if role == "care_staff" else acting_as_system("a test")


def run(statement):
    with unguarded(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if statement.startswith("SELECT") else None


@pytest.mark.parametrize("role", ["authenticated", "care_staff", "care_system"])
@pytest.mark.parametrize("statement", ["UPDATE", "DELETE"])
def test_nobody_changes_a_line(statement, role, set_stage):
    set_stage("internal")

    with pytest.raises(ProgrammingError, match=r"permission denied|written once"), scope_of(role):
        run(STATEMENTS[statement])


@pytest.mark.parametrize("statement", ["UPDATE", "DELETE"])
def test_the_owner_of_the_table_neither(statement, set_stage):
    set_stage("internal")

    with pytest.raises(ProgrammingError, match="written once"):
        run_as_owner(STATEMENTS[statement])


def test_a_real_history_cannot_be_emptied_either(flag):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'rollout_history_is_never_emptied' "
            "AND tgenabled = 'O'"
        )
        (definition,) = cursor.fetchone()

    assert "BEFORE TRUNCATE" in definition


@pytest.mark.parametrize("role", ["authenticated", "care_staff"])
def test_only_the_acts_write_a_line(role, flag):
    with pytest.raises(ProgrammingError, match="permission denied"), scope_of(role):
        run(STATEMENTS["INSERT"])


def test_members_cannot_read_it_and_staff_can(set_stage):
    set_stage("internal")

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        scope_of("authenticated"),
    ):
        run(STATEMENTS["SELECT"])
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        run(STATEMENTS["SELECT"])
    with scope_of("care_staff"):
        assert run(STATEMENTS["SELECT"]) == (1,)


def test_its_moment_is_the_databases(flag):
    stolen = STATEMENTS["INSERT"].replace("(kind,", "(made_at, kind,").replace("('stage',", "('2001-01-01', 'stage',")

    with acting_as_system("a test"):
        run(stolen)
        assert run("SELECT made_at > now() - interval '1 minute' FROM rollout_history") == (True,)
