"""Ranks of the team (role hierarchy): nobody acts on somebody of an equal or a higher one.

Administrators act on each other, since nobody else may be there to: a second one has to agree first. `rank_of` in the
database says the same again.
"""

from enum import IntEnum

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from carecollective.ground.refusals import PermissionDenied

from .models import Member


class Rank(IntEnum):
    MEMBER = 0
    COORDINATOR = 1  # and whoever is on the team without a group
    MODERATOR = 2
    ADMINISTRATOR = 3
    SUPERUSER = 4


GROUPS = {
    "coordinators": Rank.COORDINATOR,
    "moderators": Rank.MODERATOR,
    "administrators": Rank.ADMINISTRATOR,
}


class NotAbove(PermissionDenied):
    message = _("Their rank on the team is not below yours. Ask someone above both of you.")


def rank_of(member: Member) -> Rank:
    if member.is_superuser:
        return Rank.SUPERUSER
    if not member.is_staff:
        return Rank.MEMBER
    names = member.groups.values_list("name", flat=True)
    return max((GROUPS[name] for name in names if name in GROUPS), default=Rank.COORDINATOR)


def may_act_on(member: Member, *, by: Member) -> bool:
    """Is `by` of a higher rank, or are both administrators? Never on oneself."""
    if member.pk == by.pk:
        return False
    theirs, own = rank_of(member), rank_of(by)
    return own > theirs or own == theirs == Rank.ADMINISTRATOR


def are_equal(member: Member, by: Member) -> bool:
    """Administrators among each other, since nobody else acts on an equal: a second one agrees first."""
    return rank_of(member) == rank_of(by)


def holders(permission: str) -> QuerySet[Member]:
    """Who on the team holds this permission (a codename), now or again by itself: whoever is suspended for a while
    counts, so that a suspension makes nobody the only one.
    """
    able = Q(is_superuser=True) | Q(groups__permissions__codename=permission)
    team = Member.objects.filter(able, is_staff=True, verification_status="approved", left_at=None, leaving_at=None)
    gone = Q(restriction="banned") | Q(restriction="suspended", restricted_until=None)
    return team.exclude(gone).distinct()


def refuse_unless_above(member: Member, *, by: Member) -> None:
    """Raises NotAbove."""
    if not may_act_on(member, by=by):
        raise NotAbove
