"""Who reads a kept text when the database is asked directly."""

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.kept_texts import services
from carecollective.tests.sql import refused

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def writer():
    member = MemberFactory()
    services.hand_over(member, "/here/", {"content": "Only mine."})
    return member


def rows(statement="SELECT path FROM kept_texts"):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_outside_every_scope_there_is_no_right(writer):
    with refused():
        rows()


def test_its_writer_reads_it_and_nobody_else_does(writer):
    with acting_as(writer):
        assert rows() == [("/here/",)]
    with acting_as(MemberFactory()):
        assert rows() == []


def test_a_stranger_takes_nothing_away(writer):
    with acting_as(MemberFactory()):
        assert rows("DELETE FROM kept_texts RETURNING path") == []
    assert services.take_back(writer, "/here/") == {"content": "Only mine."}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO kept_texts (member_id, path, fields) SELECT id, '/', '{}' FROM members",
        "UPDATE kept_texts SET path = '/elsewhere/'",
    ],
)
def test_a_member_writes_and_changes_none(writer, statement):
    with pytest.raises(ProgrammingError), acting_as(writer):
        rows(statement)


def test_the_system_keeps_it_and_cannot_read_it(writer):
    with acting_as_system("a test"):
        assert rows("SELECT count(*) FROM kept_texts") == [(1,)]
    with pytest.raises(ProgrammingError), acting_as_system("a test"):
        rows("SELECT fields FROM kept_texts")


def test_it_goes_with_its_member(writer):
    writer.delete()

    with acting_as_system("a test"):
        assert rows("SELECT count(*) FROM kept_texts") == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_the_walls_come_down_and_up_again():
    call_command("migrate", "kept_texts", "0001", verbosity=0)
    call_command("migrate", verbosity=0)

    assert rows("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'kept_texts'") == [
        (True, True)
    ]
