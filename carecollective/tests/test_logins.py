"""The web's login owns nothing, and does to each table what its list says. These tests run as it."""

import re

import pytest
from django.conf import settings
from django.db import connection

from carecollective.ground import logins, owner
from carecollective.ground.identity import acting_as_system
from carecollective.ground.walls import ROLES
from carecollective.tests.databases import PROJECT
from carecollective.tests.owner import laid_open, run_as_owner
from carecollective.tests.sql import column, one, refused, run
from messaging.tests.factories import MessageFactory

pytestmark = pytest.mark.django_db

PRIVATE = """
SELECT relname::text, relkind = 'r' FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
AND relname <> ALL (%s) ORDER BY relname
"""


def test_the_tests_run_as_the_webs_login_and_another_owns_every_table():
    owners = column("SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'public'")

    assert one("SELECT session_user::text") == settings.WEB_LOGIN
    assert owners == [settings.OWNER_DATABASE["USER"]] != [settings.WEB_LOGIN]


def test_the_webs_login_is_nobody_without_a_role():
    powers = "rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolinherit"

    assert run(f"SELECT {powers} FROM pg_roles WHERE rolname = session_user") == [(False,) * 6]
    assert sorted(column("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = session_user::regrole")) == (
        sorted(ROLES.values())
    )


def test_it_has_what_the_list_says_and_every_table_is_private_or_in_the_list():
    forced = column("SELECT relname::text FROM pg_class WHERE relforcerowsecurity")
    tables = column("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")

    assert list(logins.faults()) == []
    assert sorted(tables) == sorted([*forced, *logins.OPEN])


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("GRANT TRUNCATE ON members TO {}", "has too much: members TRUNCATE *"),
        ("GRANT SELECT ON messages_v2 TO {}", "has too much: messages_v2 SELECT *"),
        ("GRANT SELECT (content) ON messages_v2 TO {}", "has too much: messages_v2 SELECT content"),
        ("GRANT SELECT ON threads TO {}", "has too much: threads SELECT *"),
        ("GRANT USAGE ON SEQUENCE rollout_flags_id_seq TO {}", "has too much: SEQUENCE rollout_flags_id_seq USAGE *"),
        ("GRANT EXECUTE ON FUNCTION may_talk_with(uuid) TO {}", "has too much: FUNCTION may_talk_with(uuid) EXECUTE *"),
        ("REVOKE INSERT ON django_session FROM {}", "lacks: django_session INSERT *"),
        ("REVOKE EXECUTE ON FUNCTION is_clean_text(text) FROM {}", "lacks: FUNCTION is_clean_text(text) EXECUTE *"),
    ],
)
def test_a_right_more_or_less_is_named_and_put_right(fault, sentence):
    run_as_owner(fault.format(connection.ops.quote_name(settings.WEB_LOGIN)))

    assert list(logins.faults()) == [f"the login {settings.WEB_LOGIN} {sentence}"]


@pytest.mark.django_db(transaction=True)
def test_the_owner_puts_rights_right_and_leaves_no_other():
    login = connection.ops.quote_name(settings.WEB_LOGIN)
    run_as_owner(f"GRANT ALL ON members, messages_v2 TO {login}; REVOKE ALL ON rate_limits FROM {login}")

    with owner.as_the_owner():
        logins.grant(settings.WEB_LOGIN)

    assert list(logins.faults()) == []


@pytest.mark.django_db(transaction=True)
def test_a_table_in_its_hands_is_named():
    with owner.as_the_owner():
        assert logins.owned_table(settings.WEB_LOGIN) is None
        assert logins.owned_table(settings.OWNER_DATABASE["USER"]) == "application_lines"


def test_outside_of_every_scope_no_private_table_and_no_view_answers():
    found = run(PRIVATE, list(logins.OPEN))
    assert len(found) > 25

    for name, is_table in found:
        for statement in [f"SELECT FROM {name}", f"DELETE FROM {name}"][: 1 + is_table]:
            with refused():
                run(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE messages_v2 NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE messages_v2 DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE audit_entries DISABLE TRIGGER USER",
        "ALTER TABLE members ADD COLUMN words text",
        'DROP POLICY "participants read their messages" ON messages_v2',
        "CREATE POLICY everybody ON messages_v2 USING (true)",
        "CREATE TABLE anything (words text)",
        "CREATE OR REPLACE FUNCTION acting_member() RETURNS uuid LANGUAGE sql RETURN NULL::uuid",
        "DROP TABLE rate_limits",
        "TRUNCATE rate_limits",
        "GRANT SELECT ON messages_v2 TO PUBLIC",
        'SET ROLE "{owner}"',
        'SET SESSION AUTHORIZATION "{owner}"',
    ],
)
@pytest.mark.parametrize("scope", ["outside of every scope", "as the system"])
def test_nothing_of_the_owners_is_in_its_hands(statement, scope):
    statement = statement.format(owner=settings.OWNER_DATABASE["USER"])

    with refused():
        if scope == "as the system":
            with acting_as_system("a test"):
                run(statement)
        run(statement)


def test_a_table_that_is_laid_open_in_a_test_is_shut_again():
    MessageFactory()

    with laid_open("messages_v2", "help_requests"):
        assert one("SELECT count(*) FROM messages_v2") == one("SELECT count(*) FROM help_requests") == 1

    assert list(logins.faults()) == []


def test_the_page_has_the_list():
    lines = [f"| `{table}` | {rights} | {why} |" for table, (rights, why) in logins.OPEN.items()]
    page = (PROJECT / "docs" / "walls.md").read_text()

    assert re.findall(r"^\| `[a-z_]+` \|.*$", page, re.MULTILINE) == lines
