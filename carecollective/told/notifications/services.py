"""Who is told what (notifications). A verb tells in its own transaction, after its last scope has ended."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, prefetch_related_objects
from django.db.models.functions import Now
from django.db.models.lookups import IsNull
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground import clock, paging, wake, writing
from carecollective.ground.compiled import compiled
from carecollective.ground.identity import acting_as, acting_as_system, as_the_login, proof_of_the_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied
from carecollective.told import kinds, queue
from carecollective.told.kinds import KINDS, Reader, What

from .models import News, Notification

log = logging.getLogger(__name__)
FEW = 5
GIVES_WAY = """
DELETE FROM notifications WHERE member_id = %s AND conversation_id = %s AND what = ANY(%s::text[])
    AND created_at > clock_timestamp() - interval '1 hour'
"""
UNREAD = "SELECT count(*) FROM notifications WHERE member_id = %(me)s AND read_at IS NULL"
# For pages, which show no more than 99: nobody counts on.
UNREAD_SHOWN = """
SELECT count(*) FROM (
    SELECT FROM notifications WHERE member_id = %(me)s AND read_at IS NULL LIMIT 100) AS unread_notices
"""


def tell(
    what: What,
    member_id: UUID,
    *,
    reader: Reader | None = None,
    by: UUID | None = None,
    conversation_id: UUID | None = None,
    help_request_id: UUID | None = None,
    about: Any = None,
    instead_of: Sequence[What] = (),
) -> None:
    """Tell this member, once for each `about` (an id; by default the conversation or the request itself).

    `reader` says as whom they read of it, where there are several; `by` who did it, where they may know that. What was
    told of this conversation within the hour and is among `instead_of` gives way, and then no mail goes out. A failure
    in here is logged and never undoes what the verb did.
    """
    reader = reader or kinds.only_reader(what)
    has_heard = _gives_way(member_id, conversation_id, instead_of)
    kind = kinds.kind_told(what, reader).code
    about = str(about or conversation_id or help_request_id)
    proof: Any = proof_of_the_system(Purpose.TELL)
    told = [proof, member_id, kind, about, conversation_id, help_request_id, str(what), str(reader), by]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT new_id, failure, txid_current_if_assigned() FROM tell_member(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            told,
        )
        new_id, failure, transaction_id = cursor.fetchone()
    wake.say_after_commit(transaction_id)
    if failure:
        log.error("A member could not be told of %s %s: %s.", kind, about, failure)
    if new_id and not has_heard:
        queue.enqueue(new_id, kind)


def _gives_way(member_id: UUID, conversation_id: UUID | None, those: Sequence[What]) -> bool:
    if not those:
        return False
    with acting_as_system("what is so no more gives way to what is", Purpose.TELL), connection.cursor() as cursor:
        cursor.execute(GIVES_WAY, [member_id, conversation_id, [str(what) for what in those]])
        return bool(cursor.rowcount)


@transaction.atomic
def tell_everybody(news_id: UUID, *, by: Member) -> int:
    """Tell the team's news to every approved member, once. How many were told?

    Raises PermissionDenied, NotFound, InvalidTransition.
    """
    if not by.has_perm("notifications.tell_news"):
        raise PermissionDenied
    news = News.objects.select_for_update().filter(pk=news_id).first()
    if news is None:
        raise NotFound
    if news.told_at:
        raise InvalidTransition(_("This has been told already."))
    news.told_at = clock.now()
    news.save(update_fields=["told_at"])
    members = Member.objects.filter(verification_status=Member.Verification.APPROVED, leaving_at=None)
    members = members.exclude(restriction__in=[Member.Restriction.SUSPENDED, Member.Restriction.BANNED])
    reached = list(members.values_list("pk", flat=True))
    with acting_as_system("the team tells everybody", Purpose.TELL), connection.cursor() as cursor:
        cursor.execute(TELL_EVERYBODY, {"news": news.pk, "members": reached})
        told = cursor.fetchall()
    wake.notifications_changed(*(member_id for _id, member_id in told))
    for notification_id, _member_id in told:
        queue.enqueue(notification_id, "news")
    return len(told)


TELL_EVERYBODY = """
INSERT INTO notifications (member_id, kind, what, reader, about, news_id)
SELECT member_id, 'news', 'news', 'member', %(news)s::text, %(news)s FROM unnest(%(members)s::uuid[]) AS member_id
RETURNING id, member_id
"""


@transaction.atomic
def withdraw(about: Any) -> None:
    """What was told about this is not so any more: the notification and its mail are taken back."""
    with acting_as_system("take back what is not so any more", Purpose.TELL), connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications WHERE about = %s RETURNING member_id", [str(about)])
        told = {member_id for (member_id,) in cursor.fetchall()}
    wake.notifications_changed(*told)


def read_about(member_id: UUID, *, conversation_id: UUID | None = None, help_request_id: UUID | None = None) -> bool:
    """The member has seen the place, a conversation or a request: what was told about it is read. Was any unread?

    A request's page shows no messages, so what was told of those stays; so does all where nothing can be written.
    """
    if writing.is_reading_only():
        return False
    here = Q(conversation_id=conversation_id) if conversation_id else Q(help_request=help_request_id)
    if not conversation_id:
        here &= ~Q(kind__in=[kind.code for kind in KINDS.values() if not kind.is_read_with_request])
    return _mark(Notification.objects.filter(here, member=member_id), Member(pk=member_id))


def read_about_account(*, by: Member) -> None:
    """The member has seen what became of the copies of their data."""
    if not writing.is_reading_only():
        _mark(Notification.objects.filter(member=by, kind__in=kinds.about_account()), by)


def read_all(*, by: Member) -> None:
    _mark(Notification.objects.filter(member=by), by)


def find(notification_id: UUID, *, by: Member) -> Notification:
    """Raises NotFound, also for what somebody else was told."""
    with acting_as(by):
        notification = Notification.objects.filter(pk=notification_id, member=by).with_what_is_said().first()
    if notification is None:
        raise NotFound
    return notification


def read(notification_id: UUID, *, by: Member) -> Notification:
    """The one that was followed: it is read. Raises NotFound."""
    notification = find(notification_id, by=by)
    _mark(Notification.objects.filter(pk=notification_id, member=by), by)
    return notification


@transaction.atomic(savepoint=False)
def _mark(told: Any, member: Member) -> bool:
    with acting_as(member):
        changed = told.filter(read_at=None).update(read_at=Now())
    if changed:
        as_the_login(partial(wake.notifications_read, member.pk))
    return bool(changed)


def listed(member: Member, *, cursor: str | None = None, limit: int = paging.SIZE) -> paging.Page[Notification]:
    """One page, the unread first and then the newest. Raises InvalidCursor."""
    told = Notification.objects.filter(member=member).with_what_is_said()
    told = told.annotate(is_read=IsNull(F("read_at"), False)).order_by("is_read", "-created_at", "-id")
    with acting_as(member):
        page = paging.paged(told, cursor=cursor, limit=limit, of=f"notifications:{member.pk}")
    with_news(page.results)
    return page


def waiting(member: Member) -> list[Notification]:
    """What is unread and shows in no thread: for the first page that a member sees. What it says: `with_news`."""
    with acting_as(member):
        return _waiting(member=member.pk)


@compiled
def _waiting(*, member: UUID) -> QuerySet[Notification]:
    shown_elsewhere = [kind.code for kind in KINDS.values() if kind.shows_elsewhere]
    told = Notification.objects.filter(member=member, read_at=None).exclude(kind__in=shown_elsewhere)
    return told.with_what_is_said().order_by("-created_at", "-id")[:FEW]


def with_news(told: list[Notification]) -> list[Notification]:
    """The same, with the team's news, which the login alone reads: outside of every scope."""
    prefetch_related_objects([each for each in told if each.news_id], "news")
    return told


def unread_count(*, by: Member) -> int:
    with acting_as(by), connection.cursor() as cursor:
        cursor.execute(UNREAD, {"me": by.pk})
        return int(cursor.fetchone()[0])
