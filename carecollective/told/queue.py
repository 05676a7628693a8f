"""Where mail begins: a job in the caller's own transaction, so that what is undone is never written about.

Imported by whoever tells members something, so it knows nothing of them and nothing of how mail is sent.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import connection

from carecollective.ground import clock
from carecollective.ground.jobs import wake_workers
from carecollective.told.kinds import KINDS

log = logging.getLogger(__name__)
QUEUE = "mail"
CONSIDER = "mail.consider"


def enqueue(notification_id: UUID, kind: str) -> None:
    """One statement. Whether a mail is wanted at all is decided when its time has come.

    A queue that is broken is logged, and never takes the caller's work along: `catch_up` finds what has no job.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT enqueue_mail(%s, %s, %s, %s)", [QUEUE, CONSIDER, notification_id, due_at(kind)])
        (failure,) = cursor.fetchone()
    queued(kind, failure)


def due_at(kind: str) -> datetime:
    """A time for each job, also for those of now: /api/health counts from it."""
    return clock.now() + KINDS[kind].mail_waits


def queued(kind: str, failure: str | None) -> None:
    """The job is a row of this transaction, or there is none, and why."""
    if failure:
        log.error("No mail could be queued for a notification of %s: %s.", kind, failure)
    elif not KINDS[kind].mail_waits:
        wake_workers(QUEUE)
