"""What a grave act does once it is done, by its kind. The caller holds the member's row and has asked who may."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.ground.refusals import InvalidTransition, ValidationFailed
from carecollective.ground.registry import One

from . import mail, second_factor, sign_ins
from .administrators import LOCKED_OUT, is_administrator, refuse_without_administrator
from .deciding import changed
from .models import GraveAct, Member

Verification, Restriction = Member.Verification, Member.Restriction
ADDRESS_IS_TAKEN = _("Someone has an account with this email address.")
# Closes an administrator's request, which the act is about: what knows of requests stands above.
closer: One[Callable[[GraveAct, Member], None]] = One("closer of requests")
MINUTE = "%Y-%m-%d %H:%M"


def refuse_if_taken(email: str, member: Member) -> None:
    """Raises ValidationFailed."""
    if Member.objects.filter(email__iexact=email).exclude(pk=member.pk).exists():
        raise ValidationFailed([{"field": "email", "code": "taken", "detail": ADDRESS_IS_TAKEN}])


def decide(member: Member, by: Member, outcome: Member.Verification) -> Member:
    """Let in, or turn down, and tell them; a second time it is no act. Raises LastAdministrator."""
    was_administrator, before = is_administrator(member), member.verification_status
    member = changed(member, by, "verification_status", outcome)
    if before != outcome:
        kind = Kind.APPROVED if outcome == Verification.APPROVED else Kind.TURNED_DOWN
        audit.record(kind, by=by, subject=member.pk, codes=f"{before} > {outcome}")
        mail.tell_the_decision.defer(member_id=str(member.pk))
    if was_administrator and outcome == Verification.REJECTED:
        refuse_without_administrator()
    return member


def codes_of(member: Member, restriction: str, until: datetime | None) -> str:
    """What a restriction changes, as its entry says it."""
    ends = f" until {until:{MINUTE}}" if until else ""
    return f"{member.restriction} > {restriction}{ends}"


def restrict(
    member: Member,
    by: Member,
    restriction: str,
    until: datetime | None,
    *,
    about: Any = None,
    kind: Kind = Kind.RESTRICTED,
) -> bool:
    """False where it was so already. A ban ends every session and token. Raises LastAdministrator."""
    was_administrator = is_administrator(member)
    before, codes = (member.restriction, member.restricted_until), codes_of(member, restriction, until)
    changed(member, by, "restriction", Restriction(restriction))
    if member.restricted_until != until:
        member.restricted_until = until
        member.save(update_fields=["restricted_until"])
    is_new = before != (restriction, until)
    if is_new:
        audit.record(kind, by=by, subject=member.pk, about=about, codes=codes)
        mail.tell_of_a_restriction.defer(member_id=str(member.pk), restriction=restriction)
    if was_administrator and restriction in LOCKED_OUT:
        refuse_without_administrator()
    if restriction == Restriction.BANNED:
        # So that lifting the ban revives no session on a device that somebody else may hold by then.
        sign_ins.end_all(member)
    return is_new


def warn(member: Member, by: Member, about: Any = None) -> None:
    Member.objects.filter(pk=member.pk).update(warned_at=Now())
    member.refresh_from_db(fields=["warned_at"])
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, str(_("Warned")), single_object=True)
    audit.record(Kind.WARNED, by=by, subject=member.pk, about=about)


def roles_of(member: Member) -> set[str]:
    """By the names that entries have for them."""
    marks = {name for name in ("is_staff", "is_superuser") if getattr(member, name)}
    return marks | set(member.groups.values_list("name", flat=True))


def _address(act: GraveAct, member: Member, by: Member) -> int:
    """The id of the record that keeps the old address until it is told."""
    if not act.new_address:
        raise InvalidTransition
    refuse_if_taken(act.new_address, member)
    old, member.email = member.email, act.new_address
    member.save(update_fields=["email"])
    kept, _new = EmailAddress.objects.update_or_create(user=member, email=old, defaults={"verified": True})
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, str(_("Email address changed")), single_object=True)
    audit.record(Kind.ADDRESS_CHANGED, by=by, subject=member.pk)
    return int(kept.pk)


def _second_step(act: GraveAct, member: Member, by: Member) -> None:
    second_factor.take_away(member, by=by, reason="by an administrator")


def _roles(act: GraveAct, member: Member, by: Member) -> None:
    """What was asked for, on the roles of now. The entries are the database's own. Raises LastAdministrator."""
    before = roles_of(member)
    given, taken = ({code[1:] for code in act.codes.split() if code[0] == sign} for sign in "+-")
    after = (before | given) - taken
    with audit.done_by(by):
        member.is_staff, member.is_superuser = "is_staff" in after, "is_superuser" in after
        member.save(update_fields=["is_staff", "is_superuser"])
        member.take_on(Group.objects.filter(name__in=after))
    message = gettext("Roles: %(codes)s") % {"codes": act.codes}
    LogEntry.objects.log_actions(by.pk, [member], CHANGE, message, single_object=True)
    refuse_without_administrator()


def _restriction(act: GraveAct, member: Member, by: Member) -> None:
    wanted = re.fullmatch(r"\w+ > (\w+)(?: until (.+))?", act.codes)
    assert wanted  # as `codes_of` wrote it  # noqa: S101
    until = datetime.strptime(wanted[2], MINUTE).replace(tzinfo=UTC) if wanted[2] else None
    restrict(member, by, wanted[1], until, about=act.about_id)


def _refusal(act: GraveAct, member: Member, by: Member) -> None:
    decide(member, by, Verification.REJECTED)


def _approval(act: GraveAct, member: Member, by: Member) -> None:
    decide(member, by, Verification.APPROVED)


def _warning(act: GraveAct, member: Member, by: Member) -> None:
    warn(member, by, act.about_id)


def _closing(act: GraveAct, member: Member, by: Member) -> None:
    closer()(act, by)


OF: dict[Kind, Callable[[GraveAct, Member, Member], Any]] = {
    Kind.ADDRESS_CHANGED: _address,
    Kind.SECOND_STEP_TAKEN: _second_step,
    Kind.ROLES_CHANGED: _roles,
    Kind.RESTRICTED: _restriction,
    Kind.TURNED_DOWN: _refusal,
    Kind.APPROVED: _approval,
    Kind.WARNED: _warning,
    Kind.REQUEST_CLOSED: _closing,
}
