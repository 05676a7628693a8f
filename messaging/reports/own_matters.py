"""Whose words somebody reported, in a matter that is not over (`carecollective.accounts.own_matters`)."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from carecollective.accounts import own_matters
from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from messaging.models import Part

from .models import Report

# A report is over this long after its decision, and not while what it led to holds its writer back.
STAYS_FOR = timedelta(days=30)
HOLDS_BACK = (Report.Outcome.LIMITED, Report.Outcome.SUSPENDED, Report.Outcome.BANNED)
DECIDES, OPENS = "decide_report", "open_thread"


def reported(member_ids: Collection[UUID]) -> Collection[tuple[UUID, UUID]]:
    """In the system's scope: whose words, and who reported them."""
    still_holds = Q(outcome__in=HOLDS_BACK) & ~Q(sender__restriction=Member.Restriction.NONE)
    lasts = Q(reviewed_at=None) | Q(reviewed_at__gt=clock.now() - STAYS_FOR) | still_holds
    known = Report.objects.filter(lasts, sender__in=member_ids, reported_by__isnull=False)
    return list(known.values_list("sender_id", "reported_by_id"))


def refuse_unless_impartial(writer: Member | None, reporter_id: UUID | None, *, by: Member) -> None:
    """Of both people of a report. Outside of every scope. Raises OwnMatter."""
    if writer:
        own_matters.refuse_if_concerned(writer, DECIDES, by=by)
    reporter = Member.objects.filter(pk=reporter_id).first() if reporter_id else None
    if reporter and own_matters.has_blocked(reporter, by):
        why = _("You have blocked one of the two, so someone else on the team has to decide this report.")
        raise own_matters.OwnMatter(f"{why} {own_matters.who_else(writer, DECIDES, by=by)}")


def judges_of(report_id: UUID, *, by: Member) -> str:
    """A sentence: who decides this report instead. Outside of every scope."""
    with acting_as_system("find whom a report is about", Purpose.REPORTS):
        writer_id = Report.objects.values_list("sender_id", flat=True).get(pk=report_id)
    writer = Member.objects.filter(pk=writer_id).first() if writer_id else None
    return own_matters.who_else(writer, DECIDES, by=by)


def people_of(conversation_id: UUID) -> list[UUID]:
    """In the system's scope."""
    return list(Part.objects.filter(id=conversation_id).values_list("member_id", flat=True))


def refuse_unless_strange(people: Collection[UUID], *, by: Member) -> None:
    """Nobody opens, for the team, a thread of theirs or of whom they reported or blocked. Raises OwnMatter."""
    found = own_matters.concerned(*people)
    if by.pk in people or any(by.pk in found[each] for each in people):
        why = _("This conversation is a matter of your own, so someone else on the team has to open it.")
        raise own_matters.OwnMatter(f"{why} {own_matters.who_else(None, OPENS, by=by)}")
