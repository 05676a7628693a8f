"""On a server of one's own: `serve` takes the web's login alone, and one command makes it out of one login for all."""

import os
import re

import pytest

from carecollective.ground import logins, owner
from carecollective.management import migrating
from carecollective.management.commands import serve

from .conftest import manage

SERVE = ("serve", "--production", "--port", "0")


@pytest.fixture
def prepared(server):
    """What a start ends with, after its preparations: a direct connection that is refused."""
    refused = server.url(password="hunter2")
    return {"LISTEN_DATABASE_URL": refused, "ERASURE_LEDGER": str(server.folder / "erasures.log")}


def last_line(done):
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.thorough
def test_one_login_for_everything_is_refused_and_one_command_makes_two(server, prepared):
    owners = server.empty_database("single")
    manage("migrate", "--verbosity", "0", DATABASE_URL=owners)

    refusal = manage(*SERVE, DATABASE_URL=owners, **prepared)
    split = manage("database", "split-logins", "--login", "care_pages", DATABASE_URL=owners)
    web = re.search(r"^DATABASE_URL=(.*)$", split.stdout, re.MULTILINE)[1]
    once_more = manage("database", "split-logins", DATABASE_URL=web, OWNER_DATABASE_URL=owners)
    start = manage(*SERVE, DATABASE_URL=web, **prepared)
    checked = manage("verify_schema", DATABASE_URL=web)
    as_the_web = manage("migrate", DATABASE_URL=web)

    assert "The login care (DATABASE_URL) owns application_lines" in last_line(refusal)
    assert "`manage.py database split-logins`" in last_line(refusal)
    assert "postgres://care_pages:" in web
    assert (once_more.returncode, "postgres://care_pages:…@" in once_more.stdout) == (0, True)  # and no new password
    assert last_line(start).startswith("Cannot start: LISTEN_DATABASE_URL")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "The login care_pages makes no tables here: set OWNER_DATABASE_URL" in last_line(as_the_web)


@pytest.mark.thorough
def test_it_migrates_in_a_process_of_its_own_or_says_what_to_type(server, prepared):
    both = server.two_logins("migrated_by_a_child")

    alone = manage(*SERVE, DATABASE_URL=both["DATABASE_URL"], **prepared)
    first = manage(*SERVE, **both, **prepared)
    afterwards = manage(*SERVE, DATABASE_URL=both["DATABASE_URL"], **prepared)

    assert "`OWNER_DATABASE_URL=postgres://owner:password@host/database manage.py migrate`" in last_line(alone)
    assert "The database is up to date." in first.stdout
    for start in (first, afterwards):
        assert last_line(start).startswith("Cannot start: LISTEN_DATABASE_URL")
    assert "up to date" not in afterwards.stdout


@pytest.mark.thorough
def test_a_table_in_the_hands_of_the_webs_login_keeps_it_from_starting(server, prepared):
    both = server.two_logins("taken")
    manage("migrate", "--verbosity", "0", **both)
    server.run("ALTER ROLE care_web SUPERUSER")
    try:
        assert "is a superuser" in last_line(manage(*SERVE, **both, **prepared))
        server.run("ALTER ROLE care_web NOSUPERUSER", "GRANT care TO care_web")
        assert "owns application_lines" in last_line(manage(*SERVE, **both, **prepared))
        server.run("REVOKE care FROM care_web", "ALTER ROLE care_web CREATEDB")
        assert "care_web has powers of its own" in last_line(manage(*SERVE, **both, **prepared))
    finally:
        server.run("ALTER ROLE care_web NOSUPERUSER NOCREATEDB", "REVOKE care FROM care_web")


@pytest.mark.thorough
def test_under_another_owner_the_policies_of_the_owner_are_missed_and_migrate_puts_them_up(server):
    """As after a restore: a policy names its role, and ownership goes to whoever restores."""
    both = server.two_logins("handed_over")
    manage("migrate", "--verbosity", "0", **both)
    server.run(
        "CREATE ROLE care_next LOGIN CREATEROLE PASSWORD 'next'",
        "GRANT authenticated, care_staff, care_system TO care_next",
        "ALTER DATABASE handed_over OWNER TO care_next",
    )
    server.run("REASSIGN OWNED BY care TO care_next", database="handed_over")
    both["OWNER_DATABASE_URL"] = server.url(login="care_next", password="next", database="handed_over")

    missed = manage("verify_schema", **both)
    migrated = manage("migrate", "--verbosity", "0", **both)
    checked = manage("verify_schema", **both)

    assert (
        'the policy "triggers of the owner write" on erasures is not what the wall of its model says' in missed.stderr
    )
    assert (migrated.returncode, checked.returncode, checked.stderr) == (0, 0, "")


@pytest.mark.thorough
def test_who_may_not_make_a_login_is_told_what_an_administrator_types(server):
    owners = server.empty_database("modest")
    server.run("ALTER ROLE care NOCREATEROLE")
    try:
        done = manage("database", "split-logins", "--login", "care_new", DATABASE_URL=owners)
    finally:
        server.run("ALTER ROLE care CREATEROLE")

    assert 'type CREATE ROLE "care_new" LOGIN NOSUPERUSER NOBYPASSRLS' in last_line(done)


def test_only_the_process_that_migrates_has_the_owners_login(monkeypatch, settings, db):
    """Neither the one that serves nor what it starts later; also where .env says who the owner is."""
    there = []
    settings.OWNER_DATABASE = dict(settings.OWNER_DATABASE)  # so that it comes back afterwards
    monkeypatch.setenv(owner.VARIABLE, "postgres://owner@here/care")
    monkeypatch.setattr(migrating, "missing", iter(["3 migrations are waiting", ""]).__next__)
    monkeypatch.setattr(owner.subprocess, "run", lambda *command, **_options: there.append(command) or Done())
    Done = type("Done", (), {"returncode": 0})
    monkeypatch.setattr(migrating.connection, "close", lambda: there.append(os.environ[owner.VARIABLE]))

    migrating.migrate(there.append)

    assert there[0] == "postgres://owner@here/care"
    assert there[1][0][1:] == ["manage.py", "migrate", "--no-input", "--verbosity", "0"]
    assert (os.environ[owner.VARIABLE], settings.OWNER_DATABASE) == ("", None)


def test_a_start_refuses_the_owner_before_it_does_anything_else(monkeypatch, db):
    monkeypatch.setattr(logins, "owned_table", lambda login: "messages_v2")

    with pytest.raises(serve.CommandError, match=r"owns messages_v2.* Type `manage\.py database split-logins`"):
        serve.refuse_what_is_unsafe()
