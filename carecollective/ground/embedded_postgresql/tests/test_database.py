"""What the embedded database is like, once it runs."""

import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import a_place

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def place():
    """One cluster for all tests here: none of them needs a first start."""
    with a_place() as place:
        yield place


def test_the_login_is_an_ordinary_owner(run):
    rights = run(
        "say(ask('SELECT (rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, datdba = r.oid)::text "
        "FROM pg_roles r, pg_database WHERE rolname = current_user AND datname = current_database()'))"
    )

    assert rights == "(carecollective,f,f,t,t,t)"


def test_the_login_makes_test_databases(run):
    assert run("ask('CREATE DATABASE test_of_mine'); ask('DROP DATABASE test_of_mine'); say('made')") == "made"


def test_many_may_connect_and_nothing_is_written_carelessly(run):
    assert run("say(*(ask('SHOW ' + it) for it in ('max_connections', 'fsync', 'synchronous_commit')))") == "200 on on"


def test_no_network_address_is_open(run):
    assert run("say(repr(ask('SHOW listen_addresses')))") == "''"


def test_the_log_keeps_no_text_of_a_failing_statement(program, front):
    program("ask(\"SELECT 'something private' / 0\")").communicate()

    assert "private" not in (front / "server.log").read_text()


def test_the_callers_postgresql_variables_do_not_lead_astray(run):
    assert (
        run("say(ask('SELECT current_user'))", env={"PGPORT": "1", "PGUSER": "me", "PGHOST": "h"}) == "carecollective"
    )


def test_threads_share_one_lease(run):
    threads = """
from concurrent.futures import ThreadPoolExecutor
def one(number):
    try:
        return ask(f'SELECT {number}')
    finally:
        connection.close()
with ThreadPoolExecutor(8) as pool:
    say(sum(pool.map(one, range(50))))
"""
    assert run(threads, env={"POOL": "1"}) == "1225"


def test_a_version_that_is_not_there_is_said(complaint):
    output = complaint("ask('SELECT 1')", env={"EMBEDDED_POSTGRES_MAJOR": "12"})

    assert "PostgreSQL 12 was not found on this machine" in output
    assert "DATABASE_URL" in output


def test_dbshell_reaches_the_database(run):
    assert "carecollective" in run("call_command('dbshell', '--', '-At', '-c', 'SELECT current_user')")
