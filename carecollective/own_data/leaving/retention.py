"""What is kept for a while, and goes by the clock (data retention). How long each is kept: docs/operations.md.

Closed requests and archived conversations stay for good unless the community says otherwise (RETENTION_MONTHS). Then
both people are told 30 days before, and whatever becomes active again is spared.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from knox.models import get_token_model

from carecollective.accounts.models import ImpersonationAttempt
from carecollective.ground import clock, privacy
from carecollective.ground.identity import acting_as_system
from carecollective.ground.names import FORMER_MEMBER
from carecollective.ground.purposes import Purpose
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications
from carecollective.told.notifications.models import Notification
from helprequests.models import FORMER_REQUEST, HelpRequest
from messaging import threads

from .models import RemovalNotice

ATTEMPTS_KEPT_FOR = timedelta(days=90)  # the database lets none go earlier
READ_NOTICES_KEPT_FOR = timedelta(days=30)
TOLD_BEFORE = timedelta(days=30)


def forget_attempts() -> int:
    """Uses of another member's id."""
    with acting_as_system("forget old uses of another member's id", Purpose.RETENTION):
        return ImpersonationAttempt.objects.filter(attempted_at__lt=clock.now() - ATTEMPTS_KEPT_FOR).delete()[0]


def forget_read_notices(now: datetime | None = None) -> int:
    with acting_as_system("forget notices that were read", Purpose.RETENTION):
        return Notification.objects.filter(read_at__lt=(now or clock.now()) - READ_NOTICES_KEPT_FOR).delete()[0]


def forget_ended_sign_ins(now: datetime | None = None) -> int:
    """Sessions and tokens that have run out, and what the list of sign-ins still says of ended ones."""
    now = now or clock.now()
    ended = Session.objects.filter(expire_date__lt=now).delete()[0]
    ended += get_token_model().objects.filter(expiry__lt=now).delete()[0]
    orphans = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    return int(ended + orphans.delete()[0])


# --- Closed requests and archived conversations ----------------------------------------------------------------------

# While a report about it waits, everything stays.
REPORTED = "EXISTS (SELECT FROM message_reports AS r WHERE r.conversation_id = c.id AND r.status = 'pending')"
# What is over, since when nothing happened to it, and when its people were told that it goes. Requests go with all
# conversations on them; of those of version 1 that were copied, the copy's activity counts.
OVER = f"""
SELECT * FROM (
    SELECT 'request' AS what, hr.id, greatest(
        hr.updated_at, (SELECT max(last_at) FROM threads AS c WHERE c.help_request_id = hr.id)) AS last_at
    FROM help_requests AS hr WHERE hr.status IN ('completed', 'cancelled', 'closed')
        AND NOT EXISTS (SELECT FROM threads AS c WHERE c.help_request_id = hr.id AND {REPORTED})
    UNION ALL
    SELECT version, id, last_at FROM threads AS c WHERE NOT is_open AND NOT {REPORTED}
) AS old LEFT JOIN removal_notices AS notice ON notice.about_id = old.id AND notice.told_at > old.last_at
WHERE last_at < %(now)s - make_interval(months => %(months)s) + %(grace)s::interval
"""  # noqa: S608  (no value stands in the text)
# Who takes part, and has not left: of a request its owner too.
PEOPLE = """
SELECT m.id, talk.conversation_id, talk.help_request_id FROM (
    SELECT t.id AS conversation_id, t.help_request_id, p.member_id
    FROM threads AS t JOIN thread_people AS p ON p.id = t.id WHERE %(id)s IN (t.id, t.help_request_id)
    UNION ALL
    SELECT NULL, id, user_id FROM help_requests WHERE id = %(id)s
) AS talk JOIN members AS m ON m.id = talk.member_id
WHERE m.name <> %(former)s
"""
REMOVE_NOTICES = """
DELETE FROM notifications WHERE conversation_id IN (SELECT id FROM threads WHERE %(id)s IN (id, help_request_id))
"""
REMOVE = "DELETE FROM removal_notices WHERE about_id = %(id)s"


class Old(NamedTuple):
    what: str
    id: UUID
    last_at: datetime
    told_at: datetime | None


