"""What the clock has done, does next, and failed at (cron). Read from the job queue's own tables, without arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from carecollective.accounts.models import Member
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied

from .models import ScheduledJob

# A worker that has just died is noticed, and its job begun again, within that time.
LATE_AFTER = timedelta(minutes=15)
MOST = 50

# The last sign of life of each task: kept with its job, a week at least.
LAST = """
SELECT DISTINCT ON (job.task_name) job.task_name, event.type::text, event.at
FROM procrastinate_jobs AS job JOIN procrastinate_events AS event ON event.job_id = job.id
WHERE job.task_name = ANY(%s) AND event.type IN ('started', 'succeeded', 'failed', 'deferred_for_retry')
ORDER BY job.task_name, event.at DESC, event.id DESC
"""
FAILED = """
SELECT job.id, job.task_name, job.attempts, max(event.at)
FROM procrastinate_jobs AS job
LEFT JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'failed'
WHERE job.status = 'failed' GROUP BY job.id ORDER BY max(event.at) DESC NULLS LAST, job.id DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """`ended` is "started" while it runs, "succeeded", "failed", "deferred_for_retry", or None where it never ran."""

    task: str
    last_at: datetime | None
    ended: str | None
    next_at: datetime
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Failed:
    id: int
    task: str
    attempts: int
    failed_at: datetime | None


def scheduled() -> list[Scheduled]:
    """Every task that the clock begins, the next one first."""
    now = timezone.now()
    # Clocks of our own: the worker turns its own ones.
    tasks = {each.task.name: croniter(each.cron) for each in app.periodic_registry.periodic_tasks.values()}
    with connection.cursor() as cursor:
        cursor.execute(LAST, [list(tasks)])
        last = {task: (ended, at) for task, ended, at in cursor.fetchall()}
    found = []
    for task, clock in tasks.items():
        ended, at = last.get(task, (None, None))
        due_at = clock.get_prev(datetime, start_time=now - LATE_AFTER)
        is_overdue = at is None or at < due_at
        found.append(Scheduled(task, at, ended, clock.get_next(datetime, start_time=now), is_overdue))
    return sorted(found, key=lambda each: each.next_at)


def failed() -> list[Failed]:
    with connection.cursor() as cursor:
        cursor.execute(FAILED, [MOST])
        return [Failed(*row) for row in cursor.fetchall()]


@transaction.atomic
def try_again(job_id: int, *, by: Member) -> ScheduledJob:
    """Put a failed job into the queue once more. Raises PermissionDenied, NotFound, InvalidTransition."""
    if not by.has_perm("scheduled_work.try_job_again"):
        raise PermissionDenied
    job: ScheduledJob | None = ScheduledJob.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound
    if job.status != "failed":
        raise InvalidTransition
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(job_id, retry_at=timezone.now())
    except ConnectorException:  # one like it waits already, and the queue takes no second
        raise InvalidTransition from None
    return job
