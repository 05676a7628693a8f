"""Dump and restore (backup). Both as the superuser: for the owner, forced row level security would hide the rows."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from carecollective.ground.embedded_postgresql.cluster import OWNER, Cluster
from carecollective.ground.embedded_postgresql.server import SUPERUSER, Server

# The roles that policies and grants name. They belong to the server, not to the database, so no dump holds them.
# A migration makes them; a restore on another machine comes before any migration.
ROLES = ("authenticated", "care_staff", "care_system")

Tell = Callable[[str], object]


class NotDone(Exception):
    """What was asked for did not happen, nothing was changed, and this sentence says why."""


def dump(cluster: Cluster, database: str, file: Path, tell: Tell) -> None:
    """Write the database into a new file that only we can read; a file that exists is left alone."""
    cluster.ensure(database)
    server = cluster.joined()
    # Written under another name first: under its own, half a dump could pass for a backup.
    unfinished = file.with_name(f"{file.name}.unfinished")
    _reserve(file)
    try:
        tell(f"Writing the database to {file} ...")
        unfinished.unlink(missing_ok=True)
        _reserve(unfinished)  # pg_dump keeps the mode of a file that is there
        done = server.client("pg_dump", "--format=custom", f"--file={unfinished}", f"--dbname={database}")
        check(done, "The database was not dumped")
        unfinished.replace(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        raise
    tell(f"Done: {file.stat().st_size:,} bytes.")


def restore(cluster: Cluster, database: str, file: Path, tell: Tell, *, replace: bool = False) -> None:
    """Put a dump in the place of the database: all of it, or the old database stays as it was.

    Raises NotDone when rows would be lost and `replace` was not asked for, when somebody uses the database, or when
    the file is no whole dump.
    """
    cluster.ensure(database)
    server = cluster.joined()
    _check_readable(server, file)
    if not replace and (table := first_table_with_rows(server, database)):
        raise NotDone(f"The database has rows already, in {table} for example: --replace puts the dump in their place.")
    fresh, old = f"{database}_restoring", f"{database}_replaced"
    with server.connect("postgres") as postgres:
        refuse_while_used(postgres, database)
        drop(postgres, fresh, old)
        tell("Reading the dump into a new database ...")
        make_roles(postgres, OWNER)
        create_database(postgres, fresh, OWNER)
        try:
            fill(server, fresh, file)
            tell("Putting it in the old one's place ...")
            refuse_while_used(postgres, database)
            with postgres.transaction():
                rename(postgres, database, old)
                rename(postgres, fresh, database)
        except psycopg.Error as error:
            drop(postgres, fresh)
            raise NotDone(f"The old database stays: {error.diag.message_primary or error}.") from None
        except BaseException:
            drop(postgres, fresh)
            raise
        drop(postgres, old)
    tell("Done.")


def fill(server: Server, database: str, file: Path) -> None:
    """Read a dump into an empty database, in one transaction."""
    done = server.client(
        "pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={database}", str(file.absolute())
    )
    check(done, f"{file} could not be restored, and nothing was changed")
    with server.connect(database) as connection:
        connection.execute("ANALYZE")  # a dump holds no statistics, and the planner would guess


def first_table_with_rows(server: Server, database: str) -> str | None:
    with server.connect(database) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            question = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(schema, table))
            if (found := connection.execute(question).fetchone()) and found[0]:
                return str(table)
    return None


def make_roles(postgres: psycopg.Connection[Any], login: str) -> None:
    """As a migration would: made by the login, which may act as them and inherits nothing from them."""
    existing = {name for (name,) in postgres.execute("SELECT rolname FROM pg_roles")}
    since_16 = postgres.info.server_version >= 160000
    with postgres.transaction():
        postgres.execute(sql.SQL("SET LOCAL SESSION AUTHORIZATION {}").format(sql.Identifier(login)))
        for role in (role for role in ROLES if role not in existing):
            names = sql.Identifier(role), sql.Identifier(login)
            postgres.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOBYPASSRLS").format(names[0]))
            granted = "GRANT {} TO {} WITH INHERIT FALSE, SET TRUE" if since_16 else "GRANT {} TO {}"
            postgres.execute(sql.SQL(granted).format(*names))


def _reserve(file: Path) -> None:
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise NotDone(f"{file} exists already: choose another name, or move it away.") from None
    except OSError as error:
        raise NotDone(f"{file} cannot be written: {error.strerror}.") from None


def _check_readable(server: Server, file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise NotDone(f"{file} cannot be read: {error.strerror}.") from None
    done = server.client("pg_restore", "--list", str(file.absolute()), stdout=subprocess.DEVNULL)
    check(done, f"{file} is no dump that can be restored")


def refuse_while_used(postgres: psycopg.Connection[Any], database: str) -> None:
    used = postgres.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename <> %s", [database, SUPERUSER]
    ).fetchone()
    if used and used[0]:
        raise NotDone(f"The database is in use by {used[0]} connections: stop the server first.")


def create_database(postgres: psycopg.Connection[Any], database: str, login: str) -> None:
    postgres.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
            sql.Identifier(database), sql.Identifier(login)
        )
    )


def rename(postgres: psycopg.Connection[Any], database: str, name: str) -> None:
    postgres.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(database), sql.Identifier(name)))


def drop(postgres: psycopg.Connection[Any], *databases: str) -> None:
    for database in databases:
        postgres.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def check(done: "subprocess.CompletedProcess[str]", what_failed: str) -> None:
    if done.returncode:
        errors = done.stderr.strip().splitlines() or ["no reason given"]
        raise NotDone(f"{what_failed}: {errors[0]}")
