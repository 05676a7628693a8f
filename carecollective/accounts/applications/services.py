"""Applications wait for the team; one answer stands, and the applicant gets a letter about it (a review queue)."""

from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from carecollective.accounts import services as accounts
from carecollective.accounts.models import Member
from carecollective.ground.clean_text import rule_of
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied

from . import lines
from .models import PersonalLine

PERMISSION = "accounts.approve_member"
Verification = Member.Verification


class AnsweredMeanwhile(InvalidTransition):
    message = _("Someone on the team has answered this application already.")


def waiting() -> QuerySet[Member]:
    """Who waits for an answer: whoever has confirmed their address first, and of them whoever waits longest."""
    pending = Member.objects.filter(verification_status=Verification.PENDING, left_at=None)
    pending = pending.exclude(restriction=Member.Restriction.BANNED)
    return pending.order_by(IsNull(F("email_confirmed_at"), True), "joined_at", "pk")


def confirmed() -> QuerySet[Member]:
    """Of those who wait, the ones whom an answer would reach: these are what is to be done."""
    return waiting().exclude(email_confirmed_at=None)


def unconfirmed() -> QuerySet[Member]:
    """Who has not opened the link in the first mail yet."""
    return waiting().filter(email_confirmed_at=None)


@transaction.atomic
def answer(member_id: UUID, outcome: Verification, *, by: Member, line: str = "", reason: str = "") -> Member:
    """Let somebody in or not, with a line of the team's own in their letter. Of two who answer at once, one does.

    A no needs a reason, which the team keeps to itself. Raises PermissionDenied,
    NotFound, ValidationFailed, AnsweredMeanwhile.
    """
    if not by.has_perm(PERMISSION):
        raise PermissionDenied
    line = rule_of(PersonalLine, "line").optional().checked("line", line)
    applicant = Member.objects.locked(by, member_id).get(member_id)
    if applicant is None:
        raise NotFound
    if applicant.verification_status != Verification.PENDING:
        raise AnsweredMeanwhile
    if line:
        lines.write(member_id, outcome, line)
    if outcome == Verification.APPROVED:
        return accounts.approve(member_id, by=by)
    accounts.turn_down(member_id, by=by, reason=reason)
    return Member.objects.get(pk=member_id)
