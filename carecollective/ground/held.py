"""The system is held to the tables of its purpose: a trigger on each of them asks before a statement writes.

A trigger, and no policy: with a policy whoever deletes for a wrong purpose would delete nothing, and hear nothing.
`carecollective.ground.purposes` names the tables, and what can be taken away registers its own; a migration holds what
`sql()` said on its day.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from django.db import connection

from carecollective.ground.purposes import WRITES, Purpose
from carecollective.ground.registry import Many

TRIGGER = "the_system_writes_for_its_purpose"
HELD = """
SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled = 'O' FROM pg_trigger WHERE tgname = %s
"""
also_held: Many[Mapping[Purpose, str]] = Many()


def purposes() -> dict[str, list[str]]:
    """Of each table that the system writes, for what."""
    found = defaultdict[str, list[str]](list)
    for named in (WRITES, *also_held):
        for purpose, tables in named.items():
            for table in tables.split():
                found[table].append(str(purpose))
    return {table: sorted(found[table]) for table in sorted(found)}


def sql(table: str) -> str:
    """What a migration runs once the wall of this table stands."""
    return f"CREATE OR REPLACE {_definition(table)};"


def faults() -> Iterator[str]:
    """A sentence for each table that the database holds the system to otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [TRIGGER])
        there = {table: definition for table, definition, is_on in cursor.fetchall() if is_on}
    for table in sorted(there.keys() | purposes().keys()):
        if table not in purposes():
            yield f"the trigger {TRIGGER} on {table} is of no purpose: carecollective/ground/purposes.py names none"
        elif there.get(table) != f"CREATE {_definition(table)}":
            yield f"the system is not held to its purposes on {table}: a migration has to run {sql(table)}"


def _definition(table: str) -> str:
    """As PostgreSQL writes it."""
    named = ", ".join(f"'{purpose}'" for purpose in purposes()[table])
    return (
        f"TRIGGER {TRIGGER} BEFORE INSERT OR DELETE OR UPDATE ON public.{table} FOR EACH STATEMENT"
        f" WHEN ((CURRENT_USER = 'care_system'::name)) EXECUTE FUNCTION {TRIGGER}({named})"
    )
