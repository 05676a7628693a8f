"""Policies for whoever owns the tables, which a backup names by a name: restored under another one they pass nobody.

So `manage.py migrate` puts them up again, and `verify_schema` and `doctor` say where they are missing (`walls.faults`).
"""

from collections.abc import Iterator

from django.db import connection

from carecollective.ground.walls import OWNER, Policy, walls

THERE = """
SELECT polrelid::regclass::text, polname::text FROM pg_policy JOIN pg_class AS c ON c.oid = polrelid
WHERE polroles = ARRAY[relowner]
"""


def put_up() -> None:
    """As the owner, who then is the one that they name. The schema has to be that of this version."""
    for table, policy in list(_missing()):
        with connection.cursor() as cursor:
            cursor.execute(f'DROP POLICY IF EXISTS "{policy.name}" ON {table}')
            cursor.execute(policy.sql(table))


def _missing() -> Iterator[tuple[str, Policy]]:
    with connection.cursor() as cursor:
        cursor.execute(THERE)
        there = set(cursor.fetchall())
    for table, wall in walls().items():
        for policy in wall.policies:
            if policy.to == OWNER and (table, policy.name) not in there:
                yield table, policy
