"""Who may do what to rows of a private table (row level security, RLS): said in its model, compared with the database.

    wall = Wall(
        members="SELECT, DELETE",
        system="SELECT (id, member_id), INSERT (member_id, note), DELETE",
        policies=[Policy("its writer reads it", "SELECT", "members system", own_or_system("member_id")), ...],
    )

A migration holds the SQL as it was on its day (`manage.py wall TABLE` prints it); `verify_schema` says where the two
differ.
"""

import re
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, models, transaction

from carecollective.ground.registry import models_that_say

ROLES = {"members": "authenticated", "staff": "care_staff", "system": "care_system"}
LOGIN = "PUBLIC"  # a login has a name of its own in each installation: its policies ask whether a scope stands
IS_LOGIN = "current_user = session_user"
ME = "(SELECT acting_member())"
IS_SYSTEM = "current_user = 'care_system'"
IS_TEAM_OR_SYSTEM = "current_user IN ('care_staff', 'care_system')"
OWNER = "CURRENT_USER"  # whoever creates the policy


def own(column: str) -> str:
    """The condition for rows whose `column` is the member who asks."""
    return f"{column} = {ME}"


def own_or_system(column: str) -> str:
    """The condition for rows whose `column` is the member who asks; the system passes."""
    return f"{IS_SYSTEM} OR {own(column)}"


class Policy(NamedTuple):
    """`to` is of members, staff and system, parted by spaces, or LOGIN; `using` is asked of rows that are there,
    `check` of rows as they are to be. `on` is the table of somebody below, where only the one above can say who passes.
    A restrictive one is asked beside those that let somebody through.
    """

    name: str
    command: str
    to: str
    using: str = ""
    check: str = ""
    on: str = ""
    is_restrictive: bool = False

    def sql(self, table: str) -> str:
        """The statement that creates it."""
        roles = ", ".join(ROLES.get(role, role) for role in self.to.split())
        asked = [("USING", self.using), ("WITH CHECK", self.check)]
        clauses = "".join(f"\n    {when} ({cleandoc(condition)})" for when, condition in asked if condition)
        kind = " AS RESTRICTIVE" if self.is_restrictive else ""
        return f'CREATE POLICY "{self.name}" ON {table}{kind} FOR {self.command} TO {roles}{clauses};'


def for_system(name: str, command: str) -> Policy:
    """What the system may do to every row."""
    return Policy(name, command, "system", *_asked(command, IS_SYSTEM))


def _asked(command: str, condition: str) -> tuple[str, str]:
    """As USING and as CHECK: of rows that are there, or of the new one."""
    return ("", condition) if command == "INSERT" else (condition, "")


def for_triggers(*commands: str) -> list[Policy]:
    """What the owner's own code may do in triggers, whose statement ever they follow."""
    return [
        Policy(
            f"triggers of the owner {BY_TRIGGERS[command]}",
            command,
            OWNER,
            *_asked(command, "pg_trigger_depth() > 0"),
        )
        for command in commands
    ]


BY_TRIGGERS = {"SELECT": "read", "INSERT": "write", "UPDATE": "tell again", "DELETE": "take back"}


class Wall(NamedTuple):
    """What each of three roles is granted, as GRANT takes it, and the policies that its rows are then asked for."""

    policies: Sequence[Policy]
    members: str = ""
    staff: str = ""
    system: str = ""
    is_forced: bool = True
    # The team's policies and the system's go by the name of their role, which an injected statement can take.
    proven: str = "(SELECT is_proven())"

    def all_policies(self) -> list[Policy]:
        """Where the team or the system has rights, they bring a proof too."""
        if not (self.staff or self.system):
            return list(self.policies)
        name = "the team and the system bring a proof"
        return [*self.policies, Policy(name, "ALL", "staff system", self.proven, is_restrictive=True)]

    def granted(self) -> dict[str, str]:
        """{role of the database: its rights, as GRANT takes them}."""
        return {ROLES[who]: rights for who in ROLES if (rights := getattr(self, who))}

    def rights(self) -> set[tuple[str, str, str]]:
        """Each right as (role, command, columns), the columns in their order by name, or * for the table."""
        return {(role, *right) for role, rights in self.granted().items() for right in rights_in(rights)}


def rights_in(rights: str) -> set[tuple[str, str]]:
    """What GRANT takes, as (command, columns)."""
    return {
        (command, " ".join(sorted(re.findall(r"\w+", columns))) or "*")
        for command, columns in re.findall(r"(\w+)\s*(?:\(([^)]*)\))?", rights)
    }


def walls() -> dict[str, Wall]:
    """The wall of every private table, by its name: what its own model says, and what those above it add."""
    declared = {model._meta.db_table: model.wall for model in models_that_say("wall")}
    policies = [(policy.on or table, policy) for table, wall in declared.items() for policy in wall.all_policies()]
    return {
        table: wall._replace(policies=[policy for on, policy in policies if on == table])
        for table, wall in declared.items()
    }


