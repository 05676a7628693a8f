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
    return _returned(model, _insert(model, values, only_if, on_conflict), values, returning)


def insert_and(
    model: type[M], values: dict[str, Any], call: str, *, only_if: str = "", on_conflict: str = "", **more: Any
) -> tuple[M, tuple[Any, ...]] | None:
    """The same; and what this `call` of a function says, in the same statement, of the new row, whose name in it is
    `written`. Where nothing was written nothing is called. `more` are values of the call.
    """
    fields = model._meta.concrete_fields
    columns = ", ".join(str(field.column) for field in fields)
    statement = f"""WITH written AS ({_insert(model, values, only_if, on_conflict)} RETURNING {columns})
        SELECT written.*, said.* FROM written CROSS JOIN LATERAL {call} AS said"""  # noqa: S608  (likewise)
    with connection.cursor() as cursor:
        cursor.execute(statement, values | more)
        row = cursor.fetchone()
    count = len(fields)
    return row and (model.from_db(connection.alias, [field.attname for field in fields], row[:count]), row[count:])


def _insert(model: type[M], values: dict[str, Any], only_if: str, on_conflict: str) -> str:
    columns = ", ".join(values)
    named = ", ".join(f"%({column})s" for column in values)
    # Names come from our own code alone, values never stand in the text.
    source = f"SELECT {named} WHERE {only_if}" if only_if else f"VALUES ({named})"
    statement = f"INSERT INTO {model._meta.db_table} ({columns}) {source}"
    return f"{statement} ON CONFLICT {on_conflict} DO NOTHING" if on_conflict else statement


def partly(model: type[M], names: str, row: Iterable[Any]) -> M:
    """A row of which a statement by hand reads these fields (attribute names, in the order of the statement)."""
    known = dict(zip(names.split(), row, strict=True))
    # In the order of the model, where Django expects them.
    there = [field.attname for field in model._meta.concrete_fields if field.attname in known]
    return model.from_db(connection.alias, there, [known[name] for name in there])


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
