"""What every decision of the team about a member begins and ends with: lock, permission (authorization), entry."""

from typing import Any
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from carecollective.ground.refusals import NotFound, PermissionDenied

from . import making, own_matters, ranks
from .administrators import is_administrator
from .models import Member


def is_beyond_decisions(member: Member, *, by: Member) -> bool:
    """Nobody decides about themselves, whoever is of an equal or a higher rank, or a matter of their own."""
    return not ranks.may_act_on(member, by=by) or own_matters.is_concerned(member, by)


def locked(*ids: UUID) -> dict[UUID, Member]:
    """In the order of their ids, so that two who decide about each other do not wait for ever. Not who has left."""
    found = Member.objects.select_for_update(no_key=True).filter(pk__in=ids, left_at=None).order_by("pk")
    return {member.pk: member for member in found}


def locked_for(permission: str, member_id: UUID, by: Member) -> Member:
    """The member, where the caller is (still) on the team and permitted."""
    found = locked(member_id, by.pk)
    refuse_unless_permitted(permission, found.get(by.pk))
    if member_id not in found:
        raise NotFound
    return found[member_id]


def locked_for_an_administrator(member_id: UUID, by: Member) -> Member:
    member = locked_for("accounts.change_member", member_id, by)
    if not is_administrator(by):
        raise PermissionDenied
    return member


def refuse_unless_permitted(permission: str, by: Member | None) -> None:
    if by is None or not by.is_staff:
        raise PermissionDenied
    by.refuse_unless_approved()
    if not by.has_perm(permission):
        raise PermissionDenied


def refuse_if_beyond_decisions(member: Member, by: Member, permission: str = "change_member") -> None:
    """The codename is of those who can instead of whoever has a matter of their own with the member."""
    if member.pk == by.pk:
        raise PermissionDenied(_("You cannot decide about your own account. Ask someone else on the team."))
    if member.is_superuser:
        raise PermissionDenied(_("This account keeps the site running, so it cannot be declined or restricted."))
    ranks.refuse_unless_above(member, by=by)
    own_matters.refuse_if_concerned(member, permission, by=by)


def refuse_if_made_by(member: Member, by: Member) -> None:
    if making.maker_of(member.pk) == by.pk:
        raise PermissionDenied(_("You made this account, so someone else on the team has to approve it."))


def changed(member: Member, by: Member, field: str, value: Any) -> Member:
    """Writes it, and who did it. What is so already is neither written nor counted as an act."""
    before = getattr(member, f"get_{field}_display")()
    if getattr(member, field) == value:
        return member
    setattr(member, field, value)
    member.save(update_fields=[field])
    after = getattr(member, f"get_{field}_display")()
    named: Any = Member._meta.get_field(field)
    message = f"{capfirst(str(named.verbose_name))}: {before} → {after}"
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, message, single_object=True)
    return member
