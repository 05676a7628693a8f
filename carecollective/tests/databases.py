"""A database of its own for tests that commit, change the schema or run in many threads."""

from contextlib import ExitStack, contextmanager
from urllib.parse import quote, urlencode

from django.db import connection, connections
from django.db.backends.base.creation import TEST_DATABASE_PREFIX


def address_for_another_process():
    """DATABASE_URL of the test database as it is now, through a socket's folder or over the network."""
    known = connection.get_connection_params()
    login = ":".join(quote(str(known[part]), safe="") for part in ("user", "password") if known.get(part))
    where = urlencode({part: known[part] for part in ("host", "port") if known.get(part)})
    return f"postgres://{login}@/{known['dbname']}?{where}"


@contextmanager
def copied_database(name):
    """The migrated test database once more. What happens in it goes away with it, so nothing has to be tidied up."""
    with ExitStack() as stack:
        if not _is_the_test_database():
            stack.enter_context(_test_database())
        assert connections.settings["default"] is connection.settings_dict  # what new threads connect by
        here = connection.settings_dict["NAME"]
        there = f"{here}_{name}"
        _let_go()
        # Whoever is still there from an earlier test (a server's thread, a pool of its own) would stop the copying.
        _maintain(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{here}' AND usename = current_user",
            f'DROP DATABASE IF EXISTS "{there}"',
            f'CREATE DATABASE "{there}" TEMPLATE "{here}"',
        )
        connection.settings_dict["NAME"] = there
        try:
            yield
        finally:
            _let_go()
            connection.settings_dict["NAME"] = here
            # Not WITH (FORCE): that stops at an autovacuum worker, which no ordinary login may end.
            _maintain(f'DROP DATABASE "{there}"')


def _is_the_test_database():
    """pytest-django makes none where no collected test is marked as using it: a module like this run alone."""
    name, wanted = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    return name == wanted if wanted else name.startswith(TEST_DATABASE_PREFIX)


@contextmanager
def _test_database():
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        _let_go()
        connection.creation.destroy_test_db(name, verbosity=0)


def _let_go():
    connection.close()
    connection.close_pool()


def _maintain(*statements):
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
