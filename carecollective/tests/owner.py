"""The owner's power in a test, which itself runs as the web login: planting a fault, laying a table open, emptying.

In the same session and transaction, so that what a test does there goes away with it: through a function that only test
databases have. A whole command, such as a migration, logs in as the owner instead: `as_the_owner()`.
"""

from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import ClientCursor

from carecollective.ground.logins import OPEN
from carecollective.ground.owner import log_in
from carecollective.ground.scope_guard import unguarded

BY_THE_OWNER = """
CREATE SCHEMA IF NOT EXISTS only_in_tests;
CREATE OR REPLACE FUNCTION only_in_tests.as_the_owner(statement text) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
REVOKE ALL ON FUNCTION only_in_tests.as_the_owner(text) FROM PUBLIC;
GRANT USAGE ON SCHEMA only_in_tests TO {login};
GRANT EXECUTE ON FUNCTION only_in_tests.as_the_owner(text) TO {login};
"""


# Read before anything changes it: how the web logs in.
WEB = {part: connection.settings_dict[part] for part in settings.OWNER_DATABASE or ()}


@contextmanager
def as_the_web_login():
    """For what the owner has prepared, inside of `as_the_owner()`."""
    log_in(WEB)
    try:
        yield
    finally:
        log_in(settings.OWNER_DATABASE)


def lend_the_owners_power():
    """Once in each test database, as its owner."""
    with connection.cursor() as cursor:
        cursor.execute(BY_THE_OWNER.format(login=_login()))


def run_as_owner(statement, *values):
    """How many rows were changed. One statement or several; what it selects stays where it is."""
    connection.ensure_connection()
    if values:
        statement = ClientCursor(connection.connection).mogrify(statement, values)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("SELECT only_in_tests.as_the_owner(%s)", [statement])
        return cursor.fetchone()[0]


def asked_by_the_owner(question, *values):
    """The rows, on a connection of the owner's own: what information_schema shows depends on who asks."""
    owner = {part.lower(): value for part, value in settings.OWNER_DATABASE.items()}
    known = connection.get_connection_params() | owner
    where = {part: known[part] for part in ("host", "port", "user", "password", "dbname") if known.get(part)}
    with psycopg.connect(**where) as asking:
        return asking.execute(question, values or None).fetchall()


@contextmanager
def laid_open(*tables):
    """The login reads and writes every row in here, as an owner whom no FORCE holds. Walls between others stand."""
    for table in tables:
        lay_open(table)
    yield
    for table in tables:
        shut(table)


def lay_open(table):
    login = _login()
    run_as_owner(f'CREATE POLICY "laid open" ON {table} TO {login} USING (true); GRANT ALL ON {table} TO {login}')


def shut(table):
    rights = OPEN[table][0] if table in OPEN else ""
    run_as_owner(f'DROP POLICY "laid open" ON {table}; REVOKE ALL ON {table} FROM {_login()}')
    if rights:
        run_as_owner(f"GRANT {rights} ON {table} TO {_login()}")


def _login():
    return connection.ops.quote_name(settings.WEB_LOGIN)
