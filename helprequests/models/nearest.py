"""What home shows of the board: the newest near a member, or of all (a compiled query).

To put the question together takes the ORM many times longer than PostgreSQL needs for the answer. So it is done once,
for a member and a town that stand for any, and then whoever asks takes their place among its values.
"""

from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import F, Q, UUIDField, Value
from django.db.models.expressions import RawSQL

from carecollective.accounts.models import Member
from carecollective.ground.text_search import row_of

from .arrays import IsOneOf, joined, unless_empty
from .help_request import HelpRequest
from .listing import Part
from .queryset import HelpRequestQuerySet, near, words_of_town

SOMEBODY, SOMEWHERE = UUID(int=1), "somewhere"


def newest_near(member: Member, number: int) -> HelpRequestQuerySet[Any]:
    """The newest of others from their town, or the newest of all where none is, with the names of their people;
    `is_near` says which.
    """
    ways = near(member.town) if member.town else []
    found = HelpRequest.objects.filter(IsOneOf(F("pk"), _ids(member, number))).newest_first().with_names()
    return found.annotate(is_near=Q(*ways, _connector=Q.OR) if ways else Value(False))[:number]


def _ids(member: Member, number: int) -> Any:
    words = words_of_town(member.town)
    if member.town and not words:  # a town without a letter is looked for in another way
        return _asked(member, number)
    sql, values = _put_together(number, has_town=bool(words))
    given = {SOMEBODY: member.pk, row_of([SOMEWHERE]): row_of(words)}
    # Bound, as everywhere: the text is the ORM's own.
    return RawSQL(sql, [given.get(value, value) for value in values], ArrayField(UUIDField()))  # noqa: S611


@cache
def _put_together(number: int, *, has_town: bool) -> tuple[str, tuple[Any, ...]]:
    anybody = Member(pk=SOMEBODY, town=SOMEWHERE if has_town else "")
    query = HelpRequest.objects.annotate(ids=_asked(anybody, number)).query
    sql, values = query.get_compiler(connection=connection).compile(query.annotations["ids"])
    return sql, tuple(values)


def _asked(member: Member, number: int) -> Any:
    board = HelpRequest.objects.on_the_board(member).exclude(user=member).newest_first()
    newest = Part(board).ids(number)
    if not member.town:
        return newest
    return unless_empty(joined(*(Part(board, way).ids(number) for way in near(member.town))), newest)
