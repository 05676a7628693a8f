"""What the team does with members (roles, restrictions, bans): lock, check, write, note by whom. All of it or none."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from carecollective.ground import texts
from carecollective.ground.refusals import PermissionDenied

from . import effects, four_eyes, grave, links, mail, own_matters, ranks, second_factor, sign_ins
from .administrators import LastAdministrator, administrators, is_administrator
from .deciding import (
    locked,
    locked_for,
    locked_for_an_administrator,
    refuse_if_beyond_decisions,
    refuse_if_made_by,
    refuse_unless_permitted,
)
from .effects import ADDRESS_IS_TAKEN as ADDRESS_IS_TAKEN
from .models import GraveAct, Member
from .ranks import Rank, are_equal, rank_of

Verification, Restriction = Member.Verification, Member.Restriction
TAKEN_BACK = _("Takes back what was decided before.")  # the reason where none is asked for


@transaction.atomic
def add(*, by: Member, email: str, name: str, town: str = "", language: str = "") -> Member:
    """An account that the team makes for somebody: whoever reads mail at the address chooses its password, by a link.

    Raises PermissionDenied.
    """
    refuse_unless_permitted("accounts.add_member", locked(by.pk).get(by.pk))
    fields = {"name": name, "town": town, "language": language}
    member = Member.objects.create_user(email, None, email_confirmed_at=None, **fields)
    audit.record(Kind.ACCOUNT_MADE, by=by, subject=member.pk)
    mail.send_link.defer(kind=links.WELCOME.name, member_id=str(member.pk), language=language or get_language())
    return member


@transaction.atomic
def approve(member_id: UUID, *, by: Member) -> Member:
    """Let somebody in, and tell them; not by whoever made the account. An administrator, by two.

    Raises PermissionDenied, NotFound.
    """
    member = locked_for("accounts.approve_member", member_id, by)
    refuse_if_beyond_decisions(member, by, "approve_member")
    refuse_if_made_by(member, by)
    if are_equal(member, by) and member.verification_status != Verification.APPROVED:
        four_eyes.ask(Kind.APPROVED, member, by=by, reason=str(TAKEN_BACK))
        return member
    return effects.decide(member, by, Verification.APPROVED)


@transaction.atomic
def turn_down(member_id: UUID, *, by: Member, reason: str) -> Member | GraveAct:
    """The application is not for this community: what stays is their own account. `approve` is the way back.

    Of somebody on the team, it waits for a second person. Raises ValidationFailed, PermissionDenied, NotFound,
    LastAdministrator.
    """
    reason = grave.checked(reason)
    member = locked_for("accounts.approve_member", member_id, by)
    refuse_if_beyond_decisions(member, by, "approve_member")
    before = member.verification_status
    codes = f"{before} > {Verification.REJECTED}"
    if rank_of(member) > Rank.MEMBER and before != Verification.REJECTED:
        return four_eyes.ask(Kind.TURNED_DOWN, member, by=by, reason=reason, codes=codes)
    member = effects.decide(member, by, Verification.REJECTED)
    if before != Verification.REJECTED:
        grave.keep(Kind.TURNED_DOWN, reason, by=by, subject=member.pk, codes=codes)
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
) -> Member | GraveAct:
    """Set how far a member may go, for good or until a moment. A ban ends every session and token of theirs at once.

    "none" is the way back, and alone needs no reason. `about` is the report that it follows from. Of somebody on the
    team, what lasts waits for a second person; an administrator may suspend them at once for at most 72 hours.
    Raises ValidationFailed, PermissionDenied, NotFound, LastAdministrator.
    """
    is_lifted = Restriction(restriction) == Restriction.NONE
    reason = grave.checked(reason or str(TAKEN_BACK)) if is_lifted else grave.checked(reason)
    member = locked_for("accounts.restrict_member", member_id, by)
    if _is_for_a_while(restriction, until) and rank_of(member) > Rank.MEMBER and is_administrator(by):
        return _suspend_at_once(member, by, reason, until, about)
    refuse_if_beyond_decisions(member, by, "restrict_member")
    codes = effects.codes_of(member, restriction, until)
    if (member.restriction, member.restricted_until) == (restriction, until):
        return member
    if _takes_two(member, by, restriction, until):
        return four_eyes.ask(Kind.RESTRICTED, member, by=by, reason=reason, codes=codes, about_id=about)
    effects.restrict(member, by, restriction, until, about=about)
    if not is_lifted:
        grave.keep(Kind.RESTRICTED, reason, by=by, subject=member.pk, about=about, codes=codes)
    return member


def _is_for_a_while(restriction: str, until: datetime | None) -> bool:
    is_short = until is not None and until <= four_eyes.now() + four_eyes.WAITS
    return restriction == Restriction.SUSPENDED and is_short


def _takes_two(member: Member, by: Member, restriction: str, until: datetime | None) -> bool:
    """What lasts, of somebody on the team; and whatever administrators do to each other."""
    lasts = restriction != Restriction.NONE and (until is None or until > four_eyes.now() + four_eyes.WAITS)
    return are_equal(member, by) or (lasts and rank_of(member) > Rank.MEMBER)


def _suspend_at_once(
    member: Member, by: Member, reason: str, until: datetime | None, about: UUID | None = None
) -> Member:
    """Whatever their rank, and also in a matter of one's own: it is an emergency, and all administrators are told.
    Sessions and tokens end. The same person does so once in 30 days, so that it does not last after all.
    """
    if member.pk == by.pk:
        refuse_if_beyond_decisions(member, by)
    if grave.has_suspended_lately(member.pk, by=by):
        raise PermissionDenied(_("You have suspended them at once before. Ask another administrator."))
    codes = effects.codes_of(member, Restriction.SUSPENDED, until)
    effects.restrict(member, by, Restriction.SUSPENDED, until, about=about, kind=Kind.SUSPENDED_AT_ONCE)
    grave.keep(Kind.SUSPENDED_AT_ONCE, reason, by=by, subject=member.pk, about=about, codes=codes)
    sign_ins.end_all(member)
    mail.tell_administrators.defer(what="suspended", member_id=str(member.pk))
    return member


def suspend_at_once(member_id: UUID, *, by: Member, reason: str) -> Member | GraveAct:
    """For 72 hours: an emergency, and an administrator's alone. Raises what `restrict` does."""
    if not is_administrator(by):
        raise PermissionDenied
    return restrict(
        member_id, by=by, restriction=Restriction.SUSPENDED, reason=reason, until=four_eyes.now() + four_eyes.WAITS
    )


