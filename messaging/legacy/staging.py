"""The old system's rows while they are looked at: one temporary table for each file, gone with the transaction.

Set by set and in SQL, since there may be a million of them.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from .old_files import TABLES, Fault, Row, Table

AT_A_TIME = 500
# What a column becomes that the old system did not keep: the others are taken as they are.
FILLED_IN = {
    "messages": {"updated_at": "coalesce(updated_at, created_at)"},
    "conversations": {
        "updated_at": "coalesce(updated_at, created_at)",
        "last_message_at": """coalesce(last_message_at, (
            SELECT max(m.created_at) FROM old_messages AS m WHERE m.conversation_id = it.id), created_at)""",
    },
    "conversation_participants": {
        "joined_at": """coalesce(
            joined_at, (SELECT c.created_at FROM old_conversations AS c WHERE c.id = it.conversation_id), now())""",
    },
}
TWICE = """
SELECT line, first FROM (SELECT line, min(line) OVER (PARTITION BY {key}) AS first FROM {old}) AS found
WHERE line > first ORDER BY line
"""
LOST = """
SELECT line, {column} FROM {old} AS it WHERE {column} IS NOT NULL
    AND NOT EXISTS (SELECT FROM {old_other} AS o WHERE o.id = it.{column})
    AND NOT EXISTS (SELECT FROM {other} AS o WHERE o.id = it.{column}) ORDER BY line
"""
# Messages that answer none of these, then their answers, and so on: whoever is never reached answers in a circle.
IN_A_CIRCLE = """
WITH RECURSIVE reached AS (
    SELECT id FROM old_messages AS it
    WHERE NOT EXISTS (SELECT FROM old_messages AS o WHERE o.id = it.parent_message_id)
    UNION
    SELECT answer.id FROM reached JOIN old_messages AS answer ON answer.parent_message_id = reached.id
) SELECT (SELECT count(*) FROM old_messages) > (SELECT count(*) FROM reached)
"""
INSERT = """
INSERT INTO {table} ({columns}) SELECT {values} FROM {old} AS it ORDER BY line ON CONFLICT ({key}) DO NOTHING
"""


def fill(table: Table, rows: Iterable[Row], more: Iterable[str] = ()) -> int:
    """Take the rows, each with the columns of its file and perhaps `more`. How many they were."""
    columns = [*table.columns, *more]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{_old(table)}")
        cursor.execute(f"CREATE TEMPORARY TABLE {_old(table)} (line int, {_types(table, columns)}) ON COMMIT DROP")
        # In one it would be held here as fast as it is read, where the database is slower.
        count = sum(_copied(cursor, table, columns, some) for some in _some_at_a_time(rows))
        for column in {"id", *table.refers} & {*columns}:
            cursor.execute(f"CREATE INDEX ON {_old(table)} ({column})")
        cursor.execute(f"ANALYZE {_old(table)}")
        cursor.execute(f"GRANT SELECT ON {_old(table)} TO care_system")
    return count


def _copied(cursor: Any, table: Table, columns: list[str], rows: list[Row]) -> int:
    with cursor.copy(f"COPY {_old(table)} (line, {', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row.line, *(row.values[name] for name in columns)])
    return len(rows)


def _some_at_a_time(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while some := list(islice(left, AT_A_TIME)):
        yield some


def twice(table: Table) -> list[Fault]:
    """Rows whose key an earlier one has."""
    key = ", ".join(table.key)
    found = _ask(TWICE.format(key=key, old=_old(table)))
    return [Fault(table.file, line, f"{key} stands in line {first} already") for line, first in found]


def lost(table: Table) -> Iterator[Fault]:
    """Rows that refer to something that is neither in the files nor here. In the system's scope."""
    for column, name in table.refers.items():
        other = next(each for each in TABLES if each.name == name)
        names = {"column": column, "old": _old(table), "old_other": _old(other), "other": _real(other)}
        for line, id in _ask(LOST.format(**names)):
            yield Fault(table.file, line, f"{column}: {id} is not in {other.file}")


def addresses() -> list[tuple[int, UUID, str]]:
    """(line, id, address) of each member."""
    return _ask("SELECT line, id, email FROM old_members ORDER BY line")


def answers_in_a_circle() -> bool:
    ((found,),) = _ask(IN_A_CIRCLE)
    return bool(found)


def insert(table: Table, more: Iterable[str] = ()) -> int:
    """Into the table itself what is not there yet; how many rows that was."""
    columns = [*table.columns, *more]
    values = [FILLED_IN.get(table.name, {}).get(name, name) for name in columns]
    names = {"table": _real(table), "old": _old(table), "key": ", ".join(table.key)}
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(columns=", ".join(columns), values=", ".join(values), **names))
        return int(cursor.rowcount)


def _types(table: Table, columns: list[str]) -> str:
    fields = {field.column: field for field in table.model._meta.concrete_fields}
    return ", ".join(f"{name} {fields[name].db_type(connection)}" for name in columns)


def _old(table: Table) -> str:
    return f"old_{table.name}"


def _real(table: Table) -> str:
    return str(table.model._meta.db_table)


def _ask(question: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())
