"""What the team does with reports (moderation): open private words with a reason on record, decide. All or nothing."""

from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from carecollective.accounts import grave, ranks
from carecollective.accounts import services as accounts
from carecollective.accounts.models import Member
from carecollective.accounts.own_matters import OwnMatter
from carecollective.audit import services as audit
from carecollective.audit.models import Kind as Written
from carecollective.ground import clock, rows, texts
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import (
    ConversationNotFound,
    InvalidTransition,
    NotFound,
    PermissionDenied,
    ReportRequired,
    ValidationFailed,
)
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications
from helprequests.models import HelpRequest
from messaging.models import Thread

from . import own_matters
from .models import Report, StaffRead

OPEN_FOR = timedelta(hours=1)  # then the reason is asked for again
ANSWERED_WITHIN = timedelta(hours=24)
PAGE_SIZE = 50

Outcome, Status = Report.Outcome, Report.Status
Restriction = Member.Restriction
# What can be decided: the outcome that is kept, and the restriction with its length where it ends by itself.
DECISIONS: dict[str, tuple[Report.Outcome, Member.Restriction | None, timedelta | None]] = {
    "no_action": (Outcome.NO_ACTION, None, None),
    "warn": (Outcome.WARNED, None, None),
    "limit": (Outcome.LIMITED, Restriction.LIMITED, None),
    "suspend_1h": (Outcome.SUSPENDED, Restriction.SUSPENDED, timedelta(hours=1)),
    "suspend_24h": (Outcome.SUSPENDED, Restriction.SUSPENDED, timedelta(hours=24)),
    "suspend_7d": (Outcome.SUSPENDED, Restriction.SUSPENDED, timedelta(days=7)),
    "suspend_30d": (Outcome.SUSPENDED, Restriction.SUSPENDED, timedelta(days=30)),
    "ban": (Outcome.BANNED, Restriction.BANNED, None),
}


class DecidedMeanwhile(InvalidTransition):
    message = _("Someone on the team has decided this report already.")


class NotOpened(ReportRequired):
    message = _("You have not opened this report within the last hour. Open it and say why, then decide.")


class Line(NamedTuple):
    id: UUID
    sender_id: UUID | None
    content: str
    created_at: datetime


class OpenedThread(NamedTuple):
    """One page of a thread, for whoever has opened it within the last hour; both people can read when and why."""

    read: StaffRead
    lines: list[Line]
    page: int
    pages: int


class Opened(NamedTuple):
    """A report with its private words, for whoever has opened it within the last hour."""

    report: Report
    read: StaffRead


@transaction.atomic
def open_report(report_id: UUID, *, by: Member, reason: str) -> Opened:
    """Open the report's words for an hour. The record of it is written first, in the same transaction.

    Raises PermissionDenied, ValidationFailed, NotFound.
    """
    _refuse_unless_permitted("reports.decide_report", by)
    reason = _checked(reason)
    _whom_it_is_about(report_id, by=by)
    with acting_as_system("open a report", Purpose.REPORTS):
        report = _report(report_id)
        read = _write_down(by, report.conversation_id, report.version, reason, report)
    audit.record(Written.REPORT_OPENED, by=by, subject=report.sender_id, about=report.conversation_id)
    return Opened(report, read)


@transaction.atomic
def opened_report(report_id: UUID, *, by: Member) -> Opened:
    """What this person opened within the hour. Raises PermissionDenied, NotFound, NotOpened."""
    _refuse_unless_permitted("reports.decide_report", by)
    with acting_as_system("go on reading an opened report", Purpose.REPORTS):
        report = _report(report_id)
        read = StaffRead.objects.filter(report=report, **_mine_and_fresh(by)).order_by("-opened_at").first()
    _refuse_own(report, by)
    if read is None:
        raise NotOpened
    return Opened(report, read)


