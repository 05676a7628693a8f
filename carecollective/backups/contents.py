"""What is in a database: how many rows in which table, of which release. A backup says it, a restore compares."""

from typing import Any

import psycopg
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

# Counters of limits and what is on its way to open pages are UNLOGGED, and in no backup.
TABLES = """
SELECT nspname::text, relname::text, relforcerowsecurity FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind = 'r' AND relpersistence = 'p' AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1, 2
"""
# Whoever owns something in this database, or has a right on it.
ROLES = """
SELECT DISTINCT rolname::text FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid
WHERE refclassid = 'pg_authid'::regclass AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1
"""
OWNER = "SELECT tableowner::text FROM pg_tables WHERE schemaname = 'public' AND tablename = 'django_migrations'"
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY id"


def described(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """In one transaction of the caller's, whose login row level security does not hold."""
    return {
        "release": settings.VERSION,
        "postgresql": connection.info.server_version // 10_000,
        "database": connection.info.dbname,
        "owner": next((name for (name,) in connection.execute(OWNER)), ""),
        "roles": [name for (name,) in connection.execute(ROLES)],
        "migrations": [name for (name,) in connection.execute(MIGRATIONS)],
        "rows": rows(connection),
    }


def rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    return {f"{schema}.{table}": _count(connection, schema, table) for schema, table, _ in connection.execute(TABLES)}


def rows_as_the_owner(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Likewise for the owner of all tables, in a database that nobody uses: its walls are as they were afterwards."""
    with connection.transaction(force_rollback=True):
        for schema, table, is_forced in connection.execute(TABLES).fetchall():
            if is_forced:
                name = sql.Identifier(schema, table)
                connection.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(name))
        return rows(connection)


def unknown_migrations(names: list[str]) -> list[str]:
    """Those that this release does not have: the backup was made by a newer one."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    return [name for name in names if name not in known]


def _count(connection: psycopg.Connection[Any], schema: str, table: str) -> int:
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))).fetchone()
    return int(found[0]) if found else 0