@transaction.atomic
def warn(member_id: UUID, *, by: Member, reason: str, about: UUID | None = None) -> Member | GraveAct:
    """The member meets a warning before everything else, until they say that they have read it.

    Raises ValidationFailed, PermissionDenied, NotFound.
    """
    reason = grave.checked(reason)
    member = locked_for("accounts.restrict_member", member_id, by)
    refuse_if_beyond_decisions(member, by, "restrict_member")
    if are_equal(member, by):
        return four_eyes.ask(Kind.WARNED, member, by=by, reason=reason, about_id=about)
    effects.warn(member, by, about)
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
    over = Member.objects.filter(restricted_until__lte=Now())
    ended = list(over.select_for_update(no_key=True).order_by("pk"))
    for member in ended:
        codes = f"{member.restriction} > {Restriction.NONE}"
        member.restriction, member.restricted_until = Restriction.NONE, None
        member.save(update_fields=["restriction", "restricted_until"])
        audit.record(Kind.RESTRICTION_ENDED, by=Hand.CLOCK, subject=member.pk, codes=codes)
        mail.tell_of_a_restriction.defer(member_id=str(member.pk), restriction=str(Restriction.NONE))
    return len(ended)


@transaction.atomic
def take_second_step_away(member_id: UUID, *, by: Member, reason: str) -> GraveAct | None:
    """For somebody who lost both their phone and their codes; an administrator has made sure who asks. A second one
    agrees first.

    Raises ValidationFailed, PermissionDenied, NotFound, WaitsAlready.
    """
    reason = grave.checked(reason)
    member = locked_for_an_administrator(member_id, by)
    refuse_if_beyond_decisions(member, by)
    if not second_factor.is_set_up(member):
        return None
    return four_eyes.ask(Kind.SECOND_STEP_TAKEN, member, by=by, reason=reason)


@transaction.atomic
def change_address(member_id: UUID, *, by: Member, email: str, reason: str) -> GraveAct | None:
    """Another address to sign in with, for somebody who cannot reach the old one; the old one is told. A second
    administrator agrees first.

    Raises ValidationFailed, PermissionDenied, NotFound, WaitsAlready.
    """
    reason = grave.checked(reason)
    member = locked_for_an_administrator(member_id, by)
    refuse_if_beyond_decisions(member, by)
    email = texts.formed(email)
    if email == member.email:
        return None
    effects.refuse_if_taken(email, member)
    return four_eyes.ask(Kind.ADDRESS_CHANGED, member, by=by, reason=reason, new_address=email)


@transaction.atomic
def change_roles(
    member_id: UUID,
    *,
    by: Member,
    reason: str,
    is_staff: bool,
    groups: Collection[Group],
    is_superuser: bool | None = None,
) -> GraveAct | None:
    """Who is on the team, and for what; a second person agrees first. `is_superuser` is a superuser's to say; None
    leaves it as it is. Of one's own, a role can only be given up.

    Raises ValidationFailed, PermissionDenied, NotFound, LastAdministrator, WaitsAlready.
    """
    reason = grave.checked(reason)
    member = locked_for_an_administrator(member_id, by)
    if member.pk != by.pk:
        ranks.refuse_unless_above(member, by=by)
        own_matters.refuse_if_concerned(member, "change_member", by=by)
    if is_superuser is not None and is_superuser != member.is_superuser and not by.is_superuser:
        raise PermissionDenied
    before = effects.roles_of(member)
    marks = {"is_staff": is_staff, "is_superuser": member.is_superuser if is_superuser is None else is_superuser}
    after = {name for name, is_so in marks.items() if is_so} | {group.name for group in groups}
    if after == before:
        return None
    if member.pk == by.pk and after - before:
        raise PermissionDenied(_("You cannot give yourself a role. Ask someone else on the team."))
    codes = " ".join([f"+{role}" for role in sorted(after - before)] + [f"-{role}" for role in sorted(before - after)])
    _refuse_if_the_last(member, after)
    return four_eyes.ask(Kind.ROLES_CHANGED, member, by=by, reason=reason, codes=codes)


def _refuse_if_the_last(member: Member, after: set[str]) -> None:
    """Before it waits for anybody; asked again when it is done."""
    stays = "is_staff" in after and bool(after & {"administrators", "is_superuser"})
    if is_administrator(member) and not stays and not administrators().exclude(pk=member.pk).exists():
        raise LastAdministrator
