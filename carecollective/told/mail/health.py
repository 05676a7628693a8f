"""How mail is doing, in numbers, for monitors (health check)."""

from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.told.queue import QUEUE

LATE = 15 * 60  # seconds
AWAY: dict[str, Any] = {"status": "unknown", "oldest_unsent_seconds": None, "set_aside": None}

# Jobs too: where no worker runs, no mail is even written.
JOBS = """
SELECT extract(epoch FROM now() - min(scheduled_at))::int FROM procrastinate_jobs
WHERE status = 'todo' AND queue_name = %s AND scheduled_at <= now()
"""
MAILS = """
SELECT extract(epoch FROM now() - min(due_at) FILTER (WHERE set_aside_at IS NULL AND due_at <= now()))::int,
       count(set_aside_at)
FROM mails WHERE sent_at IS NULL AND not_needed_at IS NULL
"""


def state() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(JOBS, [QUEUE])
            (waiting,) = cursor.fetchone()
            with acting_as_system("how mail is doing", Purpose.MAIL):
                cursor.execute(MAILS)
                unsent, set_aside = cursor.fetchone()
    except (DatabaseError, InterfaceError):
        return AWAY
    oldest = max((age for age in (waiting, unsent) if age is not None), default=None)
    status = "late" if oldest is not None and oldest > LATE else "set_aside" if set_aside else "ok"
    return {"status": status, "oldest_unsent_seconds": oldest, "set_aside": set_aside}
