"""What home shows of the board: the newest near a member, or of all."""

from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value

from carecollective.accounts.models import Member
from carecollective.ground.compiled import compiled

from .arrays import IsOneOf, unless_empty
from .help_request import HelpRequest
from .listing import Part
from .queryset import near_name, near_row, row_of_town


def newest_near(member: Member, number: int) -> list[Any]:
    """The newest of others from their town, or the newest of all where none is, with the names of their people;
    `is_near` says which.
    """
    return _newest_near(number, member=member.pk, **town_of(member))


def town_of(member: Member) -> dict[str, str]:
    """By what those near to them are looked for: `row` or, for a town without a letter, `name`."""
    row = row_of_town(member.town)
    return {"row": row} if row else {"name": member.town} if member.town else {}


def near_town(*, row: str = "", name: str = "") -> list[Q]:
    """The ways in which a request is near to what `town_of` said."""
    return near_row(row) if row else near_name(name) if name else []


@compiled
def _newest_near(number: int, *, member: UUID, **town: str) -> QuerySet[HelpRequest]:
    board = HelpRequest.objects.on_the_board(Member(pk=member)).exclude(user=member).newest_first()
    ways = near_town(**town)
    ids = Part(board).ids(number)
    if ways:
        ids = unless_empty(Part(board, ways=ways).ids(number), ids)
    found = HelpRequest.objects.filter(IsOneOf(F("pk"), ids)).newest_first().with_names()
    return found.annotate(is_near=Q(*ways, _connector=Q.OR) if ways else Value(False))[:number]
