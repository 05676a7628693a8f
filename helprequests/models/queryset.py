"""Which help requests there are for a member: what they may see, find and list (the QuerySet)."""

from collections.abc import Callable
from typing import Any, Self, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Concat, Now, StrIndex
from django.db.models.lookups import GreaterThan

from carecollective.accounts.models import Block, Member
from carecollective.ground.folding import fold
from carecollective.ground.registry import Many
from carecollective.ground.text_lookups import Folded

from .life import TAKES_OFFERS
from .urgency import how_soon, said_since

# The words of title and description, without a language: members write in several.
SEARCHED = SearchVector(Folded("title"), Folded("description"), config="simple")
# For a member, the ids of the requests that they talk about: what messaging hangs on a request registers itself.
talked_about: Many[Callable[[Member], models.QuerySet[Any, Any]]] = Many()

_Request = TypeVar("_Request", bound=models.Model)  # the request itself stands on this


class HelpRequestQuerySet(models.QuerySet[_Request]):
    def visible_to(self, member: Member) -> Self:
        """Others' requests while they are open or in progress; later only those one has part in. Never those of
        somebody with whom there is a block.

        Asks for conversations and blocks, so it runs inside `acting_as(member)`.
        """
        # Who talks about a request is derived here, so that nothing has to be propagated.
        has_part = Q(user=member) | Q(helper=member)
        for of_member in talked_about:
            has_part |= Q(pk__in=of_member(member))
        return self.without_blocked(member).filter(Q(status__in=TAKES_OFFERS) | has_part)

    def without_blocked(self, member: Member) -> Self:
        others = Block.objects.between(member.pk, OuterRef("user"))
        return self.filter(~Exists(others))

    def with_names(self) -> Self:
        """With the people's names and towns: the columns of others that a member's role may read. `posted_for` is
        whom the team asks for, where the person has no account.
        """
        own = [field.name for field in self.model._meta.concrete_fields]
        theirs = [f"{person}__{column}" for person in ("user", "helper") for column in ("name", "town")]
        found = self.select_related("user", "helper").only(*own, *theirs)
        return found.annotate(posted_for=F("on_behalf__shown_name"))

    def taking_offers(self) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), status__in=TAKES_OFFERS)

    def on_the_board(self, member: Member, *, status: str | None = None) -> Self:
        """What the list shows: what takes offers; in another status, what this member has part in."""
        if status is not None and status not in TAKES_OFFERS:
            return self.visible_to(member).filter(status=status)
        board = self.taking_offers().without_blocked(member)
        return board.filter(status=status) if status else board

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")

    def needed(self, urgency: str) -> Self:
        """As soon as this, and still: what was needed on a day that has passed is not needed so soon any more."""
        return self.filter(urgency=urgency).filter(said_since(urgency))

    def soonest_first(self) -> Self:
        return self.annotate(how_soon=how_soon()).order_by("how_soon", "-created_at", "-id")

    def near(self, town: str) -> Self:
        """Requests from this town, as its name is written by whoever asks: "Springfield, east side" is in Springfield.

        Only what stands before the first comma counts, so that a state or a country does not part neighbors.
        """
        return self.filter(_is_near(town))

    def nearest_first(self, town: str) -> Self:
        """Those from this town, then the others, each newest first."""
        return self.annotate(is_near=Case(When(_is_near(town), then=True), default=False)).order_by(
            "-is_near", "-created_at", "-id"
        )

    def written_in(self, tag: str) -> Self:
        """Those in this language, in whichever region or script of it: `es` finds `es-MX` too."""
        return self.filter(Q(language=tag) | Q(language__startswith=f"{tag}-"))

    def matching(self, words: str) -> Self:
        """Requests that hold a word beginning with each of these."""
        found = fold(words).split()
        if not found:
            return self
        query = SearchQuery(" & ".join(f"'{word}':*" for word in found), config="simple", search_type="raw")
        return self.annotate(searched=SEARCHED).filter(searched=query)


def _is_near(town: str) -> Q:
    if not town:
        return Q(pk=None)
    words = fold(town.partition(",")[0])
    if not words:  # a town without a letter
        return Q(location_override__iexact=town) | Q(location_override="", user__town__iexact=town)
    name = f" {words} "
    return Q(_has(name, "location_override")) | Q(_has(name, "user__town"), location_override="")


def _has(words: str, column: str) -> GreaterThan:
    folded = Concat(Value(" "), Folded(column), Value(" "), output_field=models.TextField())
    return GreaterThan(StrIndex(folded, Value(words)), Value(0))
