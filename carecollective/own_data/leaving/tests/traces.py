"""Looking for a text in every column of every table, in what sessions hold, and in files."""

import re
from pathlib import Path

from django.contrib.sessions.models import Session
from django.db import connection

from carecollective.ground.scope_guard import unguarded
from carecollective.tests.owner import laid_open

EVERY_TABLE = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname
"""
# The whole row as text: no column can be forgotten.
ROWS = 'SELECT t::text FROM "{table}" AS t'


def in_the_database(marks):
    """{table: what was found}, behind every wall, also in what a session holds in its own writing."""
    sought = re.compile("|".join(map(re.escape, marks)), re.IGNORECASE)
    found = {}
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(EVERY_TABLE)
        tables = [table for (table,) in cursor.fetchall()]
        cursor.execute("SELECT relname FROM pg_class WHERE relforcerowsecurity")
        forced = {table for (table,) in cursor.fetchall()} | {"members", "mfa_authenticator"}  # their secrets
        for table in tables:
            with laid_open(*(forced & {table})):
                cursor.execute(ROWS.format(table=table))
                hits = [hit for (row,) in cursor.fetchall() for hit in sought.findall(row)]
            if hits:
                found[table] = sorted(set(hits))
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    if any(sought.search(one) for one in sessions):
        found["django_session, read"] = True
    return found


def columns_with(marks):
    """{(table, column)} in which a text was found, of the tables that can be read as they are or by the system."""
    sought = re.compile("|".join(map(re.escape, marks)), re.IGNORECASE)
    found = set()
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(EVERY_TABLE)
        tables = [table for (table,) in cursor.fetchall()]
        cursor.execute("SELECT relname FROM pg_class WHERE relforcerowsecurity")
        forced = {table for (table,) in cursor.fetchall()} | {"members", "mfa_authenticator"}  # their secrets
        for table in tables:
            with laid_open(*(forced & {table})):
                cursor.execute(f'SELECT each.key, each.value FROM "{table}" AS t, jsonb_each_text(to_jsonb(t)) AS each')
                found |= {(table, column) for column, value in cursor.fetchall() if value and sought.search(value)}
    return found


def in_files(folder, marks):
    sought = re.compile("|".join(map(re.escape, marks)).encode(), re.IGNORECASE)
    return [path.name for path in Path(folder).rglob("*") if path.is_file() and sought.search(path.read_bytes())]
