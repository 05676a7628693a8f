"""What tests get their databases from, and one of its own for those that change the schema or run in many threads."""

import hashlib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, connections
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.utils.module_loading import import_string

from carecollective.ground.owner import as_the_owner
from carecollective.tests.owner import as_the_web_login, laid_open, lend_the_owners_power, run_as_owner
from carecollective.tests.waiting import eventually

PROJECT = Path(__file__).resolve().parents[2]
MIGRATING = 20261130  # names the lock under which one worker migrates for all
# No migration stands on a door: they may change, and the migrated database stays.
DOORS = {"tests", "pages", "api", "management", "templatetags"}
WRITTEN_BY_MIGRATIONS = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


def migrated_template():
    """The name of a migrated database to copy. None where DATABASE_URL names a server, which is not ours to fill.

    To migrate takes a worker five seconds of processor time and the server some more, at each run. So one does it for
    all, and what it made stays under var/ until something changes that a migration could read.
    """
    if connection.settings_dict["ENGINE"] != "carecollective.ground.embedded_postgresql":
        return None
    name = f"migrated_{_fingerprint()}"
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])  # until this connection ends
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated\\_%' ORDER BY oid")
        there = [found for (found,) in cursor]
        if name not in there:
            _migrate(name)
            for old in there[:-1]:  # not the last one: a run that began a moment ago may be about to copy it
                cursor.execute(f'DROP DATABASE "{old}"')
    return name


def version_of_the_server():
    """Its major version."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def _fingerprint():
    digest = hashlib.sha256((PROJECT / "requirements.txt").read_bytes())
    for top in ("carecollective", "helprequests", "messaging"):
        for path in sorted((PROJECT / top).rglob("*.py")):
            path = path.relative_to(PROJECT)
            if not DOORS & set(path.parts):
                digest.update(f"{path}\n".encode() + (PROJECT / path).read_bytes())
    return digest.hexdigest()[:16]


def _migrate(name):
    """Under another name first: half a migration is none."""
    here, unfinished = connection.settings_dict["NAME"], "unfinished_migrated"
    _let_go()
    _maintain(f'DROP DATABASE IF EXISTS "{unfinished}"', f'CREATE DATABASE "{unfinished}"')
    connection.settings_dict["NAME"] = unfinished
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        _let_go()
        connection.settings_dict["NAME"] = here
    _maintain(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"', f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')


def emptied(_test_case):
    """In the place of Django's flush: as the migrations left it, and for a tenth of the time.

    Django's takes away what migrations wrote, then makes content types and permissions anew, and loses the groups.
    """
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    tables -= WRITTEN_BY_MIGRATIONS
    eventually(_nobody_else_asks)  # a page that a browser left open asks by itself, and would meet this in a deadlock
    run_as_owner("; ".join(connection.ops.sql_flush(no_style(), sorted(tables))))
    # By name: pytest reads this file before there are models.
    make_a_missing_flag = import_string("carecollective.rollout.registers.make_a_missing_flag")
    with laid_open("rollout_flags"):
        make_a_missing_flag(apps.get_app_config("rollout"), connection.alias)


def _nobody_else_asks():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
        )
        return cursor.fetchone() == (0,)


def logins_for_another_process():
    """The variables for one that may also become the owner: to migrate, above all."""
    return {
        "DATABASE_URL": address_for_another_process(),
        "OWNER_DATABASE_URL": address_for_another_process(settings.OWNER_DATABASE),
    }


def address_for_another_process(login=()):
    """DATABASE_URL of the test database as it is now, through a socket's folder or over the network."""
    known = connection.get_connection_params() | {part.lower(): value for part, value in dict(login).items()}
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
            f"WHERE datname = '{here}' AND usename = current_user"
        )
        with as_the_owner():
            _maintain(f'DROP DATABASE IF EXISTS "{there}"', f'CREATE DATABASE "{there}" TEMPLATE "{here}"')
        connection.settings_dict["NAME"] = there
        try:
            yield
        finally:
            _let_go()
            connection.settings_dict["NAME"] = here
            # Not WITH (FORCE): that stops at an autovacuum worker, which no ordinary login may end.
            with as_the_owner():
                _maintain(f'DROP DATABASE "{there}"')


def _is_the_test_database():
    """pytest-django makes none where no collected test is marked as using it: a module like this run alone."""
    name, wanted = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    return name == wanted if wanted else name.startswith(TEST_DATABASE_PREFIX)


@contextmanager
def _test_database():
    name = connection.settings_dict["NAME"]
    with as_the_owner():
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        lend_the_owners_power()
        try:
            with as_the_web_login():
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