def announce_and_remove(now: datetime | None = None) -> tuple[int, int]:
    """How many things were announced, and how many removed. Nothing of either while RETENTION_MONTHS is empty.

    Each in a transaction of its own, and looked at anew under its locks: it may run twice, and be cut off.
    """
    if settings.RETENTION_MONTHS is None:
        return 0, 0
    now = now or clock.now()
    removed = sum(_remove(old, now) for old in _over(now) if _is_due(old, now))
    soon = list(_over(now, grace=TOLD_BEFORE))
    # Of an old request its conversations are not announced one by one.
    requests = {old.id for old in soon if old.what == "request"}
    announced = sum(_announce(old, now) for old in soon if old.told_at is None and not _goes_with(old, requests))
    _forget_what_became_active({old.id for old in soon if old.told_at} | requests, now)
    return announced, removed


def _over(now: datetime, *, grace: timedelta = timedelta(), only: UUID | None = None) -> Iterator[Old]:
    statement = f"{OVER} AND id = %(only)s" if only else f"{OVER} ORDER BY what, last_at, id"
    values: dict[str, Any] = {"now": now, "months": settings.RETENTION_MONTHS, "grace": grace, "only": only}
    with acting_as_system("look for what is old", Purpose.RETENTION), connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchall()
    for what, id, last_at, _about_id, told_at in found:
        yield Old(what, id, last_at, told_at)


def _is_due(old: Old, now: datetime) -> bool:
    return old.told_at is not None and old.told_at <= now - TOLD_BEFORE


def _goes_with(old: Old, requests: set[UUID]) -> bool:
    if old.what == "request" or not requests:
        return False
    with acting_as_system("look for what is old", Purpose.RETENTION), connection.cursor() as cursor:
        cursor.execute("SELECT help_request_id FROM threads WHERE id = %s", [old.id])
        found = cursor.fetchone()
    return bool(found) and found[0] in requests


@transaction.atomic
def _announce(old: Old, now: datetime) -> bool:
    with acting_as_system("announce that something old goes", Purpose.RETENTION), connection.cursor() as cursor:
        cursor.execute("DELETE FROM removal_notices WHERE about_id = %s", [old.id])
        RemovalNotice.objects.create(about_id=old.id, told_at=now)
        cursor.execute(PEOPLE, {"id": old.id, "former": FORMER_MEMBER})
        told: dict[UUID, tuple[Any, Any]] = {}
        for member_id, conversation_id, help_request_id in cursor.fetchall():
            told.setdefault(member_id, (conversation_id, help_request_id))
            if conversation_id is None:  # the owner of the request hears of the request
                told[member_id] = (None, help_request_id)
    for member_id, (conversation_id, help_request_id) in told.items():
        place = {"conversation_id": conversation_id, "help_request_id": help_request_id}
        what = What.CONVERSATION_GOES if conversation_id else What.REQUEST_GOES
        notifications.tell(what, member_id, about=f"{old.id} {now:%Y-%m-%d}", **place)
    return True


@transaction.atomic
def _remove(old: Old, now: datetime) -> bool:
    """Under the locks that everybody takes who makes something happen here, and only if nothing has."""
    HelpRequest.objects.select_for_update().filter(pk=old.id).first()
    with acting_as_system("remove what is old", Purpose.RETENTION):
        for hand in threads.hands:
            hand.lock_about(old.id)
    still = next(iter(_over(now, only=old.id)), None)
    if still is None or not _is_due(still, now):
        return False
    with acting_as_system("remove what is old", Purpose.RETENTION):
        _run(REMOVE_NOTICES, id=old.id)
        for hand in reversed(list(threads.hands)):  # the oldest first: a copy's older self goes along
            hand.remove_about(old.id)
        _run(REMOVE, id=old.id)
        for table, declared in privacy.declared().items():
            if declared.conversation:
                _run(f"DELETE FROM {table} WHERE {declared.conversation} = %(id)s", id=old.id)  # noqa: S608
    if old.what == "request":
        HelpRequest.objects.filter(pk=old.id).delete()
        kind = ContentType.objects.get_for_model(HelpRequest)
        LogEntry.objects.filter(content_type=kind, object_id=str(old.id)).update(
            object_repr=FORMER_REQUEST, change_message=""
        )
    return True


def _forget_what_became_active(still_old: set[UUID], now: datetime) -> None:
    with acting_as_system("spare what became active again", Purpose.RETENTION):
        RemovalNotice.objects.exclude(about_id__in=still_old).filter(told_at__lt=now).delete()


def _run(statements: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        for statement in statements.split(";"):
            cursor.execute(statement, values)
