"""Who reads mail and wishes when the database is asked directly."""

import pytest
from django.core.management import call_command
from django.db import connection

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.tests.sql import column, refused, run

from .told import tell_and_wait, wants

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def told(member):
    wants(member, messages="never")
    tell_and_wait(member)
    return member


@pytest.mark.parametrize("table", ["mails", "mail_preferences"])
def test_outside_every_scope_there_is_no_right(told, table):
    with refused():
        run(f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize("statement", ["SELECT id FROM mails", "DELETE FROM mails", "UPDATE mails SET sent_at = NULL"])
def test_members_have_nothing_to_do_with_mail(told, statement):
    with refused(), acting_as(told):
        run(statement)


def test_a_member_reads_their_own_wishes_and_no_others(told):
    with acting_as(told):
        assert column("SELECT messages FROM mail_preferences") == ["never"]
    with acting_as(MemberFactory()):
        assert column("SELECT messages FROM mail_preferences") == []


def test_a_member_changes_nobody_elses_wishes(told):
    stranger = MemberFactory()
    with acting_as(stranger):
        assert run("UPDATE mail_preferences SET messages = 'at_once'") == 0
    with refused(), acting_as(stranger):
        run("INSERT INTO mail_preferences (member_id) VALUES (%s)", MemberFactory().pk)
    with refused(), acting_as(stranger):
        run("DELETE FROM mail_preferences")


def test_the_team_sees_what_became_of_mail_and_not_what_it_was_about(told):
    colleague = on_the_team("coordinators")
    with acting_as_staff(colleague, "a test"):
        assert column("SELECT kind FROM mails") == ["offer"]
    for statement in ("SELECT notification_id FROM mails", "SELECT key FROM mails", "DELETE FROM mails"):
        with refused(), acting_as_staff(colleague, "a test"):
            run(statement)
    with refused(), acting_as_staff(colleague, "a test"):
        run("SELECT messages FROM mail_preferences")


def test_the_system_turns_a_kind_off_and_never_words_on(told):
    with acting_as_system("a test"):
        assert run("UPDATE mail_preferences SET offers = 'never'") == 1
    with refused(), acting_as_system("a test"):
        run("UPDATE mail_preferences SET show_words = true")


def test_no_mail_is_there_twice_and_none_ends_in_two_ways(told):
    with refused("23505"), acting_as_system("a test"):
        run("INSERT INTO mails (key, recipient_id, kind) SELECT key, recipient_id, kind FROM mails")
    with refused("23514"), acting_as_system("a test"):
        run("UPDATE mails SET set_aside_at = now()")


@pytest.mark.django_db(transaction=True)
def test_the_walls_come_down_and_up_again():
    call_command("migrate", "mail", "0001", verbosity=0)
    call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
            " WHERE relname IN ('mails', 'mail_preferences') ORDER BY relname"
        )
        assert cursor.fetchall() == [("mail_preferences", True, True), ("mails", True, True)]
