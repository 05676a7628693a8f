"""Which steps of a migration would break the release before while both serve (expand, then contract).

Read from the operations, and from the SQL that they run forward. What only makes something, or makes room, is no such
step; neither is one on a table that this release makes itself. What RunPython does cannot be read.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

NAME = r'(?:IF EXISTS )?(?:public\.)?(?P<name>"[^"]+"|\w+)'
MADE = re.compile(
    rf"\bCREATE (?:OR REPLACE )?(?:UNLOGGED )?(?:TABLE|VIEW|FUNCTION|TYPE|DOMAIN|POLICY|TRIGGER|ROLE) {NAME}", re.I
)
STEPS = {
    "takes away": [rf"\bDROP (?:TABLE|VIEW|FUNCTION|TYPE|DOMAIN|COLUMN|POLICY|TRIGGER|SCHEMA) {NAME}"],
    "renames": [
        rf"\bRENAME COLUMN {NAME}",
        rf"\bALTER (?:TABLE|VIEW|FUNCTION|TYPE|DOMAIN) {NAME}(?:\([^)]*\))? RENAME TO",
    ],
    "changes the type of": [rf"\bALTER COLUMN {NAME} (?:SET DATA )?TYPE\b"],
    "demands": [rf"\bALTER COLUMN {NAME} SET NOT NULL"],
    "narrows": [
        rf"\bALTER (?:TABLE|DOMAIN) (?:ONLY )?{NAME}\s+ADD (?:CONSTRAINT|CHECK|UNIQUE)\b",
        rf"\bCREATE POLICY \"[^\"]+\"\s+ON {NAME}\s+AS RESTRICTIVE\b",
        rf"\bREVOKE [^;]*? ON (?:TABLE |FUNCTION )?{NAME}(?:\([^)]*\))?\s+FROM\s+(?!PUBLIC\s*;)",
    ],
}
COMMENT = re.compile(r"--[^\n]*")


class Step(NamedTuple):
    """`what` it does to which object; `name` is what the release before would have to do without."""

    migration: str
    what: str
    name: str

    def __str__(self) -> str:
        return f"{self.migration} {self.what} {self.name}"


def steps(migrations: Sequence[tuple[Migration, ProjectState]]) -> Iterator[Step]:
    """Those of these migrations, each with the state that it begins with, in their order."""
    made = {name for migration, _state in migrations for name in _made(migration)}
    for migration, state in migrations:
        before = state.clone()
        for operation in migration.operations:
            for what, name in _of(operation, migration.app_label, before):
                if not {part.lower() for part in name.split(".")[:1]} & made:
                    yield Step(f"{migration.app_label}.{migration.name}", what, name)
            operation.state_forwards(migration.app_label, before)


def _made(migration: Migration) -> Iterator[str]:
    for operation in migration.operations:
        if isinstance(operation, operations.CreateModel):
            yield str(operation.options.get("db_table") or f"{migration.app_label}_{operation.name_lower}").lower()
        yield from (found["name"].strip('"').lower() for found in MADE.finditer(_sql(operation)))


def _of(operation: Any, app: str, before: ProjectState) -> Iterator[tuple[str, str]]:
    """What it does, and to what: a table, or `table.column`."""
    if isinstance(operation, operations.DeleteModel):
        yield "takes away", _table(app, operation.name_lower, before)
    elif isinstance(operation, operations.RenameModel | operations.AlterModelTable):
        yield "renames", _table(app, getattr(operation, "old_name_lower", operation.name_lower), before)
    elif isinstance(operation, operations.RemoveField):
        yield "takes away", f"{_table(app, operation.model_name_lower, before)}.{operation.name}"
    elif isinstance(operation, operations.RenameField):
        yield "renames", f"{_table(app, operation.model_name_lower, before)}.{operation.old_name}"
    elif isinstance(operation, operations.AddField):
        if _is_missed(operation.field):
            yield "demands", f"{_table(app, operation.model_name_lower, before)}.{operation.name}"
    elif isinstance(operation, operations.AlterField):
        old = before.models[app, operation.model_name_lower].fields[operation.name]
        if _is_narrower(old, operation.field):
            yield "narrows", f"{_table(app, operation.model_name_lower, before)}.{operation.name}"
    elif isinstance(operation, operations.AddConstraint):
        yield "narrows", _table(app, operation.model_name_lower, before)
    yield from _of_sql(_sql(operation))


def _table(app: str, model: str, before: ProjectState) -> str:
    return str(before.models[app, model].options.get("db_table") or f"{app}_{model}")


def _is_missed(field: Any) -> bool:
    """The release before inserts without it. A default of Python's stays in Python."""
    return not (field.null or field.many_to_many or field.generated or field.db_default is not NOT_PROVIDED)


def _is_narrower(old: "models.Field[Any, Any]", new: "models.Field[Any, Any]") -> bool:
    return (
        old.deconstruct()[1] != new.deconstruct()[1]
        or (old.null and not new.null)
        or (new.unique and not old.unique)
        or (new.max_length or 10**9) < (old.max_length or 10**9)
    )


def _sql(operation: Any) -> str:
    """What it runs forward."""
    if not isinstance(operation, operations.RunSQL):
        return ""
    parts = [operation.sql] if isinstance(operation.sql, str) else operation.sql
    return COMMENT.sub("", ";\n".join(part if isinstance(part, str) else part[0] for part in parts))


def _of_sql(text: str) -> Iterator[tuple[str, str]]:
    """Whatever the same text makes anew is replaced, and not gone."""
    for what, patterns in STEPS.items():
        for pattern in patterns:
            for found in re.finditer(pattern, text, re.I):
                yield what, found["name"].strip('"')
