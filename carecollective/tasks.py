"""What keeps the queue itself in order."""

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

HOURS_KEPT = 24 * 7


@app.periodic(cron="* * * * *")
@app.task(name="jobs.rescue_stalled", queueing_lock="rescue_stalled", pass_context=True)
async def rescue_stalled(context: JobContext, timestamp: int) -> None:
    """A job whose worker died begins again: a minute and a half later at most."""
    await rescue(context.app.job_manager)


async def rescue(queue: JobManager, *, silent_for: float = 30) -> None:
    for job in await queue.get_stalled_jobs(seconds_since_heartbeat=silent_for):
        try:
            await queue.retry_job(job)
        except UniqueViolation:
            # Of its kind one waits already, and does what this one would do. To go on is more important: one job that
            # cannot begin again would keep all the others from it.
            await queue.finish_job(job, Status.ABORTED, delete_job=False)


@app.periodic(cron="17 3 * * *")
@app.task(name="jobs.forget_done", queueing_lock="forget_done", pass_context=True)
async def forget_done(context: JobContext, timestamp: int) -> None:
    await context.app.job_manager.delete_old_jobs(nb_hours=HOURS_KEPT)
