"""What keeps the queue itself in order."""

from procrastinate.contrib.django import app

HOURS_KEPT = 24 * 7


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="rescue_stalled", pass_context=True)
async def rescue_stalled(context, timestamp: int) -> None:
    """A job whose worker died begins again."""
    for job in await context.app.job_manager.get_stalled_jobs():
        await context.app.job_manager.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget_done", pass_context=True)
async def forget_done(context, timestamp: int) -> None:
    await context.app.job_manager.delete_old_jobs(nb_hours=HOURS_KEPT)
