"""The board as a page lists it: which question is asked for what was chosen (compiled queries).

A question's shape is what was chosen from lists of ours, and in which part of the order its page begins. What somebody
wrote, who they are and what time it is are values.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property, partial
from typing import Any, NamedTuple
from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.ground import paging
from carecollective.ground.compiled import compiled

from ..models import HelpRequest, Listing, Part, Turnable, asked_for, holds_since, near_town, town_of
from ..models.queryset import HelpRequestQuerySet, looked_for, with_words

ORDER = [("created_at", True), ("id", True)]
TYPED = ("q", "near", "sort")


class Shape(NamedTuple):
    """`part` is the one in which the page's place stands, where it has one."""

    chosen: tuple[tuple[str, str], ...] = ()
    is_soonest: bool = False
    part: int | None = None
    is_backwards: bool = False

    @property
    def moments(self) -> set[str]:
        """The urgencies of which it matters since when they hold."""
        return {"critical", "urgent"} if self.is_soonest else {dict(self.chosen).get("urgency", "")} - {""}


class Board(Turnable):
    """What others ask for, as `chosen` narrows and orders it, from a place on. Asked in `by`'s own scope."""

    def __init__(self, chosen: dict[str, str], by: Member, place: paging.Place | None = None) -> None:
        from_lists = tuple(sorted((name, value) for name, value in chosen.items() if name not in TYPED))
        self.shape = Shape(from_lists, chosen.get("sort") == "soonest")
        self.typed = {"words": looked_for(chosen["q"])} if "q" in chosen else {}
        self.typed |= town_of(by) if "near" in chosen else {}
        self.values: dict[str, Any] = {"by": by.pk} | {name: value for name, value in self.typed.items() if value}
        if place:
            part, created_at, id = place.values
            self.shape = self.shape._replace(part=part, is_backwards=place.backwards)
            self.values |= {"created_at": datetime.fromisoformat(created_at), "id": UUID(id)}
        self.values |= {urgency: holds_since(urgency) for urgency in self.shape.moments}

    @cached_property
    def counts_itself(self) -> bool:  # type: ignore[override]
        return self.shape == Shape() and len(self.values) == 1

    def __getitem__(self, wanted: slice) -> list[Any]:
        return _rows(self.shape, wanted.start or 0, wanted.stop, **self.values)

    def asked_first(self, number: int) -> list[Any]:
        return _first(self.shape, number, **self.values)

    def asked_count(self) -> list[int | None]:
        # In whichever order there are as many, and newest first they are counted soonest.
        shape = self.shape._replace(is_soonest=False)
        in_vain = self.shape.moments - shape.moments
        return _count(shape, **{name: value for name, value in self.values.items() if name not in in_vain})


@compiled
def _rows(shape: Shape, start: int, stop: int, **values: Any) -> Any:
    return listing(shape, **values)[start:stop]


@compiled
def _first(shape: Shape, number: int, **values: Any) -> Any:
    return listing(shape, **values).asked_first(number)


@compiled
def _count(shape: Shape, **values: Any) -> Any:
    return listing(shape, **values).asked_count()


def listing(shape: Shape, **values: Any) -> Listing:
    """The same as the ORM asks it."""
    since = values.__getitem__
    board = HelpRequest.objects.on_the_board(Member(pk=values["by"])).exclude(user=values["by"])
    boards = [each.newest_first() for each in (board.by_how_soon(since) if shape.is_soonest else [board])]
    order: Callable[[Any], Any] = HelpRequestQuerySet.newest_first
    if shape.is_soonest:
        order = partial(HelpRequestQuerySet.soonest_first, since=since)
    if shape.part is not None:
        boards = _from(boards, shape.part, [values["created_at"], values["id"]], backwards=shape.is_backwards)
    if shape.is_backwards:
        boards, forwards = [each.reverse() for each in boards], order
        return Listing(_parts(boards, shape, values), lambda found: forwards(found).reverse())
    return Listing(_parts(boards, shape, values), order)


def _from(boards: list[Any], part: int, place: list[Any], *, backwards: bool) -> list[Any]:
    """The part in which the place stands is cut there, and those before it are left out."""
    beyond = paging.beyond(ORDER, place, backwards=backwards)
    return [
        each.filter(beyond) if at == part else each
        for at, each in enumerate(boards)
        if at == part or (at > part) != backwards
    ]


def _parts(boards: list[Any], shape: Shape, values: dict[str, Any]) -> list[Part]:
    narrowed = asked_for(dict(shape.chosen), values.__getitem__)
    if "words" in values:
        narrowed &= with_words(values["words"])
    ways = near_town(**{name: values[name] for name in ("row", "name") if name in values})
    return [Part(board, narrowed, ways) for board in boards]
