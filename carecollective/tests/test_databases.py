"""Each test begins with what the migrations left, whichever ran before it, and with all that the migrations say now."""

import ast

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout.models import Flag

from . import databases


def written_by_migrations():
    return [
        sorted(found.values_list())
        for found in (ContentType.objects, Permission.objects, Group.objects, Group.permissions.through.objects)
    ]


@pytest.mark.django_db(transaction=True)
def test_after_a_test_that_commits_all_is_as_the_migrations_left_it():
    before = written_by_migrations()
    MemberFactory()

    databases.emptied(None)

    assert written_by_migrations() == before
    assert all(before)
    assert (Member.objects.count(), Flag.objects.count()) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_emptying_waits_for_a_page_that_still_asks(monkeypatch):
    looks = []
    with psycopg.connect(databases.address_for_another_process()) as page:
        page.execute("SELECT 1")

        def answered_meanwhile(nobody_else_asks):
            looks.append(nobody_else_asks())
            page.rollback()
            looks.append(nobody_else_asks())

        monkeypatch.setattr(databases, "eventually", answered_meanwhile)
        databases.emptied(None)

    assert looks == [False, True]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small one, whose fingerprint is asked."""
    monkeypatch.setattr(databases, "PROJECT", tmp_path)

    def write(path, text="first"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        return databases._fingerprint()

    write("requirements.txt")
    return write


@pytest.mark.parametrize(
    "path",
    ["requirements.txt", "messaging/migrations/0001_first.py", "messaging/models.py", "carecollective/ground/texts.py"],
)
def test_what_a_migration_can_read_makes_a_new_database(project, path):
    assert project(path, "first") != project(path, "second")


def test_a_new_file_makes_a_new_database(project):
    assert project("messaging/models.py") != project("messaging/migrations/0002_second.py")


@pytest.mark.parametrize(
    "path", ["messaging/pages/views.py", "messaging/tests/test_it.py", "helprequests/api/views.py"]
)
def test_a_door_or_a_test_makes_none(project, path):
    assert project(path, "first") == project(path, "second")


def test_no_migration_stands_on_a_door():
    """Or the database that is kept would not change with it."""
    taken = {
        name
        for top in ("carecollective", "helprequests", "messaging")
        for path in (databases.PROJECT / top).rglob("migrations/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in imported(node)
        if name.split(".")[0] in ("carecollective", "helprequests", "messaging")
    }

    assert {name for name in taken if databases.DOORS & set(name.split("."))} == set()
    assert taken


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
