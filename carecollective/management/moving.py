"""A whole database from one PostgreSQL to another, whichever of the supported versions each is (dump and restore).

The programs of the newer version read and write both: an older pg_dump refuses a newer server. What they say that an
older server does not know is left out. Everything goes in with one transaction, or nothing does.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

from carecollective.ground.embedded_postgresql.archive import NotDone
from carecollective.ground.embedded_postgresql.cluster import cluster_in
from carecollective.ground.embedded_postgresql.programs import Programs, find_programs
from carecollective.ground.embedded_postgresql.server import SUPERUSER

EMBEDDED = "embedded"
MOVING = 20261201  # names the lock
# What pg_dump of 17 and later sets at its beginning, and servers before do not know.
UNKNOWN_BEFORE = {b"SET transaction_timeout = 0;\n": 170000}
NAMES = """
SELECT DISTINCT rolname::text, rolcanlogin FROM pg_shdepend JOIN pg_roles AS r ON r.oid = refobjid
WHERE refclassid = 'pg_authid'::regclass AND (dbid = there.oid OR (dbid = 0 AND objid = there.oid))
"""
TABLES = """
SELECT schemaname::text, tablename::text FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)' ORDER BY 1, 2
"""
Connection = psycopg.Connection[Any]


def address_of(place: str, database: str) -> str:
    """The address by which an administrator comes to it: `embedded`, or the address itself."""
    if place != EMBEDDED:
        return place
    cluster = cluster_in(str(settings.EMBEDDED_POSTGRES_DIR))
    cluster.ensure(database)
    where = cluster.joined().address()
    return psycopg.conninfo.make_conninfo(**where, user=SUPERUSER, dbname=database)


def move(source: str, target: str, tell: Callable[[str], object]) -> None:
    """Both as an administrator's addresses; the target is empty. Raises NotDone, with nothing changed."""
    with _connected(source, "the old place") as old, _connected(target, "the new place") as new:
        _refuse_what_cannot_be(old, new)
        programs = _programs_for(old, new)
        _make_roles(old, new)
        tell(f"From PostgreSQL {_major(old)} to PostgreSQL {_major(new)} ...")
        _copy(programs, source, target, new.info.server_version)
        new.execute("ANALYZE")  # a dump holds no statistics, and the planner would guess
        _compare(old, new)
    tell("Done: each table has as many rows as before. The old place is as it was: keep it until you have looked.")


@contextmanager
def _connected(address: str, which: str) -> Iterator[Connection]:
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise NotDone(f"Nobody gets into {which}: {str(error).strip().splitlines()[-1]}") from None
    with connection:
        yield connection


def _refuse_what_cannot_be(old: Connection, new: Connection) -> None:
    for connection, which in ((old, "the old place"), (new, "the new place")):
        if not _one(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            raise NotDone(
                f"The login {connection.info.user} of {which} is no superuser, from whom no row is hidden: nothing was "
                "moved. Name its administrator."
            )
        if not _one(connection, "SELECT pg_try_advisory_lock(%s)", MOVING):
            raise NotDone(f"Another move is at work on {which}: nothing was moved. Wait for its end.")
    if _one(new, f"SELECT EXISTS ({TABLES})"):
        raise NotDone("The new place has tables already: nothing was moved. Make an empty database there.")
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user"
    if used := _one(old, others):
        raise NotDone(f"The old place is in use by {used} connections: stop the site first. Nothing was moved.")
    there = {name for (name,) in new.execute("SELECT rolname FROM pg_roles")}
    if missing := [name for name, can_log_in in _names(old) if can_log_in and name not in there]:
        raise NotDone(
            f"The new place lacks the login {missing[0]}: nothing was moved. docs/operations.md shows how to make both."
        )


def _programs_for(old: Connection, new: Connection) -> Programs:
    """The newest that are here. Raises NotDone where a server is newer than they are."""
    wanted = max(_major(old), _major(new))
    for major in range(18, wanted - 1, -1):
        try:
            return find_programs(major)
        except ImproperlyConfigured:
            continue
    raise NotDone(f"pg_dump and psql of PostgreSQL {wanted} are not on this machine: nothing was moved.")


def _names(old: Connection) -> list[tuple[str, bool]]:
    """Whom the database names, as owner, in a grant or in a policy; and whether they log in."""
    question = NAMES.replace("there.oid", "(SELECT oid FROM pg_database WHERE datname = current_database())")
    return old.execute(question).fetchall()


def _make_roles(old: Connection, new: Connection) -> None:
    """Those that members, the team and jobs act in, for both logins to take: a dump holds none."""
    how = "WITH INHERIT FALSE, SET TRUE" if new.info.server_version >= 160000 else ""
    names = _names(old)
    there = {name for (name,) in new.execute("SELECT rolname FROM pg_roles")}
    logins = sql.SQL(", ").join(sql.Identifier(name) for name, can_log_in in names if can_log_in)
    for role in (name for name, can_log_in in names if not can_log_in):
        if role not in there:
            new.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOBYPASSRLS").format(sql.Identifier(role)))
        new.execute(sql.SQL("GRANT {} TO {} {}").format(sql.Identifier(role), logins, sql.SQL(how)))


def _copy(programs: Programs, source: str, target: str, version: int) -> None:
    """Raises NotDone where either ended badly: then the transaction of the whole is rolled back."""
    write = [programs.path("pg_dump"), f"--dbname={source}"]
    read = [programs.path("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    with subprocess.Popen(write, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writing:
        assert writing.stdout  # noqa: S101 (it was asked for)
        reading = subprocess.Popen(
            [*read, "--output=/dev/null", f"--dbname={target}"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert reading.stdin  # noqa: S101
        too_new = {line for line, since in UNKNOWN_BEFORE.items() if version < since}
        try:
            for line in writing.stdout:
                if line in too_new:
                    too_new.remove(line)  # once, at the beginning: later it could be what somebody wrote
                else:
                    reading.stdin.write(line)
            if writing.wait():
                reading.kill()  # half a dump must not be committed
        except BrokenPipeError:
            writing.kill()
        _, complaint_of_psql = reading.communicate()
        complaint = (writing.stderr.read() if writing.stderr else b"") or complaint_of_psql
    if writing.returncode or reading.returncode:
        reason = complaint.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise NotDone(f"It was not moved, and the new place is as it was: {reason[0]}")


def _compare(old: Connection, new: Connection) -> None:
    tables = old.execute(TABLES).fetchall()
    counting = [sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table)) for table in tables]
    for table, question in zip(tables, counting, strict=True):
        there, here = _one(old, question), _one(new, question)
        if there != here:
            raise NotDone(
                f"{'.'.join(table)} has {here} rows in the new place and {there} in the old: somebody wrote meanwhile. "
                "Stop the site, empty the new place, and begin anew."
            )


def _major(connection: Connection) -> int:
    return connection.info.server_version // 10_000


def _one(connection: Connection, question: Any, *values: Any) -> Any:
    found = connection.execute(question, values or None).fetchone()
    return found and found[0]
