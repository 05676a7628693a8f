"""What waits for the team: how much of it, and since when (work queues). Two statements, whatever there is to show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery, Value
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateEvent

from carecollective.accounts import renames
from carecollective.accounts.applications import services as applications
from carecollective.accounts.models import GraveAct, Member
from carecollective.ground.identity import acting_as_staff
from carecollective.team.scheduled_work.models import ScheduledJob
from carecollective.told.mail.models import Mail
from helprequests.models import FEW, no_more_than
from messaging import on_behalf
from messaging.reports.models import Report
from messaging.reports.moderation import ANSWERED_WITHIN

from . import unmet

SECONDS = "accounts.restrict_member"  # who may be asked to agree to a grave act


@dataclass(frozen=True, slots=True)
class Queue:
    """`place` names its page. `is_private`: its rows are seen in the staff's scope alone, the others outside it."""

    name: str
    title: str | Promise
    permission: str
    place: str
    rows: QuerySet[Any]
    age: Any  # what the oldest is measured by
    is_private: bool
    query: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    queue: Queue
    count: int
    oldest_at: datetime | None

    @property
    def more_than(self) -> int | None:
        """Where nobody counted on."""
        return FEW if self.count > FEW else None

    @property
    def answer_by(self) -> datetime | None:
        """Reports have a clock."""
        return self.oldest_at + ANSWERED_WITHIN if self.queue.name == "reports" and self.oldest_at else None

    @property
    def is_late(self) -> bool:
        return self.answer_by is not None and self.answer_by < timezone.now()

    @property
    def days(self) -> int:
        return (timezone.now() - self.oldest_at).days if self.oldest_at else 0

    @property
    def hours(self) -> int:
        return int((timezone.now() - self.oldest_at) / timedelta(hours=1)) if self.oldest_at else 0


def queues() -> list[Queue]:
    """All there are, in the order in which they are shown."""
    pending = _first(Report.objects.filter(status=Report.Status.PENDING).order_by("created_at", "pk"))
    undelivered = _first(Mail.objects.exclude(set_aside_at=None).order_by("set_aside_at", "pk"))
    failures = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="failed").order_by("-at")
    failed_at = failures.values("at")[:1]
    view_request = "helprequests.view_helprequest"
    return [
        Queue(
            "applications",
            _("Applications"),
            applications.PERMISSION,
            "team:applications",
            _first(applications.confirmed()),
            "joined_at",
            False,
        ),
        Queue(
            "reports",
            _("Reports"),
            "reports.view_report",
            "admin:reports_report_changelist",
            pending,
            "created_at",
            True,
            query="?status__exact=pending",
        ),
        Queue(
            "grave_acts",
            _("Waiting for a second person"),
            SECONDS,
            "team:grave-acts",
            GraveAct.objects.filter(status=GraveAct.Status.WAITING),
            "at",
            True,
        ),
        Queue(
            "renames",
            _("Changed names"),
            renames.PERMISSION,
            "team:renames",
            renames.waiting(),
            "at",
            True,
        ),
        Queue(
            "offers",
            _("Offers to pass on"),
            on_behalf.PERMISSION,
            "team:offers",
            on_behalf.waiting(),
            "created_at",
            True,
        ),
        Queue(
            "without_offer",
            _("Requests without an offer for 48 hours"),
            view_request,
            "team:without-offer",
            unmet.without_offer(),
            "silent_since",
            True,
        ),
        Queue(
            "running_out",
            _("Requests that run out within 7 days"),
            view_request,
            "team:running-out",
            unmet.running_out(),
            "expires_at",
            True,
        ),
        Queue(
            "mail",
            _("Undelivered email"),
            "mail.view_mail",
            "admin:mail_mail_changelist",
            undelivered,
            "set_aside_at",
            True,
            query="?state=set_aside",
        ),
        Queue(
            "jobs",
            _("Jobs that failed"),
            "scheduled_work.view_scheduledjob",
            "scheduled_work:page",
            _first(ScheduledJob.objects.filter(status="failed").order_by("pk")).annotate(failed_at=Subquery(failed_at)),
            "failed_at",
            False,
        ),
    ]


def _first(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those that wait longest: nobody counts beyond FEW."""
    found: QuerySet[Any] = no_more_than(FEW + 1, rows)
    return found


def shown_to(member: Member) -> list[Waiting]:
    """What this person may see, with what waits in it. Nothing waits: a count of 0."""
    shown = [queue for queue in queues() if member.has_perm(queue.permission)]
    counted = _counted(queue for queue in shown if not queue.is_private)
    with acting_as_staff(member, "what waits for the team"):
        counted |= _counted(queue for queue in shown if queue.is_private)
    return [Waiting(queue, *counted.get(queue.name, (0, None))) for queue in shown]


def _counted(queues: Iterable[Queue]) -> dict[str, tuple[int, datetime]]:
    """One statement. An empty queue has no line in it."""
    lines = [
        queue.rows.order_by()
        .annotate(queue=Value(queue.name))
        .values("queue")
        .annotate(waiting=Count("pk"), oldest_at=Min(queue.age))
        .values_list("queue", "waiting", "oldest_at")
        for queue in queues
    ]
    if not lines:
        return {}
    found = lines[0].union(*lines[1:], all=True) if len(lines) > 1 else lines[0]
    return {name: (count, oldest_at) for name, count, oldest_at in found}
