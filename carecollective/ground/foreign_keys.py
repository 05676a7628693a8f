"""Foreign keys whose deletes the database carries out, over one column or several.

Django 5.2 writes neither ON DELETE nor a key of two columns. As a constraint in `Meta` such a key belongs to the
migration state: makemigrations sees it come and go, sqlmigrate prints it, and it reverses by itself.
"""

from functools import partial
from typing import Any

from django.db import models

# The column and its Python side. The truth about it is a ForeignKeyConstraint; its indexes are named in Meta.
reference = partial(models.ForeignKey, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)


class ForeignKeyConstraint(models.BaseConstraint):
    """`fields` of this model refer to `to_fields` of `to` ("app.Model"); the database acts `on_delete`."""

    def __init__(
        self, *, name: str, fields: Any, to: str, to_fields: Any = ("id",), on_delete: str = "CASCADE"
    ) -> None:
        super().__init__(name=name)
        self.fields, self.to, self.to_fields, self.on_delete = tuple(fields), to, tuple(to_fields), on_delete

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        target = model._meta.apps.get_model(self.to)
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({_columns(model, self.fields, quote)}) "
            f"REFERENCES {quote(target._meta.db_table)} ({_columns(target, self.to_fields, quote)}) "
            f"ON DELETE {self.on_delete}"
        )

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        table, name = map(schema_editor.quote_name, (model._meta.db_table, self.name))
        return f"ALTER TABLE {table} DROP CONSTRAINT {name}"

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        """Left to the database, which says it better, and under the lock."""

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs |= {"fields": self.fields, "to": self.to, "to_fields": self.to_fields, "on_delete": self.on_delete}
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ForeignKeyConstraint) and self.deconstruct() == other.deconstruct()

    __hash__ = None  # type: ignore[assignment]  # what Python itself writes beside an __eq__


def _columns(model: Any, fields: Any, quote: Any) -> str:
    return ", ".join(quote(model._meta.get_field(field).column) for field in fields)
