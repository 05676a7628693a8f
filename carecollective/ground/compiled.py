"""Questions that the ORM puts together once, and asks for whoever comes (compiled queries).

To put a question together takes the ORM longer than PostgreSQL needs for its answer. So it is done once for each shape,
with values that stand for any; whoever asks takes their place among the bound values of the statement that was kept.

    @compiled
    def own_requests(number: int, *, member: UUID) -> QuerySet[HelpRequest]:
        return HelpRequest.objects.filter(user=member, status="open")[:number]

    rows = own_requests(5, member=by.pk)

What comes by place is the shape: few, nobody's own, and part of the text. What comes by name is a value, which the
function never sees, so none can be kept. Its constants are part of the text too: of those the planner knows what it
has to know for an index that holds a part of the rows, and one plan is good for everybody.
"""

from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from psycopg.sql import Literal

MOST = 200  # shapes of one question
KINDS = {UUID: "uuid", str: "text", datetime: "timestamptz"}  # as PostgreSQL calls them
FAR = timedelta(days=36_500)
# No plan can know such a value. Else PostgreSQL would find one for somebody a little better than the one for everybody,
# and make it anew for each: the larger the tables, the sooner it believes that.
BOUND = "(SELECT %s::{kind})"

Row = TypeVar("Row")
Take = Callable[[dict[str, Any]], Any]


class Compiled(Generic[Row]):
    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self.build = build
        self._statement = lru_cache(MOST)(self._put_together)

    def __call__(self, *shape: Any, **values: Any) -> list[Row]:
        """The rows. Raises TypeError for a value that is no UUID, str or datetime, and LookupError for one that the
        question changes before it is bound, or does not ask with.
        """
        kinds = tuple((name, _kind(value)) for name, value in values.items())
        return self._statement(shape, kinds).rows(values)

    def _put_together(self, shape: tuple[Any, ...], kinds: tuple[tuple[str, type], ...]) -> "_Statement | _Nothing":
        stand_ins = {name: _stand_in(kind, number) for number, (name, kind) in enumerate(kinds)}
        try:
            return _Statement(self.build(*shape, **stand_ins), stand_ins)
        except EmptyResultSet:
            return _Nothing()


compiled = Compiled


def _kind(value: Any) -> type:
    for kind in KINDS:
        if isinstance(value, kind):
            return kind
    raise TypeError(f"{type(value).__name__} is no value of a compiled query: it belongs to the shape.")


def _stand_in(kind: type, number: int) -> Any:
    if kind is datetime:  # so far from each other that a moment near to one of them is known for what it is
        return datetime(2500, 1, 1, tzinfo=UTC) + number * 3 * FAR
    return UUID(int=number + 1) if kind is UUID else f"\ue000{number}\ue001"


class _Nothing:
    """A shape that no row can have, such as the first none of them: nobody is asked."""

    def rows(self, values: dict[str, Any]) -> list[Any]:
        return []


class _Statement:
    def __init__(self, queryset: QuerySet[Any, Any], stand_ins: dict[str, Any]) -> None:
        self._model, self._iterable, self._alias = queryset.model, queryset._iterable_class, queryset.db
        self._compiler = queryset.query.get_compiler(self._alias)
        text, bound = self._compiler.as_sql()
        takes = [_take(value, stand_ins) for value in bound]
        missing = stand_ins.keys() - {name for name, _take in filter(None, takes)}
        if missing:
            raise LookupError(f"Not bound as it was given: {', '.join(sorted(missing))}.")
        self._takes = [take for _name, take in filter(None, takes)]
        parts = (_bound(value) if take else self._literal(value) for value, take in zip(bound, takes, strict=True))
        self._text = (text.replace("%%", "\0") % tuple(parts)).replace("\0", "%%")

    def rows(self, values: dict[str, Any]) -> list[Any]:
        queryset: QuerySet[Any, Any] = QuerySet(self._model, _Asked(self, values), self._alias)  # type: ignore[arg-type]
        queryset._iterable_class = self._iterable
        return list(queryset)

    def compiler(self, values: dict[str, Any]) -> Any:
        """The ORM's own, which knows how rows become objects, and asks by what was kept."""
        compiler: Any = copy(self._compiler)
        compiler.connection = connections[self._alias]  # each thread has its own
        asked = self._text, tuple(take(values) for take in self._takes)
        compiler.as_sql = lambda **_ways: asked
        return compiler

    def _literal(self, value: Any) -> str:
        connection = connections[self._alias]
        connection.ensure_connection()
        return Literal(value).as_string(connection.connection).replace("%", "\0")


class _Asked:
    """All that a queryset needs of its query to read rows."""

    def __init__(self, statement: _Statement, values: dict[str, Any]) -> None:
        self._statement, self._values = statement, values

    def get_compiler(self, using: str | None = None) -> Any:
        return self._statement.compiler(self._values)


def _bound(stand_in: Any) -> str:
    return BOUND.format(kind=KINDS[_kind(stand_in)])


def _take(bound: Any, stand_ins: dict[str, Any]) -> tuple[str, Take] | None:
    """Which value takes this place, and how; None for a constant. A moment may be some time before or after it."""
    for name, stand_in in stand_ins.items():
        if type(bound) is type(stand_in) and bound == stand_in:
            return name, itemgetter(name)
        if isinstance(bound, datetime) and isinstance(stand_in, datetime) and abs(bound - stand_in) < FAR:
            return name, _some_time_from(name, bound - stand_in)
    return None


def _some_time_from(name: str, way: timedelta) -> Take:
    return lambda values: values[name] + way
