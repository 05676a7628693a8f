"""Reporting a message to the team: check, count, write (flagging content). All of it or none."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from carecollective.accounts import own_matters
from carecollective.accounts.models import Member
from carecollective.ground import limits, rows, texts
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import AlreadyReported, MessageNotFound, PermissionDenied, ValidationFailed
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications

from .. import blocking
from .models import Report
from .undecidable import may_be_decided

# A message of either version that this member may read. The database's walls say the same again.
MESSAGE = """
SELECT id, conversation_id, sender_id, content, created_at FROM thread_messages AS m
WHERE id = %(id)s AND EXISTS (
    SELECT FROM thread_people AS p WHERE p.id = m.conversation_id AND p.member_id = %(me)s OFFSET 0)
"""
# What they reported there, and when and why the team opened it without a report, the last time first. What belongs to a
# report appears 30 days after its decision, and names no thread (`acts`).
KNOWN = """
SELECT message_id, NULL AS opened_at, NULL AS reason FROM message_reports
WHERE conversation_id = %(conversation)s AND reported_by = %(me)s
UNION ALL
SELECT NULL, opened_at, reason FROM staff_reads
WHERE conversation_id = %(conversation)s AND report_id IS NULL
ORDER BY opened_at DESC
"""
# What a member reads again of their report: not the evidence, which holds the other's words beyond their erasure.
MADE = ("id", "message_id", "conversation_id", "reason", "description", "status", "created_at")


class Reportable(NamedTuple):
    id: UUID
    conversation_id: UUID
    sender_id: UUID
    content: str
    created_at: datetime


class Seen(NamedTuple):
    at: datetime
    reason: str


class Known(NamedTuple):
    reported: set[UUID]
    opened: list[Seen]


@transaction.atomic
def report(message_id: UUID, *, by: Member, reason: str, description: str = "") -> Report:
    """Tell the team about what somebody else wrote; the conversation's own id names a V2 thread's first message.

    The words around it are kept as they are now. Raises ValidationFailed, NotApproved, UserRestricted,
    MessageNotFound, PermissionDenied (one's own message), RateLimited, AlreadyReported.
    """
    description = _checked(reason, description)
    Member.objects.locked(by)[by.pk].refuse_unless_approved()
    values: dict[str, Any] = {"message_id": message_id, "reported_by": by.pk, "reason": reason}
    made = None
    with acting_as(by):
        about = _message(message_id, by)
        if about and about.sender_id != by.pk:
            values |= {"description": description}
            made = rows.insert(Report, values, on_conflict="(message_id, reported_by)", returning=MADE)
    if about is None:
        raise MessageNotFound
    refuse_own(about, by)
    limits.REPORTS.take(by.pk)  # a refusal below gives it back
    if made is None:
        raise AlreadyReported
    writer = Member.objects.filter(pk=about.sender_id, is_staff=True).first()
    if writer and not may_be_decided(writer, own_matters.concerned(writer.pk)[writer.pk] | {by.pk}):
        notifications.tell(What.REPORT_STAYS_OPEN, by.pk, about=made.pk)
    return made


def report_and_block(message_id: UUID, *, by: Member, reason: str, description: str = "") -> Report:
    """Both, one after the other, since each locks members in its own order; the report first, which is made once only.

    A message that is reported already stops no block. Raises what `report` and `blocking.block` do.
    """
    about = find(message_id, by=by)
    try:
        made = report(message_id, by=by, reason=reason, description=description)
    except AlreadyReported:
        blocking.block(about.sender_id, by=by)
        raise
    blocking.block(about.sender_id, by=by)
    return made


def find(message_id: UUID, *, by: Member) -> Reportable:
    """The message, where this member may read it. Raises MessageNotFound."""
    with acting_as(by):
        about = _message(message_id, by)
    if about is None:
        raise MessageNotFound
    return about


def refuse_own(about: Reportable, by: Member) -> None:
    """Raises PermissionDenied."""
    if about.sender_id == by.pk:
        raise PermissionDenied(_("This is your own message."))


def reported_in(conversation_id: UUID, *, by: Member) -> set[UUID]:
    """What this member has reported in a conversation."""
    return what_the_team_knows(conversation_id, by=by).reported


def what_the_team_knows(conversation_id: UUID, *, by: Member) -> Known:
    """What this member has reported in a conversation, and when and why the team opened it without a report."""
    with acting_as(by), connection.cursor() as cursor:
        cursor.execute(KNOWN, {"conversation": conversation_id, "me": by.pk})
        rows = cursor.fetchall()
    return Known(
        {message_id for message_id, *_ in rows if message_id},
        [Seen(*read) for message_id, *read in rows if message_id is None],
    )


def _checked(reason: str, description: str) -> str:
    rule = rule_of(Report, "description")
    description = rule.clean(description)
    errors = rule.errors("description", description)
    if reason not in Report.Reason.values:
        errors.append(texts.as_error("reason", "not_a_choice", 0, 0))
    if errors:
        raise ValidationFailed(errors)
    return description


def _message(message_id: UUID, by: Member) -> Reportable | None:
    with connection.cursor() as cursor:
        cursor.execute(MESSAGE, {"id": message_id, "me": by.pk})
        found = cursor.fetchone()
    return Reportable(*found) if found else None
