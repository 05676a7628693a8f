"""Writing rows column by column, as PostgreSQL's column grants want it.

`Model.objects.create()` names every column, and a member may not even say DEFAULT for a time: that is SQLSTATE 42501.
"""

from collections.abc import Iterable
from typing import Any, TypeVar, overload

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


@overload
def insert(model: type[M], values: dict[str, Any], *, returning: Iterable[str] = ()) -> M: ...
@overload
def insert(
    model: type[M], values: dict[str, Any], *, only_if: str = "", on_conflict: str = "", returning: Iterable[str] = ()
) -> M | None: ...
def insert(
    model: type[M],
    values: dict[str, Any],
    *,
    only_if: str = "",
    on_conflict: str = "",
    returning: Iterable[str] = (),
) -> M | None:
    """The new row as the database wrote it, or None where `on_conflict` ("(id)", "ON CONSTRAINT name") let it be.

    `values` are by column. A conflict is no exception, so the transaction goes on, and neither is `only_if`: a
    condition in SQL that names values as %(column)s, without which nothing is written. `returning` names the fields
    where the caller's role may not read them all.
    """
    columns = ", ".join(values)
    named = ", ".join(f"%({column})s" for column in values)
    # Names come from our own code alone, values never stand in the text.
    source = f"SELECT {named} WHERE {only_if}" if only_if else f"VALUES ({named})"
    statement = f"INSERT INTO {model._meta.db_table} ({columns}) {source}"
    if on_conflict:
        statement += f" ON CONFLICT {on_conflict} DO NOTHING"
    return _returned(model, statement, values, returning)


def update(row: M, **values: Any) -> M:
    """The row as it is after the change, its times included. The caller holds the lock."""
    changes = ", ".join(f"{column} = %s" for column in values)
    statement = f"UPDATE {row._meta.db_table} SET {changes} WHERE id = %s"  # noqa: S608  (likewise)
    changed = _returned(type(row), statement, [*values.values(), row.pk])
    if changed is None:
        raise type(row).DoesNotExist  # type: ignore[attr-defined]  # each model has one
    return changed


def _returned(model: type[M], statement: str, values: Any, names: Iterable[str] = ()) -> M | None:
    wanted = set(names)
    fields = [field for field in model._meta.concrete_fields if not wanted or field.name in wanted]
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} RETURNING {', '.join(str(field.column) for field in fields)}", values)
        row = cursor.fetchone()
    return row and model.from_db(connection.alias, [field.attname for field in fields], row)
