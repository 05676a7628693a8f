"""A list of requests that costs what is shown of it, and not what there is (a top-N query whose plan holds).

A list that is narrowed down can be read in its order until a page is full, which is quick where much of the board is
found; or all that is found can be looked up and sorted, which is quick where little is. Each is a disaster in the
other's case, and beneath a row security policy the planner has to guess: it may not use what it knows of words. So it
is not asked: the database looks at the first of the board, then looks up at most FEW, and goes by what it found.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, F, Func, Q, QuerySet, Value, When
from django.db.models.lookups import GreaterThan

from helprequests.models.arrays import THE_FIRST, IsOneOf, Otherwise, RowByRow, TrueAmongFirst, joined

FEW = 1_000
# Of the board, before anything is looked up.
LOOKED_AT_FIRST = 2_000
# Where few are wanted, so much of it for each: what is not found among those is rare enough to be looked up.
FOR_EACH = 100


class Part:
    """What is found on a board (an ordered queryset), perhaps under a condition. No array is made in vain.

    `ways` are conditions of which no request fulfils two, one of which has to hold besides: each has an index of its
    own, and is looked up by itself.
    """

    def __init__(self, board: Any, condition: Q | None = None, ways: Sequence[Q] = ()) -> None:
        self.board, self.narrowed, self.ways = board, condition or Q(), ways
        self.condition = self.narrowed & Q(*ways, _connector=Q.OR)

    def ids(self, number: int) -> Any:
        """An array of at least the first `number` ids: just these, or, where they are few, all."""
        if not self.condition:
            return self._in_order(number)
        found = Otherwise(self._looked_up(), self._in_order(number), unless=f"cardinality(ids) > {FEW}")
        return Otherwise(self._of_the_first(number, self.condition), found, unless=f"cardinality(ids) < {number:d}")

    def count(self) -> Any:
        """How many there are, up to FEW + 1."""
        if not self.condition:
            return _length(self._in_order(FEW + 1))
        if self.ways:  # each has an index of its own, which ends at FEW too
            return _length(self._looked_up())
        many = GreaterThan(_length(self._of_the_first(FEW + 1, self.condition)), FEW)
        return Case(When(many, then=Value(FEW + 1)), default=_length(self._looked_up()))

    def _looked_up(self) -> Any:
        if not self.ways:
            return self._by_index(self.narrowed)
        if not self.narrowed:
            return joined(*map(self._by_index, self.ways))
        # What is rare is looked up, and then each way tried on it; what is not, that is tried on each way's rows.
        rare = Otherwise(
            self._of_the_first(FEW + 1, self.narrowed),
            self._by_index(self.narrowed),
            unless=f"cardinality(ids) <= {FEW}",
        )
        row_by_row = RowByRow(self.narrowed)
        by_ways = joined(*(self._by_index(way & Q(row_by_row)) for way in self.ways))
        few = self._by_index(Q(IsOneOf(F("pk"), THE_FIRST)) & Q(*self.ways, _connector=Q.OR))
        return Otherwise(rare, by_ways, unless=f"cardinality(ids) > {FEW}", but=few)

    def _by_index(self, condition: Q) -> Any:
        return ArraySubquery(self.board.filter(condition).order_by().values("pk")[: FEW + 1])

    def _in_order(self, number: int) -> Any:
        return ArraySubquery(self._read_through().values("pk")[:number])

    def _of_the_first(self, number: int, condition: Q) -> Any:
        first = min(LOOKED_AT_FIRST, FOR_EACH * number)
        return TrueAmongFirst(self.board, condition, first=first, number=number)

    def _read_through(self) -> Any:
        return self.board.filter(RowByRow(self.condition)) if self.condition else self.board


class Turnable(ABC):
    """What is found, as a paginator turns its pages: by so many, and how many there are as far as that is counted."""

    # Does one question say what the first are, and how many there are?
    counts_itself: bool

    @abstractmethod
    def __getitem__(self, wanted: slice) -> Any:
        """These of them, with the names of their people."""

    @abstractmethod
    def asked_first(self, number: int) -> Iterable[Any]:
        """The first, where it `counts_itself`: each says as `found` how many there are, too."""

    @abstractmethod
    def asked_count(self) -> Iterable[int | None]:
        """How many there are, in the first of these or in none."""

    @cached_property
    def found(self) -> int:
        """How many there are; FEW + 1 stands for any number above FEW."""
        return min(FEW + 1, next(iter(self.asked_count()), 0) or 0)

    @property
    def is_counted(self) -> bool:
        return self.found <= FEW

    def count(self) -> int:
        """How many can be reached by the number of a page."""
        return min(self.found, FEW)

    def first(self, number: int) -> list[Any]:
        """The first of them. Of a whole board one question says how many there are, too."""
        if not self.counts_itself:
            return list(self[0:number])
        rows = list(self.asked_first(number))
        self.found = min(FEW + 1, rows[0].found) if rows else 0
        return rows


class Listing(Turnable):
    """Parts that have no request in common, put in order."""

    def __init__(self, parts: Sequence[Part], order: Callable[[Any], Any]) -> None:
        self.parts, self.order = parts, order
        self.counts_itself = len(parts) == 1 and not parts[0].condition
        self._all: Any = parts[0].board.model._default_manager

    def asked_first(self, number: int) -> Any:
        return self[0:number].annotate(found=self._counted())

    def asked_count(self) -> Any:
        return self._all.order_by().values_list(self._counted(), flat=True)[:1]

    def _counted(self) -> Any:
        return sum((part.count() for part in self.parts[1:]), self.parts[0].count())

    def __getitem__(self, wanted: slice) -> Any:
        if self.counts_itself:
            found = self.parts[0].board
        else:
            ids = joined(*(part.ids(wanted.stop) for part in self.parts))
            found = self.order(self._all.filter(IsOneOf(F("pk"), ids)))
        if not wanted.start:
            return found.with_names()[wanted]
        # Far down, the names of those alone that are shown.
        here = ArraySubquery(found.values("pk")[wanted])
        return self.order(self._all.filter(IsOneOf(F("pk"), here))).with_names()


def no_more_than(number: int, queryset: QuerySet[Any]) -> Any:
    """The first rows of an ordered queryset, to be put in another order, counted or filtered like any other."""
    ids = ArraySubquery(queryset.values("pk")[:number])
    return queryset.model._default_manager.filter(IsOneOf(F("pk"), ids))


def _length(array: Any) -> Func:
    return Func(array, function="cardinality", output_field=models.IntegerField())