def sql(model: type[models.Model]) -> str:
    """What a migration runs to put up the wall that this model says."""
    table, wall = model._meta.db_table, _wall(model)
    force = ", FORCE ROW LEVEL SECURITY" if wall.is_forced else ""
    lines = [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY{force};", f"REVOKE ALL ON {table} FROM PUBLIC;"]
    lines += [f"GRANT {rights} ON {table} TO {role};" for role, rights in wall.granted().items()]
    return "\n".join([*lines, *(policy.sql(policy.on or table) for policy in wall.all_policies())])


def reverse_sql(model: type[models.Model]) -> str:
    """What takes that wall down again. A right on columns goes with the right on the table."""
    table, wall = model._meta.db_table, _wall(model)
    lines = [f'DROP POLICY "{policy.name}" ON {policy.on or table};' for policy in reversed(wall.all_policies())]
    lines.append(f"REVOKE ALL ON {table} FROM {', '.join(ROLES.values())};")
    return "\n".join([*lines, f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;"])


def _wall(model: Any) -> Wall:
    wall: Wall = model.wall
    return wall


# --- Beside the database ---------------------------------------------------------------------------------------------

RIGHTS = """
SELECT coalesce(rolname::text, 'PUBLIC'), privilege_type, '*'
FROM pg_class AS c CROSS JOIN aclexplode(relacl) AS acl LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
WHERE c.oid = to_regclass(%(table)s) AND acl.grantee <> relowner
UNION ALL
SELECT coalesce(rolname::text, 'PUBLIC'), privilege_type, string_agg(attname, ' ' ORDER BY attname COLLATE "C")
FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid CROSS JOIN aclexplode(attacl) AS acl
LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
WHERE c.oid = to_regclass(%(table)s) AND acl.grantee <> relowner AND NOT attisdropped GROUP BY 1, 2
"""
POLICIES = """
SELECT polname::text, concat_ws(' ', polcmd, polpermissive,
    (SELECT array_agg(CASE r.oid WHEN relowner THEN 'the owner' ELSE rolname END ORDER BY rolname)
     FROM pg_roles AS r WHERE r.oid = ANY (polroles)),
    'USING', pg_get_expr(polqual, polrelid), 'CHECK', pg_get_expr(polwithcheck, polrelid))
FROM pg_policy JOIN pg_class AS c ON c.oid = polrelid WHERE polrelid = to_regclass(%s)
"""
COLUMNS = """
SELECT string_agg(format('%%I %%s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""
WRITTEN_AGAIN = """
SELECT format('ALTER POLICY %%I ON %%s', polname, polrelid::regclass)
    || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
    || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '')
FROM pg_policy WHERE polrelid = to_regclass(%s)
"""
FORCED = """
SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND relrowsecurity AND relforcerowsecurity ORDER BY relname
"""


def faults() -> Iterator[str]:
    """A sentence for each difference between what models say and what the database has."""
    declared = walls()
    for (table,) in _rows(FORCED):
        if table not in declared:
            yield f"no model says the wall of {table}: write wall = Wall(…) in its class"
    for table, wall in declared.items():
        yield from _faults_of_rights(table, wall)
        yield from _faults_of_policies(table, wall)


def _faults_of_rights(table: str, wall: Wall) -> Iterator[str]:
    # What the web login has outside of every scope stands in a list of its own: carecollective.ground.logins.
    there = {right for right in _rows(RIGHTS, {"table": f"public.{table}"}) if right[0] != settings.WEB_LOGIN}
    for what, rights in (("missing", wall.rights() - there), ("too much", there - wall.rights())):
        for role, command, columns in sorted(rights):
            whose = "" if role in ("authenticated", "PUBLIC") else f"{role} "
            yield f"this grant is {what}: {whose}{table} {command} {columns}"


def _faults_of_policies(table: str, wall: Wall) -> Iterator[str]:
    there, declared = dict(_rows(POLICIES, [f"public.{table}"])), _as_the_database_writes(table, wall)
    for name in sorted(there.keys() | declared.keys()):
        if name not in there:
            yield f'the policy "{name}" on {table} is missing: manage.py wall {table} prints it for a migration'
        elif name not in declared:
            yield f'the policy "{name}" on {table} is in no wall of a model'
        elif there[name] not in declared[name]:
            yield f'the policy "{name}" on {table} is not what the wall of its model says'


def _as_the_database_writes(table: str, wall: Wall) -> dict[str, list[str]]:
    """PostgreSQL keeps a condition in a writing of its own, so it is asked to write ours: on a twin, for a moment.

    And once more from that writing, as a restored backup has it: some casts then stand elsewhere, and mean the same.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(COLUMNS, [f"public.{table}"])  # not LIKE: for that one has to be allowed to read the rows
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({cursor.fetchone()[0]})")
        for policy in wall.policies:
            cursor.execute(policy.sql(f"pg_temp.{table}"))
        written = dict(_rows(POLICIES, [f"pg_temp.{table}"]))
        for (statement,) in _rows(WRITTEN_AGAIN, [f"pg_temp.{table}"]):
            cursor.execute(statement)
        again = dict(_rows(POLICIES, [f"pg_temp.{table}"]))
        transaction.set_rollback(True)
    return {name: [written[name], again[name]] for name in written}


def _rows(statement: str, values: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
