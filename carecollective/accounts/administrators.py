"""Administrators: who gives out the roles, and that somebody always can (the last one stays)."""

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from carecollective.ground.refusals import InvalidTransition

from .models import Member

LOCKED_OUT = (Member.Restriction.SUSPENDED, Member.Restriction.BANNED)


class LastAdministrator(InvalidTransition):
    message = _("Someone has to stay administrator. Make another one first.")


def administrators() -> QuerySet[Member]:
    """Who can give out the roles, and is free to come in; not whoever is about to leave."""
    is_one = Q(is_superuser=True) | Q(groups__name="administrators")
    approved = Member.objects.filter(is_staff=True, verification_status=Member.Verification.APPROVED, leaving_at=None)
    return approved.filter(is_one).exclude(restriction__in=LOCKED_OUT)


def is_administrator(member: Member) -> bool:
    return administrators().filter(pk=member.pk).exists()


def refuse_without_administrator() -> None:
    """Asked after a write that may have taken the last one away. Raises LastAdministrator.

    The lock makes two who step down at once see each other: the second counts what the first has left. It is the weak
    one, because giving out a role holds a share of the group's row already.
    """
    Group.objects.select_for_update(no_key=True).get(name="administrators")
    if not administrators().exists():
        raise LastAdministrator
