"""Keyset paging: lists by the place of rows, not their number. A row added meanwhile repeats and hides no other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from carecollective.ground import cursors

R = TypeVar("R")
SIZE = 20


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """`next` and `previous` are cursors or None, never addresses."""

    results: list[R]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after these values in the list's order, or, going back, before them."""

    values: list[Any]
    backwards: bool = False
    cursor: str = ""


def place(cursor: str | None, *, of: str) -> Place | None:
    """Raises InvalidCursor for a marker of another list or member, or of nobody's making."""
    if not cursor:
        return None
    backwards, *values = cursors.read(cursor, of=of)
    return Place(values, bool(backwards), cursor)


def page(rows: Sequence[R], *, limit: int, came_from: Place | None, key: Callable[[R], list[Any]], of: str) -> Page[R]:
    """A page from up to `limit` + 1 rows, which the caller read in the direction of `came_from`."""
    backwards = came_from is not None and came_from.backwards
    more, found = len(rows) > limit, list(rows[:limit])
    if backwards:
        found.reverse()
    goes_on, comes_before = (True, more) if backwards else (more, came_from is not None)
    if not found:
        goes_on = comes_before = False
    return Page(
        found,
        next=after(key(found[-1]), of=of) if goes_on else None,
        previous=cursors.write([1, *key(found[0])], of=of) if comes_before else None,
    )


def as_it_comes(queryset: QuerySet[Any], number: int) -> QuerySet[Any]:
    return queryset[:number]


def after(values: list[Any], *, of: str) -> str:
    """The cursor of the page that begins after a row with these values in the list's order."""
    return cursors.write([0, *values], of=of)


def paged(
    queryset: QuerySet[Any],
    *,
    cursor: str | None,
    limit: int,
    of: str,
    first: Callable[[Any, int], QuerySet[Any]] = as_it_comes,
) -> Page[Any]:
    """One page of a queryset that is ordered by columns ("-created_at", "-id") which together are unique.

    `first` reads so many rows from its beginning.
    """
    start = place(cursor, of=of)
    order = [(str(name).lstrip("-"), str(name).startswith("-")) for name in queryset.query.order_by]
    if start is not None:
        queryset = queryset.filter(beyond(order, start.values, backwards=start.backwards))
        if start.backwards:
            queryset = queryset.reverse()
    return page(
        list(first(queryset, limit + 1)),
        limit=limit,
        came_from=start,
        key=lambda row: [plain(getattr(row, name)) for name, _ in order],
        of=of,
    )


def beyond(order: list[tuple[str, bool]], values: list[Any], *, backwards: bool) -> Q:
    """Rows after these values in the order ((column, descending), …), or before them when going backwards."""
    after, ties = Q(), Q()
    for (name, descending), value in zip(order, values, strict=True):
        comparison = "lt" if descending != backwards else "gt"
        after |= ties & Q(**{f"{name}__{comparison}": value})
        ties &= Q(**{name: value})
    first, descending = order[0]
    # The planner starts the index scan here; the alternatives above only cut off the ties.
    at_least = "lte" if descending != backwards else "gte"
    return Q(**{f"{first}__{at_least}": values[0]}) & after


def plain(value: Any) -> Any:
    return value if isinstance(value, int) else value.isoformat() if hasattr(value, "isoformat") else str(value)
