"""The pages of the list: by their number as far as it is counted, and beyond that by the place of their rows.

A number costs what stands before its page, so no number goes further than FEW requests. From there each page names the
place where the next one begins, which costs the same however far it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from carecollective.accounts.models import Member
from carecollective.ground import paging
from carecollective.ground.refusals import InvalidCursor

from .board import ORDER, Board

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Turned:
    """A page, and what the address says of it and of the pages beside it, where there are any."""

    listing: Board
    page: "Page[Any]"
    here: dict[str, str]
    previous: dict[str, str] | None
    next: dict[str, str] | None

    @property
    def more(self) -> int:
        """How many stand on the next page, as far as anybody knows."""
        left = self.listing.count() - self.page.end_index()
        return min(PER_PAGE, left) if self.listing.is_counted else PER_PAGE


def turned_to(asked: Mapping[str, str], chosen: dict[str, str], *, by: Member) -> Turned:
    """The page that an address asks for; the nearest one where it asks for none that there is. In `by`'s own scope."""
    of = f"board:{by.pk}:{chosen.get('sort', '')}"
    listing = Board(chosen, by)
    numbered: Paginator[Any] = Paginator(listing, PER_PAGE)  # type: ignore[arg-type]  # only sliced and counted
    place = _place(asked.get("place"), of)
    if place and not listing.is_counted:
        return _at(place, _number(asked.get("page"), numbered.num_pages), numbered, Board(chosen, by, place), of)
    page = _by_number(asked.get("page"), numbered, listing)
    goes_on = (
        {} if page.has_next() or listing.is_counted else {"place": paging.after(_key(page.object_list[-1]), of=of)}
    )
    return Turned(
        listing,
        page,
        here=_address(page.number),
        previous=_address(page.number - 1) if page.has_previous() else None,
        next=_address(page.number + 1) | goes_on if page.has_next() or goes_on else None,
    )


def _by_number(asked: str | None, numbered: "Paginator[Any]", listing: Board) -> "Page[Any]":
    if asked is None:
        return Page(listing.first(PER_PAGE), 1, numbered)
    page = numbered.get_page(asked)
    page.object_list = list(page.object_list)
    return page


def _at(place: paging.Place, number: int, numbered: "Paginator[Any]", beyond: Board, of: str) -> Turned:
    rows = list(beyond[: PER_PAGE + 1])
    found = paging.page(rows, limit=PER_PAGE, came_from=place, key=_key, of=of)
    back: dict[str, Any] = {} if number - 1 <= numbered.num_pages else {"place": found.previous}
    listing: Any = numbered.object_list  # what it was made of
    return Turned(
        listing,
        Page(found.results, number, numbered),
        here=_address(number) | {"place": place.cursor},
        previous=_address(number - 1) | back,
        next=_address(number + 1) | {"place": found.next} if found.next else None,
    )


def _key(row: Any) -> list[Any]:
    """Its place: in which part of the order, and where in it."""
    return [getattr(row, "how_soon", 0), *(paging.plain(getattr(row, name)) for name, _ in ORDER)]


def _place(cursor: str | None, of: str) -> paging.Place | None:
    try:
        return paging.place(cursor, of=of)
    except InvalidCursor:
        return None


def _number(asked: str | None, numbered: int) -> int:
    return max(int(asked), numbered + 1) if asked and asked.isdecimal() and len(asked) < 10 else numbered + 1


def _address(number: int) -> dict[str, str]:
    return {"page": str(number)} if number > 1 else {}