def why_not_theirs(report_id: UUID, *, by: Member) -> Any:
    """What says why this person does not judge this report, and who else can; or nothing."""
    try:
        _whom_it_is_about(report_id, by=by)
    except OwnMatter as refusal:
        return refusal.message
    except PermissionDenied as refusal:
        return f"{refusal.message} {own_matters.judges_of(report_id, by=by)}"
    return ""


@transaction.atomic
def open_thread(conversation_id: UUID, *, by: Member, reason: str) -> StaffRead:
    """Open one thread without a report, with a written reason. Raises as `open_report`, and ConversationNotFound."""
    refuse_unless_there(conversation_id, by=by)
    reason = _checked(reason)
    with acting_as_system("open a thread", Purpose.REPORTS):
        read = _write_down(by, conversation_id, _version_of(conversation_id), reason, None)
    audit.record(Written.THREAD_OPENED, by=by, about=conversation_id)
    return read


@transaction.atomic
def opened_thread(conversation_id: UUID, *, by: Member, page: int = 1) -> OpenedThread:
    """The messages of a thread that this person opened within the hour, oldest first, a page of them.

    Raises PermissionDenied, ReportRequired, NotFound (no such page).
    """
    _refuse_unless_permitted("reports.open_thread", by)
    with acting_as_system("read an opened thread", Purpose.REPORTS):
        reads = StaffRead.objects.filter(conversation_id=conversation_id, **_mine_and_fresh(by))
        read = reads.order_by("-opened_at").first()
        if read is None:
            raise ReportRequired
        with connection.cursor() as cursor:
            cursor.execute(
                PAGE,
                {"id": conversation_id, "size": PAGE_SIZE, "skip": (page - 1) * PAGE_SIZE},
            )
            rows_of_it = cursor.fetchall()
    if page > 1 and not rows_of_it:
        raise NotFound
    total = rows_of_it[0][-1] if rows_of_it else 0
    return OpenedThread(read, [Line(*row[:-1]) for row in rows_of_it], page, max(ceil(total / PAGE_SIZE), 1))


@transaction.atomic
def refuse_unless_there(conversation_id: UUID, *, by: Member) -> None:
    """Before the reason is asked for. Raises PermissionDenied (a matter of their own, too), ConversationNotFound."""
    _refuse_unless_permitted("reports.open_thread", by)
    with acting_as_system("look whether there is such a thread", Purpose.REPORTS):
        _version_of(conversation_id)
        people = own_matters.people_of(conversation_id)
    own_matters.refuse_unless_strange(people, by=by)


@transaction.atomic
def decide(report_id: UUID, decision: str, *, by: Member, reason: str = "") -> Report:
    """Close a report that they opened within the hour, with what follows for the writer of the message. One decision
    stands. What holds the writer back needs a reason, which the team keeps to itself.

    Raises PermissionDenied, ValidationFailed, NotFound, NotOpened, DecidedMeanwhile, and what restricting refuses.
    """
    _refuse_unless_permitted("reports.decide_report", by)
    sender_id = _whom_it_is_about(report_id, by=by)
    if decision not in DECISIONS:
        raise ValidationFailed([texts.as_error("decision", "not_a_choice", 0, 0)])
    outcome, restriction, length = DECISIONS[decision]
    if outcome != Outcome.NO_ACTION:
        reason = grave.checked(reason)
    opened_report(report_id, by=by)
    is_here = bool(sender_id) and not Member.objects.has_left(sender_id)  # whoever has left, nothing can hold back
    if sender_id and is_here and outcome == Outcome.WARNED:
        accounts.warn(sender_id, by=by, reason=reason, about=report_id)
    elif sender_id and is_here and restriction:
        until = clock.now() + length if length else None
        why: dict[str, Any] = {"reason": reason, "about": report_id}
        accounts.restrict(sender_id, by=by, restriction=restriction, until=until, **why)
    with acting_as_system("decide a report", Purpose.REPORTS):
        report = Report.objects.select_for_update(no_key=True).get(pk=report_id)
        if report.status != Status.PENDING:
            raise DecidedMeanwhile
        decided = rows.update(
            report,
            status=Status.DISMISSED if outcome == Outcome.NO_ACTION else Status.ACTION_TAKEN,
            outcome=outcome,
            reviewed_at=clock.now(),
            reviewed_by=by.pk,
        )
    audit.record(Written.REPORT_DECIDED, by=by, subject=sender_id, about=decided.pk, codes=outcome.value)
    if decided.reported_by_id and not Member.objects.has_left(decided.reported_by_id):
        place: dict[str, Any] = {"conversation_id": decided.conversation_id, "about": decided.pk}
        notifications.tell(What.REPORT_DECIDED, decided.reported_by_id, **place)
    return decided


