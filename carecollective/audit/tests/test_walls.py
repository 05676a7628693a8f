"""An entry stays as it is, for every role and for the owner of the table; who reads it is a matter of rows."""

from datetime import timedelta

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system, proof_of_the_system
from carecollective.ground.purposes import Purpose
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column, one, refused, run

from .written import entries

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

CHANGES = {
    "UPDATE": "UPDATE audit_entries SET codes = ''",
    "DELETE": "DELETE FROM audit_entries",
    "TRUNCATE": "TRUNCATE audit_entries",
}


@pytest.fixture
def member():
    return MemberFactory()


@pytest.fixture(autouse=True)
def _entry(member):
    audit.record(Kind.WARNED, by=Hand.OPERATOR, subject=member.pk)


def scopes(member):
    return {
        "authenticated": acting_as(member),
        "care_staff": acting_as_staff(on_the_team("administrators"), "a test"),
        "care_system": acting_as_system("a test"),
    }


@pytest.mark.parametrize("role", ["authenticated", "care_staff", "care_system"])
@pytest.mark.parametrize("command", CHANGES)
def test_no_role_changes_an_entry(role, command, member):
    scope = scopes(member)[role]
    if (role, command) == ("care_system", "DELETE"):  # the one right there is, and no row for it
        with scope:
            assert run(CHANGES[command]) == 0
    else:
        with scope, refused("42501"):
            run(CHANGES[command])

    assert len(entries(Kind.WARNED)) == 1


@pytest.mark.parametrize("command", ["UPDATE", "DELETE"])
def test_the_owner_of_the_table_neither_even_where_the_rows_are_seen(command):
    with refused("42501"):
        run_as_owner(CHANGES[command])
    run_as_owner("ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY")
    with refused("42501"):
        run_as_owner(CHANGES[command])
    run_as_owner("ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY")

    assert len(entries(Kind.WARNED)) == 1


def test_a_real_table_cannot_be_emptied_either():
    definition = one("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'audit_entries_are_never_emptied'")

    assert "BEFORE TRUNCATE" in definition
    assert "NOT" in definition or "!~~" in definition  # but in a test database


@pytest.mark.parametrize("role", ["authenticated", "care_staff"])
def test_only_the_system_writes_one(role, member):
    write = "INSERT INTO audit_entries (kind, hand) VALUES ('warned', 'clock')"
    with scopes(member)[role], refused("42501"):
        run(write)

    with acting_as_system("a test"):
        assert run(write) == 1


def test_nobody_says_when_it_was():
    with acting_as_system("a test"), refused("42501"):
        run("INSERT INTO audit_entries (kind, hand, at) VALUES ('warned', 'clock', '2020-01-01')")


@pytest.mark.parametrize("role", ["authenticated", "care_staff", "care_system"])
def test_no_role_calls_the_function_of_the_verbs(role, member):
    with scopes(member)[role], refused("42501"):
        run(audit.WRITE, proof_of_the_system(Purpose.AUDIT), "warned", "clock", None, None, None, "", "")


def test_a_member_reads_what_was_done_to_their_account_and_not_by_whom(member):
    audit.record(Kind.REPORT_DECIDED, by=Hand.OPERATOR, subject=member.pk, codes="no_action")
    audit.record(Kind.WARNED, by=Hand.OPERATOR, subject=MemberFactory().pk)

    with acting_as(member):
        assert column("SELECT kind FROM audit_entries") == ["warned"]
        for hidden in ("actor_id", "hand", "about_id", "origin"):
            with refused("42501"):
                run(f"SELECT {hidden} FROM audit_entries")
    with acting_as(MemberFactory()):
        assert column("SELECT kind FROM audit_entries") == []


def test_outside_of_a_scope_there_are_no_rows():
    with refused("42501"):
        run("SELECT kind FROM audit_entries")


# --- What is forgotten ----------------------------------------------------------------------------------------------


def made_older(days):
    """Only a migration could: the table's owner takes the walls down, and puts them up again."""
    for wall in ("DISABLE TRIGGER audit_entries_are_never_changed", "NO FORCE ROW LEVEL SECURITY"):
        run_as_owner(f"ALTER TABLE audit_entries {wall}")
    run_as_owner("UPDATE audit_entries SET at = at - %s", timedelta(days=days))
    for wall in ("ENABLE TRIGGER audit_entries_are_never_changed", "FORCE ROW LEVEL SECURITY"):
        run_as_owner(f"ALTER TABLE audit_entries {wall}")


def test_failures_to_sign_in_are_forgotten_after_90_days_and_nothing_else_is(member):
    audit.sign_in_failed(None, member=member, codes="password")
    made_older(91)
    audit.sign_in_failed(None, member=member, codes="second_step")

    assert audit.forget_old_failures() == 1
    assert audit.forget_old_failures() == 0

    assert [(kind, codes) for kind, *_, codes in entries()] == [("warned", ""), ("sign_in_failed", "second_step")]


def test_the_system_itself_deletes_no_failure_before_its_time_and_nothing_else_ever(member):
    audit.sign_in_failed(None, member=member, codes="password")
    with acting_as_system("a test"):
        assert run("DELETE FROM audit_entries") == 0
    made_older(91)

    with acting_as_system("a test"):
        assert run("DELETE FROM audit_entries WHERE kind = 'warned'") == 0
        assert run("DELETE FROM audit_entries") == 1
