"""Where mail begins: a job in the caller's own transaction, so that what is undone is never written about.

Imported by whoever tells members something, so it knows nothing of them and nothing of how mail is sent.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from carecollective.ground.jobs import wake_workers

log = logging.getLogger(__name__)
QUEUE = "mail"
CONSIDER = "mail.consider"
# An open page has shown a message by then, and what was said of an offer can be taken back until then.
WAITS = {"message": timedelta(minutes=5), "answer": timedelta(minutes=10), "withdrawn": timedelta(minutes=10)}


def enqueue(notification_id: UUID, kind: str) -> None:
    """One statement. Whether a mail is wanted at all is decided when its time has come.

    A queue that is broken is logged, and never takes the caller's work along: `catch_up` finds what has no job.
    """
    # A time for each job, also for those of now: /api/health counts from it.
    waits = WAITS.get(kind, timedelta())
    due_at = timezone.now() + waits
    with connection.cursor() as cursor:
        cursor.execute("SELECT enqueue_mail(%s, %s, %s, %s)", [QUEUE, CONSIDER, notification_id, due_at])
        (failure,) = cursor.fetchone()
    if failure:
        log.error("No mail could be queued for the notification %s: %s.", notification_id, failure)
    elif not waits:
        wake_workers(QUEUE)
