"""What a listing says to PostgreSQL: arrays of ids, and conditions that no index answers (query expressions)."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import ExpressionWrapper, Func, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce


class IsOneOf(Func):
    """Whether a column is in an array, which is made once, before any row is read."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()


class RowByRow(Func):
    """The same condition, but no index answers it, and the planner takes it for one that nearly every row fulfils:
    so it reads in order.
    """

    template = "CASE WHEN %(expressions)s THEN true END IS NOT NULL"
    output_field = models.BooleanField()

    def __init__(self, condition: Q | None = None) -> None:
        super().__init__(ExpressionWrapper(condition, models.BooleanField()))


class TrueAmongFirst(Func):
    """The ids of up to `number` of the first rows of an ordered queryset, of those for which a condition holds.

    Read in order, each row once, and no further than the last one wanted.
    """

    template = "ARRAY(SELECT pk FROM %(expressions)s AS first WHERE is_found LIMIT %(number)s)"

    def __init__(self, rows: Any, condition: Q, *, first: int, number: int) -> None:
        looked_at = rows.values("pk", is_found=RowByRow(condition))[:first]
        ids = ArrayField(models.UUIDField())
        super().__init__(Subquery(looked_at), number=f"{number:d}", output_field=ids)


def joined(*arrays: Any) -> Any:
    return Func(*arrays, template="(%(expressions)s)", arg_joiner=" || ", output_field=arrays[0].output_field)


# What an `Otherwise` has made first, for what stands in its `but`.
THE_FIRST = RawSQL("first.ids", ())


class Otherwise(Func):
    """One array of ids, or another one where the first will not do: `unless` says of its `ids` when. `but` is what
    is made of the first where it will do.

    Each is made once, or not at all: what stands twice in a statement is carried out twice.
    """

    template = "(SELECT CASE WHEN %(unless)s THEN %(expressions)s AS ids OFFSET 0) AS first)::uuid[]"

    def __init__(self, first: Any, otherwise: Any, *, unless: str, but: Any = THE_FIRST) -> None:
        made = Func(
            otherwise, but, template="%(expressions)s END", arg_joiner=" ELSE ", output_field=first.output_field
        )
        super().__init__(made, first, unless=unless, arg_joiner=" FROM (SELECT ", output_field=first.output_field)


def unless_empty(array: Any, otherwise: Any) -> Any:
    first = Func(array, template="NULLIF(%(expressions)s, '{}')", output_field=array.output_field)
    return Coalesce(first, otherwise)
