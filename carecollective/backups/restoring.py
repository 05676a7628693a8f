"""A backup is put in the place of the database: into a new one first, which is proved there, and only then renamed.

Nothing is half-done: until the last moment the old database is untouched, and whatever stops the restore takes the new
one away.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError, connection
from psycopg import sql

from carecollective.ground.embedded_postgresql import archive
from carecollective.ground.embedded_postgresql.archive import NotDone, Tell
from carecollective.ground.owner import log_in
from carecollective.own_data.leaving import ledger

from . import contents, key, making, postgresql, proving

SETTINGS = """
SELECT setting FROM pg_db_role_setting CROSS JOIN unnest(setconfig) AS setting
WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = %s)
"""
RIGHTS = """
SELECT coalesce(rolname::text, ''), privilege_type FROM pg_database CROSS JOIN aclexplode(datacl) AS acl
LEFT JOIN pg_roles ON pg_roles.oid = acl.grantee WHERE datname = %s
"""
# Policies for the owner's triggers name the owner of where the backup was made.
POLICIES_OF = """
SELECT format('ALTER POLICY %%I ON %%s TO %%s', polname, polrelid::regclass, (
    SELECT string_agg(quote_ident(CASE rolname WHEN %(old)s THEN %(new)s ELSE rolname END), ', ')
    FROM pg_roles WHERE pg_roles.oid = ANY (polroles)))
FROM pg_policy WHERE to_regrole(quote_ident(%(old)s))::oid = ANY (polroles)
"""
MAY_MAKE_DATABASES = "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"


def restore(file: Path, tell: Tell, *, replace: bool, ledger_file: Path) -> None:
    """Raises NotDone with what to do, and the old database stays as it was."""
    secret, says = key.secret(), _line(file)
    refuse_what_cannot_be(file, says, ledger_file)
    server = postgresql.to_write()
    fresh, old = f"{server.database}_restoring", f"{server.database}_replaced"
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with server.connected(postgresql.MAINTENANCE) as postgres:
        _refuse_a_server_that_cannot_take_it(postgres, says)
        _refuse_to_lose_rows(server, replace=replace)
        archive.refuse_while_used(postgres, server.database)
        archive.drop(postgres, fresh, old)
        try:
            _make_ready(postgres, server, fresh)
            tell("Reading the backup into a new database ...")
            with _stand_ins(postgres, server, fresh, says["roles"]):
                _fill(server, fresh, file, secret, says)
            proving.compare(server, fresh, says, tell)
            with _working_in(fresh):
                proving.bring_up_to_date_and_prove(ledger_file, tell)
            archive.refuse_while_used(postgres, server.database)
            tell("Putting it in the old one's place ...")
            with postgres.transaction():
                archive.rename(postgres, server.database, old)
                archive.rename(postgres, fresh, server.database)
        except (psycopg.Error, DatabaseError, InterfaceError, ImproperlyConfigured, CommandError) as error:
            raise NotDone(f"The old database stays: {str(error).strip().splitlines()[0]}") from None
        finally:
            archive.drop(postgres, fresh)
        archive.drop(postgres, old)


def refuse_what_cannot_be(file: Path, says: dict[str, Any], ledger_file: Path) -> None:
    """Before anything is asked of a database. Raises NotDone."""
    if unknown := contents.unknown_migrations(says["migrations"]):
        raise NotDone(
            f"{file} was made by a newer release, {says['release']} ({unknown[-1]} is not known here): install that "
            "one first."
        )
    if not ledger_file.exists():
        raise NotDone(
            f"There is no erasure ledger at {ledger_file}, so members who left after this backup would be back: bring "
            "the ledger from where it is kept (--ledger FILE)."
        )
    ledger.read(ledger_file)


def _line(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as sealed_file:
            return making.opened_line(sealed_file, file)
    except OSError as error:
        raise NotDone(f"{file} cannot be read: {error.strerror}.") from None


def _refuse_a_server_that_cannot_take_it(postgres: psycopg.Connection[Any], says: dict[str, Any]) -> None:
    major = postgres.info.server_version // 10_000
    if major < says["programs"]:
        raise NotDone(
            f"This backup was written by PostgreSQL {says['programs']}, and the server is PostgreSQL {major}: restore "
            "it into one that is not older."
        )
    if not postgres.execute(MAY_MAKE_DATABASES).fetchall()[0][0]:
        name = sql.Identifier(postgres.info.user).as_string()
        raise NotDone(
            f"The login {postgres.info.user} may not make a database: as an administrator of the server, type "
            f"ALTER ROLE {name} CREATEDB; and after the restore NOCREATEDB."
        )


def _refuse_to_lose_rows(server: postgresql.Reached, *, replace: bool) -> None:
    if replace:
        return
    with server.connected(server.database) as there:
        counted = contents.rows_as_the_owner(there)
    if table := next((table for table, count in counted.items() if count), None):
        raise NotDone(
            f"The database has rows already, in {table} for example: --replace puts the backup in their place."
        )


def _make_ready(postgres: psycopg.Connection[Any], server: postgresql.Reached, fresh: str) -> None:
    """An empty one that lets the same people in as the one whose place it takes."""
    archive.make_roles(postgres, server.owner)
    archive.create_database(postgres, fresh, server.owner)
    name = sql.Identifier(fresh)
    rights = postgres.execute(RIGHTS, [server.database]).fetchall()
    if rights:
        postgres.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role, right in rights:
        to = sql.Identifier(role) if role else sql.SQL("PUBLIC")
        postgres.execute(sql.SQL("GRANT {} ON DATABASE {} TO {}").format(sql.SQL(right), name, to))
    for (setting,) in postgres.execute(SETTINGS, [server.database]).fetchall():
        variable, _, value = setting.partition("=")
        words = sql.SQL("ALTER DATABASE {} SET {} = {}").format(name, sql.Identifier(variable), sql.Literal(value))
        postgres.execute(words)


@contextmanager
def _stand_ins(
    postgres: psycopg.Connection[Any], server: postgresql.Reached, fresh: str, roles: list[str]
) -> Iterator[None]:
    """Logins of where the backup was made, which have no name here: what they were granted is let go of with them."""
    existing = {name for (name,) in postgres.execute("SELECT rolname::text FROM pg_roles")}
    names = [sql.Identifier(role) for role in roles if role not in existing]
    for name in names:
        postgres.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
    try:
        yield
    finally:
        if names:
            with server.connected(fresh) as there:
                for name in names:
                    there.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
                    there.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(name))


def _fill(server: postgresql.Reached, fresh: str, file: Path, secret: str, says: dict[str, Any]) -> None:
    options = ["--exit-on-error", "--single-transaction", "--no-owner", f"--role={server.owner}"]
    try:
        with server.program("pg_restore", says["programs"], fresh, *options, stdin=subprocess.PIPE) as reader:
            making.pour(file, secret, reader.stdin)
    except NotDone as reason:
        raise NotDone(f"{reason} The database is as it was.") from None
    with server.connected(fresh) as there:
        if says["owner"] != server.owner:
            for (statement,) in there.execute(POLICIES_OF, {"old": says["owner"], "new": server.owner}).fetchall():
                there.execute(statement)
        there.execute("ANALYZE")  # a backup holds no statistics, and the planner would guess


@contextmanager
def _working_in(database: str) -> Iterator[None]:
    """This process works in another database of the same server."""
    before = connection.settings_dict["NAME"]
    log_in({"NAME": database})
    try:
        yield
    finally:
        log_in({"NAME": before})
