"""What the database itself answers about copies, with every service out of the way: each no beside its allowed twin."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.own_data.exports import services
from carecollective.tests.sql import column, one, refused, run, undone

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
BOTH = ("exports", "export_archives")
COUNTS = [f"SELECT count(*) FROM {table}" for table in BOTH]


@pytest.fixture
def member():
    return MemberFactory()


@pytest.fixture
def export(member):
    made = services.ask(by=member, language="en")
    services.make(made.pk)
    return made


def counts():
    return [one(statement) for statement in COUNTS]


def test_its_member_sees_both_rows_and_another_member_neither(member, export):
    with acting_as(member):
        assert counts() == [1, 1]
    with acting_as(MemberFactory()):
        assert counts() == [0, 0]


def test_outside_of_every_scope_there_is_no_right_to_either(export):
    for statement in COUNTS:
        with refused():
            run(statement)


def test_staff_have_no_grant_at_all(export):
    for statement in COUNTS:
        with refused(), acting_as_staff(on_the_team("administrators"), "a test"):
            run(statement)


def test_the_system_sees_that_there_is_a_file_and_cannot_read_it(export):
    with acting_as_system("a test"):
        assert column("SELECT export_id FROM export_archives") == [export.pk]
    with refused(), acting_as_system("a test"):
        run("SELECT content FROM export_archives")


def test_a_member_takes_their_own_file_and_no_other(member, export):
    with undone(), acting_as(MemberFactory()):
        assert run("DELETE FROM export_archives") == 0
    with undone(), acting_as(member):
        assert run("DELETE FROM export_archives") == 1


def test_a_member_reads_their_file_for_seven_days_by_the_databases_own_clock(member, export):
    with acting_as_system("a test"):
        run("UPDATE exports SET ready_at = ready_at - interval '6 days 23 hours'")
    with acting_as(member):
        assert counts() == [1, 1]
    with acting_as_system("a test"):
        run("UPDATE exports SET ready_at = ready_at - interval '1 hour'")
    with acting_as(member):
        assert counts() == [1, 0]


def test_a_member_asks_for_themselves_alone_and_says_nothing_more(member):
    other = MemberFactory()
    with acting_as(member):
        assert run("INSERT INTO exports (member_id, language) VALUES (%s, 'en')", member.pk) == 1
    with refused(), acting_as(member):
        run("INSERT INTO exports (member_id, language) VALUES (%s, 'en')", other.pk)
    with refused(), acting_as(member):
        run("INSERT INTO exports (member_id, language, made_by) VALUES (%s, 'en', 'operator')", member.pk)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE exports SET ready_at = now()",
        "UPDATE exports SET used_at = NULL",
        "DELETE FROM exports",
        "INSERT INTO export_archives (export_id, content) SELECT id, 'mine' FROM exports",
        "UPDATE export_archives SET content = 'mine'",
    ],
)
def test_a_member_changes_nothing_about_what_was_made(member, export, statement):
    with refused(), acting_as(member):
        run(statement)


def test_the_system_says_what_became_of_a_copy_and_never_whose_it_is_or_why(export):
    with undone(), acting_as_system("a test"):
        assert run("UPDATE exports SET used_at = now()") == 1
    for change in ("member_id = gen_random_uuid()", "reason = 'another'", "asked_at = now()"):
        with refused(), acting_as_system("a test"):
            run(f"UPDATE exports SET {change}")


@pytest.mark.parametrize("values", ["'operator', ''", "'operator', 'too short'", "'member', 'a reason it needs none'"])
def test_an_operator_says_why_and_a_member_need_not(member, values):
    with refused("23514"), acting_as_system("a test"):
        run(f"INSERT INTO exports (member_id, made_by, reason) VALUES ('{member.pk}', {values})")
