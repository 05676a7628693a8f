"""The list of help requests as programs ask for it: which question is asked for what they said (compiled queries).

What they chose from lists of ours is a question's shape; words, who asks, and the place where a page begins are values.
"""

from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from carecollective.accounts.models import Member
from carecollective.ground import languages, paging
from carecollective.ground.compiled import compiled
from carecollective.ground.identity import asking_as
from helprequests import services
from helprequests.models import HelpRequest, HelpRequestQuerySet, Listing, Part, asked_for
from helprequests.models.queryset import looked_for, with_words

FROM_LISTS = ("category", "language", "urgency")
ORDER = [("created_at", True), ("id", True)]


class Shape(NamedTuple):
    """`chosen`: filters, and what they say. `begins`: does it go backwards from its place? None: it has no place."""

    chosen: tuple[tuple[str, str], ...] = ()
    status: str | None = None
    is_mine: bool = False
    begins: bool | None = None


def page(asked: dict[str, Any], *, by: Member) -> paging.Page[HelpRequest]:
    """One page, newest first, of what `asked` (a BoardQuery that passed) narrows it to. Raises InvalidCursor."""
    of, limit = f"help_requests:{by.pk}", asked.get("limit", paging.SIZE)
    place = paging.place(asked.get("cursor"), of=of)
    shape, values = _shape(asked, place), _values(asked, place, by)
    if asked.get("language", "") not in ("", *languages.OFFERED):  # there are too many to keep a question for each
        narrowed = _narrowed(shape, values)
        return services.listed(_board(shape, by), asked_for=narrowed, by=by, cursor=asked.get("cursor"), limit=limit)
    with asking_as(by):
        rows = _rows(shape, limit + 1, **values)
    return paging.page(rows, limit=limit, came_from=place, key=_key, of=of)


def _shape(asked: dict[str, Any], place: paging.Place | None) -> Shape:
    chosen = tuple((name, asked[name]) for name in FROM_LISTS if asked.get(name))
    return Shape(chosen, asked.get("status"), bool(asked.get("mine")), place.backwards if place else None)


def _values(asked: dict[str, Any], place: paging.Place | None, by: Member) -> dict[str, Any]:
    values: dict[str, Any] = {"by": by.pk}
    if words := looked_for(asked.get("q", "")):
        values["words"] = words
    if place:
        created_at, id = place.values
        values |= {"created_at": datetime.fromisoformat(created_at), "id": UUID(id)}
    return values


def _key(row: HelpRequest) -> list[Any]:
    return [paging.plain(getattr(row, name)) for name, _ in ORDER]


@compiled
def _rows(shape: Shape, number: int, **values: Any) -> Any:
    return listing(shape, **values)[0:number]


def listing(shape: Shape, **values: Any) -> Listing:
    """The same as the ORM asks it."""
    board = _board(shape, Member(pk=values["by"])).newest_first()
    if shape.begins is not None:
        board = board.filter(paging.beyond(ORDER, [values["created_at"], values["id"]], backwards=shape.begins))
    board = board.reverse() if shape.begins else board
    return Listing([Part(board, _narrowed(shape, values))], partial(_turned, backwards=bool(shape.begins)))


def _board(shape: Shape, member: Member) -> HelpRequestQuerySet[HelpRequest]:
    if not shape.is_mine:
        return HelpRequest.objects.on_the_board(member, status=shape.status)
    mine = HelpRequest.objects.filter(user=member.pk)
    return mine.filter(status=shape.status) if shape.status else mine


def _narrowed(shape: Shape, values: dict[str, Any]) -> Q:
    chosen = dict(shape.chosen)
    narrowed = asked_for({name: chosen[name] for name in ("category", "language") if name in chosen})
    if "urgency" in chosen:  # as it was said, whenever that was
        narrowed &= Q(urgency=chosen["urgency"])
    return narrowed & with_words(values["words"]) if "words" in values else narrowed


def _turned(found: Any, *, backwards: bool) -> Any:
    return found.newest_first().reverse() if backwards else found.newest_first()
