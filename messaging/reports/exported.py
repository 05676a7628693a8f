"""What a member reported, and that the team opened a conversation of theirs, for their copy."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import acting_as
from messaging.models import Part as TakesPart

from . import acts
from .models import Report, StaffRead
from .services import MADE

# Who of the team it was, and whether after a report, is not told: see docs/decisions/0015-reports-and-blocks.md.
READ = ("conversation_id", "reason", "opened_at")


def parts(member: Member) -> Iterator[Part]:
    with acting_as(member):
        reports = list(Report.objects.filter(reported_by=member).only(*MADE).order_by("created_at", "pk"))
        reads = list(_opened(member).order_by("opened_at").values_list(*READ))
    yield Part("reports", _("What you reported"), [_report(report) for report in reports])
    yield Part("team_acts", _("What the team did with your account"), [_act(act) for act in acts.done_to(member)])
    yield Part("opened_by_team", _("When the team opened a conversation of yours"), [_read(*read) for read in reads])


def _opened(member: Member) -> QuerySet[StaffRead]:
    """Without a report: what belongs to one names no thread (`acts`)."""
    theirs = TakesPart.objects.filter(member=member).values("id")
    return StaffRead.objects.filter(conversation_id__in=theirs, report=None)


def _report(report: Report) -> Entry:
    return Entry(
        [
            Field("message_id", None, report.message_id),
            Field("conversation_id", None, report.conversation_id),
            Field("reason", _("Reason"), report.reason, report.get_reason_display()),
            Field("description", _("More about it"), report.description),
            Field("status", _("Status"), report.status, report.get_status_display()),
            Field("created_at", _("Reported"), report.created_at),
        ]
    )


def _act(act: acts.Act) -> Entry:
    return Entry(
        [
            Field("role", _("Who"), act.role, str(act.words["who"])),
            Field("kind", None, act.kind, str(act.words["what"])),
            Field("day", _("When"), act.day),
            Field("reason", _("Reason"), act.reason, str(act.words["why"])),
        ],
        title=str(act.words["what"]),
    )


def _read(conversation_id: UUID, reason: str, opened_at: datetime) -> Entry:
    return Entry(
        [
            Field("conversation_id", None, conversation_id),
            Field("reason", _("Why"), reason),
            Field("opened_at", _("Opened"), opened_at),
        ]
    )
