"""What the team does with members: lock, check, write, write down who did it. All of it or none."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from carecollective.refusals import InvalidTransition, NotFound, PermissionDenied

from . import mail, second_factor, sign_ins
from .models import Member

Verification, Restriction = Member.Verification, Member.Restriction
LOCKED_OUT = (Restriction.SUSPENDED, Restriction.BANNED)


class LastAdministrator(InvalidTransition):
    message = _("Somebody has to stay administrator. Make another one first.")


def administrators() -> QuerySet[Member]:
    """Who can give out the roles, and is free to come in; not whoever is about to leave."""
    is_one = Q(is_superuser=True) | Q(groups__name="administrators")
    approved = Member.objects.filter(is_staff=True, verification_status=Verification.APPROVED, leaving_at=None)
    return approved.filter(is_one).exclude(restriction__in=LOCKED_OUT)


def is_administrator(member: Member) -> bool:
    return administrators().filter(pk=member.pk).exists()


def is_beyond_decisions(member: Member, *, by: Member) -> bool:
    """Nobody turns down or restricts themselves or a superuser."""
    return member.pk == by.pk or member.is_superuser


@transaction.atomic
def add(
    *, by: Member, email: str, name: str, town: str = "", language: str = "", password: str | None = None
) -> Member:
    """An account that the team makes for somebody; without a password nobody can sign in to it yet.

    Raises PermissionDenied.
    """
    _refuse_unless_permitted("accounts.add_member", _locked(by.pk).get(by.pk))
    member = Member.objects.create_user(email, password or None, name=name, town=town, language=language)
    audit.record(Kind.ACCOUNT_MADE, by=by, subject=member.pk)
    return member


@transaction.atomic
def approve(member_id: UUID, *, by: Member) -> Member:
    """Let somebody in, and tell them. Raises PermissionDenied, NotFound."""
    member = _locked_for("accounts.approve_member", member_id, by)
    return _decided(member, by, Verification.APPROVED)


@transaction.atomic
def turn_down(member_id: UUID, *, by: Member) -> Member:
    """The application is not for this community: what stays is their own account.

    Raises PermissionDenied, NotFound, LastAdministrator.
    """
    member = _locked_for("accounts.approve_member", member_id, by)
    _refuse_if_beyond_decisions(member, by)
    was_administrator = is_administrator(member)
    member = _decided(member, by, Verification.REJECTED)
    if was_administrator:
        refuse_without_administrator()
    return member


@transaction.atomic
def restrict(member_id: UUID, *, by: Member, restriction: str, until: datetime | None = None) -> Member:
    """Set how far a member may go, "none" included, for good or until a moment. A ban ends every session and token of
    theirs at once.

    Raises PermissionDenied, NotFound, LastAdministrator.
    """
    member = _locked_for("accounts.restrict_member", member_id, by)
    if restriction != Restriction.NONE or member.pk == by.pk:
        _refuse_if_beyond_decisions(member, by)
    was_administrator = is_administrator(member)
    before = member.restriction, member.restricted_until
    member = _changed(member, by, "restriction", Restriction(restriction))
    if member.restricted_until != until:
        member.restricted_until = until
        member.save(update_fields=["restricted_until"])
    if before != (restriction, until):
        ends = f" until {until:%Y-%m-%d %H:%M}" if until else ""
        audit.record(Kind.RESTRICTED, by=by, subject=member.pk, codes=f"{before[0]} > {restriction}{ends}")
        mail.tell_of_a_restriction.defer(member_id=str(member.pk), restriction=restriction)
    if was_administrator and restriction in LOCKED_OUT:
        refuse_without_administrator()
    if restriction == Restriction.BANNED:
        # So that lifting the ban revives no session on a device that somebody else may hold by then.
        sign_ins.end_all(member)
    return member


@transaction.atomic
def warn(member_id: UUID, *, by: Member) -> Member:
    """The member meets a warning before everything else, until they say that they have read it.

    Raises PermissionDenied, NotFound.
    """
    member = _locked_for("accounts.restrict_member", member_id, by)
    _refuse_if_beyond_decisions(member, by)
    member.warned_at = timezone.now()
    member.save(update_fields=["warned_at"])
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, str(_("Warned")), single_object=True)
    audit.record(Kind.WARNED, by=by, subject=member.pk)
    return member


@transaction.atomic
def acknowledge_warning(*, by: Member) -> None:
    """The member has read it, and goes on."""
    if Member.objects.filter(pk=by.pk, warned_at__isnull=False).update(warned_at=None):
        LogEntry.objects.log_actions(by.pk, [by], CHANGE, str(_("Has read the warning")), single_object=True)
        audit.record(Kind.WARNING_READ, by=by, subject=by.pk)


@transaction.atomic
def lift_ended_restrictions() -> int:
    """What was set until a moment that has passed is over, and its members are told; how many members that freed."""
    over = Member.objects.filter(restricted_until__lte=timezone.now())
    ended = list(over.select_for_update(no_key=True).order_by("pk"))
    for member in ended:
        codes = f"{member.restriction} > {Restriction.NONE}"
        member.restriction, member.restricted_until = Restriction.NONE, None
        member.save(update_fields=["restriction", "restricted_until"])
        audit.record(Kind.RESTRICTION_ENDED, by=Hand.CLOCK, subject=member.pk, codes=codes)
        mail.tell_of_a_restriction.defer(member_id=str(member.pk), restriction=str(Restriction.NONE))
    return len(ended)


@transaction.atomic
def take_second_step_away(member_id: UUID, *, by: Member) -> None:
    """For somebody who lost both their phone and their codes; an administrator has made sure who asks.

    Raises PermissionDenied, NotFound.
    """
    member = _locked_for("accounts.change_member", member_id, by)
    if not is_administrator(by):
        raise PermissionDenied
    _refuse_if_beyond_decisions(member, by)
    if second_factor.is_set_up(member):
        second_factor.take_away(member, by=by, reason="by an administrator")


def refuse_without_administrator() -> None:
    """Asked after a write that may have taken the last one away. Raises LastAdministrator.

    The lock makes two who step down at once see each other: the second counts what the first has left. It is the weak
    one, because giving out a role holds a share of the group's row already.
    """
    Group.objects.select_for_update(no_key=True).get(name="administrators")
    if not administrators().exists():
        raise LastAdministrator


def _locked(*ids: UUID) -> dict[UUID, Member]:
    """In the order of their ids, so that two who decide about each other do not wait for ever. Not who has left."""
    locked = Member.objects.select_for_update(no_key=True).filter(pk__in=ids, left_at=None).order_by("pk")
    return {member.pk: member for member in locked}


def _locked_for(permission: str, member_id: UUID, by: Member) -> Member:
    """The member, where the caller is (still) on the team and permitted."""
    found = _locked(member_id, by.pk)
    _refuse_unless_permitted(permission, found.get(by.pk))
    if member_id not in found:
        raise NotFound
    return found[member_id]


def _refuse_unless_permitted(permission: str, by: Member | None) -> None:
    if by is None or not by.is_staff:
        raise PermissionDenied
    by.refuse_unless_approved()
    if not by.has_perm(permission):
        raise PermissionDenied


def _refuse_if_beyond_decisions(member: Member, by: Member) -> None:
    if member.pk == by.pk:
        raise PermissionDenied(_("Nobody decides about their own account. Ask somebody else on the team."))
    if member.is_superuser:
        raise PermissionDenied(_("This account keeps the site running, so it cannot be turned down or restricted."))


def _decided(member: Member, by: Member, outcome: Verification) -> Member:
    before = member.verification_status
    member = _changed(member, by, "verification_status", outcome)
    if before != outcome:
        kind = Kind.APPROVED if outcome == Verification.APPROVED else Kind.TURNED_DOWN
        audit.record(kind, by=by, subject=member.pk, codes=f"{before} > {outcome}")
        mail.tell_the_decision.defer(member_id=str(member.pk))
    return member


def _changed(member: Member, by: Member, field: str, value: Any) -> Member:
    """Writes it, and who did it. What is so already is neither written nor counted as an act."""
    before = getattr(member, f"get_{field}_display")()
    if getattr(member, field) == value:
        return member
    setattr(member, field, value)
    member.save(update_fields=[field])
    after = getattr(member, f"get_{field}_display")()
    named: Any = Member._meta.get_field(field)
    said = f"{capfirst(str(named.verbose_name))}: {before} → {after}"
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, said, single_object=True)
    return member
