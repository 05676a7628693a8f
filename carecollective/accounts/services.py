"""What the team does with members (roles, restrictions, bans): lock, check, write, note by whom. All of it or none."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from carecollective.ground import clock, texts
from carecollective.ground.refusals import PermissionDenied, ValidationFailed

from . import grave, mail, second_factor, sign_ins
from .administrators import LOCKED_OUT, is_administrator, refuse_without_administrator
from .deciding import (
    changed,
    locked,
    locked_for,
    locked_for_an_administrator,
    refuse_if_beyond_decisions,
    refuse_unless_permitted,
)
from .models import Member

Verification, Restriction = Member.Verification, Member.Restriction

ADDRESS_IS_TAKEN = _("Someone has an account with this email address.")


@transaction.atomic
def add(
    *, by: Member, email: str, name: str, town: str = "", language: str = "", password: str | None = None
) -> Member:
    """An account that the team makes for somebody; without a password nobody can sign in to it yet.

    Raises PermissionDenied.
    """
    refuse_unless_permitted("accounts.add_member", locked(by.pk).get(by.pk))
    member = Member.objects.create_user(email, password or None, name=name, town=town, language=language)
    audit.record(Kind.ACCOUNT_MADE, by=by, subject=member.pk)
    return member


@transaction.atomic
def approve(member_id: UUID, *, by: Member) -> Member:
    """Let somebody in, and tell them. Raises PermissionDenied, NotFound."""
    member = locked_for("accounts.approve_member", member_id, by)
    return _decided(member, by, Verification.APPROVED)


@transaction.atomic
def turn_down(member_id: UUID, *, by: Member, reason: str) -> Member:
    """The application is not for this community: what stays is their own account. `approve` is the way back.

    Raises ValidationFailed, PermissionDenied, NotFound, LastAdministrator.
    """
    reason = grave.checked(reason)
    member = locked_for("accounts.approve_member", member_id, by)
    refuse_if_beyond_decisions(member, by)
    was_administrator = is_administrator(member)
    before = member.verification_status
    member = _decided(member, by, Verification.REJECTED)
    if before != Verification.REJECTED:
        grave.keep(Kind.TURNED_DOWN, reason, by=by, subject=member.pk, codes=f"{before} > {Verification.REJECTED}")
    if was_administrator:
        refuse_without_administrator()
    return member


@transaction.atomic
def restrict(
    member_id: UUID,
    *,
    by: Member,
    restriction: str,
    reason: str = "",
    until: datetime | None = None,
    about: UUID | None = None,
) -> Member:
    """Set how far a member may go, for good or until a moment. A ban ends every session and token of theirs at once.

    "none" is the way back, and alone needs no reason. `about` is the report that it follows from.
    Raises ValidationFailed, PermissionDenied, NotFound, LastAdministrator.
    """
    if restriction != Restriction.NONE:
        reason = grave.checked(reason)
    member = locked_for("accounts.restrict_member", member_id, by)
    if restriction != Restriction.NONE or member.pk == by.pk:
        refuse_if_beyond_decisions(member, by)
    was_administrator = is_administrator(member)
    before = member.restriction, member.restricted_until
    member = changed(member, by, "restriction", Restriction(restriction))
    if member.restricted_until != until:
        member.restricted_until = until
        member.save(update_fields=["restricted_until"])
    if before != (restriction, until):
        ends = f" until {until:%Y-%m-%d %H:%M}" if until else ""
        codes = f"{before[0]} > {restriction}{ends}"
        audit.record(Kind.RESTRICTED, by=by, subject=member.pk, codes=codes)
        if restriction != Restriction.NONE:
            grave.keep(Kind.RESTRICTED, reason, by=by, subject=member.pk, about=about, codes=codes)
        mail.tell_of_a_restriction.defer(member_id=str(member.pk), restriction=restriction)
    if was_administrator and restriction in LOCKED_OUT:
        refuse_without_administrator()
    if restriction == Restriction.BANNED:
        # So that lifting the ban revives no session on a device that somebody else may hold by then.
        sign_ins.end_all(member)
    return member


@transaction.atomic
def warn(member_id: UUID, *, by: Member, reason: str, about: UUID | None = None) -> Member:
    """The member meets a warning before everything else, until they say that they have read it.

    Raises ValidationFailed, PermissionDenied, NotFound.
    """
    reason = grave.checked(reason)
    member = locked_for("accounts.restrict_member", member_id, by)
    refuse_if_beyond_decisions(member, by)
    member.warned_at = clock.now()
    member.save(update_fields=["warned_at"])
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, str(_("Warned")), single_object=True)
    audit.record(Kind.WARNED, by=by, subject=member.pk)
    grave.keep(Kind.WARNED, reason, by=by, subject=member.pk, about=about)
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
    over = Member.objects.filter(restricted_until__lte=clock.now())
    ended = list(over.select_for_update(no_key=True).order_by("pk"))
    for member in ended:
        codes = f"{member.restriction} > {Restriction.NONE}"
        member.restriction, member.restricted_until = Restriction.NONE, None
        member.save(update_fields=["restriction", "restricted_until"])
        audit.record(Kind.RESTRICTION_ENDED, by=Hand.CLOCK, subject=member.pk, codes=codes)
        mail.tell_of_a_restriction.defer(member_id=str(member.pk), restriction=str(Restriction.NONE))
    return len(ended)


@transaction.atomic
def take_second_step_away(member_id: UUID, *, by: Member, reason: str) -> None:
    """For somebody who lost both their phone and their codes; an administrator has made sure who asks.

    Raises ValidationFailed, PermissionDenied, NotFound.
    """
    reason = grave.checked(reason)
    member = locked_for_an_administrator(member_id, by)
    refuse_if_beyond_decisions(member, by)
    if second_factor.is_set_up(member):
        second_factor.take_away(member, by=by, reason="by an administrator")
        grave.keep(Kind.SECOND_STEP_TAKEN, reason, by=by, subject=member.pk)


@transaction.atomic
def change_address(member_id: UUID, *, by: Member, email: str, reason: str) -> Member:
    """Another address to sign in with, for somebody who cannot reach the old one; the old one is told.

    Raises ValidationFailed, PermissionDenied, NotFound.
    """
    reason = grave.checked(reason)
    member = locked_for_an_administrator(member_id, by)
    old, email = member.email, texts.clean(email)
    if email == old:
        return member
    if Member.objects.filter(email__iexact=email).exclude(pk=member.pk).exists():
        raise ValidationFailed([{"field": "email", "code": "taken", "detail": ADDRESS_IS_TAKEN}])
    member.email = email
    member.save(update_fields=["email"])
    kept, _new = EmailAddress.objects.update_or_create(user=member, email=old, defaults={"verified": True})
    mail.tell_the_old_address.defer(address_id=kept.pk)
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, str(_("Email address changed")), single_object=True)
    audit.record(Kind.ADDRESS_CHANGED, by=by, subject=member.pk)
    grave.keep(Kind.ADDRESS_CHANGED, reason, by=by, subject=member.pk)
    return member


@transaction.atomic
def change_roles(
    member_id: UUID,
    *,
    by: Member,
    reason: str,
    is_staff: bool,
    groups: Collection[Group],
    is_superuser: bool | None = None,
) -> Member:
    """Who is on the team, and for what. `is_superuser` is a superuser's to say; None leaves it as it is.

    The entries are the database's own. Raises ValidationFailed, PermissionDenied, NotFound, LastAdministrator.
    """
    reason = grave.checked(reason)
    member = locked_for_an_administrator(member_id, by)
    before = _roles_of(member)
    if is_superuser is not None and is_superuser != member.is_superuser and not by.is_superuser:
        raise PermissionDenied
    with audit.done_by(by):
        member.is_staff = is_staff
        member.is_superuser = member.is_superuser if is_superuser is None else is_superuser
        member.save(update_fields=["is_staff", "is_superuser"])
        member.groups.set(groups)
    after = _roles_of(member)
    if after == before:
        return member
    codes = " ".join([f"+{role}" for role in sorted(after - before)] + [f"-{role}" for role in sorted(before - after)])
    message = gettext("Roles: %(codes)s") % {"codes": codes}
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, message, single_object=True)
    grave.keep(Kind.ROLES_CHANGED, reason, by=by, subject=member.pk, codes=codes)
    refuse_without_administrator()
    return member


def _roles_of(member: Member) -> set[str]:
    """By the names that entries have for them."""
    marks = {name for name in ("is_staff", "is_superuser") if getattr(member, name)}
    return marks | set(member.groups.values_list("name", flat=True))


def _decided(member: Member, by: Member, outcome: Member.Verification) -> Member:
    before = member.verification_status
    member = changed(member, by, "verification_status", outcome)
    if before != outcome:
        kind = Kind.APPROVED if outcome == Verification.APPROVED else Kind.TURNED_DOWN
        audit.record(kind, by=by, subject=member.pk, codes=f"{before} > {outcome}")
        mail.tell_the_decision.defer(member_id=str(member.pk))
    return member
