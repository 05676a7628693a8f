"""What goes into the table of mails, and who is woken to send it (a transactional outbox)."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.identity import acting_as_system
from carecollective.ground.limits import Limit
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import NotFound, PermissionDenied
from carecollective.told.queue import QUEUE

from .models import TEST, Mail

DELIVER = "mail.deliver"
TEST_MAILS = Limit("test_mails", 3, timedelta(hours=1))
# A job takes its time: the slowest kind waits ten minutes. What nobody came for in a week is no news any more.
LOST_AFTER, LOST_UNTIL = timedelta(minutes=15), timedelta(days=7)
KEPT_FOR = timedelta(days=90)  # longer than LOST_UNTIL: a row that is gone must not be written anew

PUT = """
INSERT INTO mails (key, recipient_id, kind, notification_id, created_at)
SELECT n.kind || ':' || n.id, n.member_id, n.kind, n.id, n.created_at FROM notifications AS n WHERE {which}
ON CONFLICT (key) DO NOTHING
"""
ONE = "n.id = %s"
LOST = """
n.read_at IS NULL AND n.created_at < %s AND n.created_at > %s
AND NOT EXISTS (SELECT FROM mails WHERE key = n.kind || ':' || n.id)
"""


@transaction.atomic
def consider(notification_id: uuid.UUID) -> None:
    """Its time has come: from now on a mail about it waits, unless it was taken back. Asked twice, it is one mail."""
    if _put(ONE, notification_id):
        wake_the_sender()


@transaction.atomic
def catch_up() -> int:
    """Mail for what was told and never considered: its job was lost. Returns how many."""
    now = clock.now()
    found = _put(LOST, now - LOST_AFTER, now - LOST_UNTIL)
    if found:
        wake_the_sender()
    return found


@transaction.atomic
def send_test(member: Member) -> None:
    """Goes the way of every mail, so that its arrival says something about the others. Raises RateLimited."""
    TEST_MAILS.take(member.pk)
    with acting_as_system("a test mail that its recipient asked for", Purpose.MAIL):
        Mail.objects.create(key=f"{TEST}:{uuid.uuid4()}", recipient=member, kind=TEST)
    wake_the_sender()


@transaction.atomic
def try_again(mail_id: uuid.UUID, *, by: Member) -> None:
    """What was set aside has another go. Raises PermissionDenied, NotFound."""
    if not by.has_perm("mail.retry_mail"):
        raise PermissionDenied
    with acting_as_system("send a mail that was set aside", Purpose.MAIL):
        again = Mail.objects.filter(pk=mail_id).exclude(set_aside_at=None)
        found = again.update(set_aside_at=None, attempts=0, error="", due_at=clock.now())
    if not found:
        raise NotFound
    wake_the_sender()


def wake_the_sender(*, tries: int = 0, seconds: int = 0) -> None:
    """One job waits at most, however many mails do: it sends them all."""
    at = clock.now() + timedelta(seconds=seconds)
    # Before all that has still to be considered, which may be a thousand times the team's news.
    job = app.configure_task(DELIVER, queue=QUEUE, queueing_lock=DELIVER, schedule_at=at, priority=1)
    try:
        with transaction.atomic():  # "there is one already" must not undo what was written before
            job.defer(tries=tries)
    except AlreadyEnqueued:
        pass


def forget_old() -> None:
    with acting_as_system("forget old mail", Purpose.MAIL):
        done = Mail.objects.exclude(sent_at=None, not_needed_at=None)
        done.filter(created_at__lt=clock.now() - KEPT_FOR).delete()


def _put(which: str, *values: Any) -> int:
    with acting_as_system("mail about what a member was told", Purpose.MAIL), connection.cursor() as cursor:
        cursor.execute(PUT.format(which=which), values)
        return int(cursor.rowcount)