def refuse_closing_what_they_reported(help_request: HelpRequest, by: Member) -> None:
    """Whoever reported what its owner wrote about a request leaves closing it to somebody else
    (`helprequests.followers.objections`). Raises PermissionDenied.
    """
    with acting_as_system("whether somebody closes what they reported", Purpose.REPORTS):
        threads = Thread.objects.filter(help_request=help_request).values("id")
        is_theirs = Report.objects.filter(
            conversation_id__in=threads, sender=help_request.user_id, reported_by=by
        ).exists()
    if is_theirs:
        raise PermissionDenied(
            _("You reported what was written about this request, so someone else on the team has to close it.")
        )


PAGE = """
SELECT id, sender_id, content, created_at, count(*) OVER () FROM thread_messages WHERE conversation_id = %(id)s
ORDER BY created_at, id LIMIT %(size)s OFFSET %(skip)s
"""
VERSION = "SELECT version FROM threads WHERE id = %(id)s"


def _version_of(conversation_id: UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute(VERSION, {"id": conversation_id})
        found = cursor.fetchone()
    if found is None:
        raise ConversationNotFound
    return str(found[0])


def _write_down(by: Member, conversation_id: UUID, version: str, reason: str, report: Report | None) -> StaffRead:
    values: dict[str, Any] = {
        "staff_id": by.pk,
        "staff_name": by.name,
        "report_id": report and report.pk,
        "conversation_id": conversation_id,
        "version": version,
        "reason": reason,
    }
    read = rows.insert(StaffRead, values)
    assert read is not None  # nothing can conflict  # noqa: S101
    return read


def _mine_and_fresh(by: Member) -> dict[str, Any]:
    return {"staff": by, "opened_at__gt": clock.now() - OPEN_FOR}


def _report(report_id: UUID) -> Report:
    report = Report.objects.filter(pk=report_id).first()
    if report is None:
        raise NotFound
    return report


def _refuse_own(report: Report, by: Member) -> None:
    """Who brought it, and whom it is about, neither read it nor decide. After the scope: who else can is asked next."""
    if report.sender_id == by.pk:
        raise PermissionDenied(_("You cannot decide about your own account. Ask someone else on the team."))
    if report.reported_by_id == by.pk:
        raise PermissionDenied(_("You made this report, so someone else on the team has to decide it."))


def _whom_it_is_about(report_id: UUID, *, by: Member) -> UUID | None:
    """Outside of every scope: ranks are read. Raises NotFound, PermissionDenied where it is not theirs to judge."""
    with acting_as_system("find whom a report is about", Purpose.REPORTS):
        report = _report(report_id)
    _refuse_own(report, by)
    sender_id: UUID | None = report.sender_id
    writer = Member.objects.filter(pk=sender_id).first() if sender_id else None
    if writer is not None:
        ranks.refuse_unless_above(writer, by=by)
    own_matters.refuse_unless_impartial(writer, report.reported_by_id, by=by)
    return sender_id


def _checked(reason: str) -> str:
    return rule_of(StaffRead, "reason").checked("reason", reason)


def _refuse_unless_permitted(permission: str, by: Member) -> None:
    by = Member.objects.get(pk=by.pk)  # as they are now: whoever left the team a moment ago opens nothing
    by.refuse_unless_approved()
    if not (by.is_staff and by.has_perm(permission)):
        raise PermissionDenied
