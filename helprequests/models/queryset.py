"""Which help requests there are for a member: what they may see, find and list (the QuerySet)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from carecollective.accounts.models import Block, Member
from carecollective.ground.folding import fold
from carecollective.ground.identity import as_the_system_outside
from carecollective.ground.purposes import Purpose
from carecollective.ground.registry import Many
from carecollective.ground.text_search import beginnings_of, row_of, search
from helprequests.models.arrays import RowByRow

from .life import TAKES_OFFERS
from .urgency import Since, how_soon, said_since

# For a member, the ids of the requests that they talk about: what messaging hangs on a request registers itself.
talked_about: Many[Callable[[Member], models.QuerySet[Any, Any]]] = Many()

_Request = TypeVar("_Request", bound=models.Model)  # the request itself stands on this


class HelpRequestQuerySet(models.QuerySet[_Request]):
    def update(self, **values: Any) -> int:
        """In whatever scope stands; outside of every scope nobody writes help requests but the system."""
        with as_the_system_outside(Purpose.HELP_REQUESTS):
            return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        with as_the_system_outside(Purpose.HELP_REQUESTS):
            return super().delete()

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
        # Both lists are made once, and not looked through anew for each row.
        blocked = Block.objects.filter(blocker=member.pk).values("blocked")
        blocking = Block.objects.filter(blocked=member.pk).values("blocker")
        return self.exclude(user__in=blocked).exclude(user__in=blocking)

    def with_names(self) -> Self:
        """With the people's names and towns: the columns of others that a member's role may read. `posted_for` is
        whom the team asks for, where the person has no account.
        """
        own = [field.name for field in self.model._meta.concrete_fields if not field.generated]
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

    def needed(self, urgency: str, since: Since | None = None) -> Self:
        """As soon as this, and still: what was needed on a day that has passed is not needed so soon any more."""
        return self.filter(needed(urgency, since))

    def soonest_first(self, since: Since | None = None) -> Self:
        return self.annotate(how_soon=how_soon(since)).order_by("how_soon", "-created_at", "-id")

    def by_how_soon(self, since: Since | None = None) -> list[Self]:
        """What `soonest_first` puts first, next and last: each by itself is in that order newest first."""
        parts = [self.needed("critical", since), self.needed("urgent", since), self]
        return [
            part.annotate(how_soon=how_soon(since)).filter(RowByRow(Q(how_soon=rank)))
            for rank, part in enumerate(parts)
        ]

    def matching(self, words: str) -> Self:
        """Requests that hold a word beginning with each of these."""
        return self.filter(matching(words))


def asked_for(chosen: Mapping[str, str], since: Since | None = None) -> Q:
    """What a list can be narrowed to, by the names that pages and the API have for it: words (`q`), kind, language."""
    how: dict[str, Callable[[str], Q]] = {
        "q": matching,
        "language": written_in,
        "urgency": partial(needed, since=since),
    }
    how["category"] = lambda kind: Q(category=kind)
    return Q(*(how[name](value) for name, value in chosen.items() if name in how and value))


def needed(urgency: str, since: Since | None = None) -> Q:
    return Q(urgency=urgency) & said_since(urgency, since)


def written_in(tag: str) -> Q:
    """In this language, in whichever region or script of it: `es` finds `es-MX` too."""
    return Q(language=tag) | Q(language__startswith=f"{tag}-")


def matching(words: str) -> Q:
    """With a word that begins with each of these."""
    found = looked_for(words)
    return with_words(found) if found else Q()


def looked_for(words: str) -> str:
    """These words, as the database takes them: nothing where there is no letter among them."""
    return beginnings_of(fold(words).split())


def with_words(looked_for: str) -> Q:
    return Q(search_words=search(looked_for))


def near(town: str) -> list[Q]:
    """From this town, as its name is written by whoever asks: "Springfield, east side" is in Springfield.

    Two ways, and no request goes both: it names a place, or its owner is from there. Only what stands before the first
    comma of `town` counts, so that a state or a country does not part neighbors.
    """
    row = row_of_town(town)
    return near_row(row) if row else near_name(town)


def row_of_town(town: str) -> str:
    """The words of its name, as the database takes them: nothing where there is no letter among them."""
    return row_of(fold(town.partition(",")[0]).split())


def near_row(row: str) -> list[Q]:
    return _near(place_words=search(row), user__town_words=search(row))


def near_name(town: str) -> list[Q]:
    """Of a town without a letter."""
    return _near(location_override__iexact=town, user__town__iexact=town)


def _near(**ways: Any) -> list[Q]:
    at_a_place, at_home = (Q(**{name: value}) for name, value in ways.items())
    return [~Q(location_override="") & at_a_place, Q(location_override="") & at_home]
