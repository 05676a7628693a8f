"""The jobs of copies. Each may run twice, and two at once."""

from uuid import UUID

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from . import services

MOST_TRIES = 5  # beside the first


@app.task(
    name="exports.make_copy",
    retry=RetryStrategy(max_attempts=MOST_TRIES, wait=10, exponential_wait=2),
    pass_context=True,
)
def make_copy(context: JobContext, export_id: str) -> None:
    try:
        services.make(UUID(export_id))
    except Exception:
        if context.job.attempts >= MOST_TRIES:
            services.give_up(UUID(export_id))
        raise


@app.periodic(cron="37 3 * * *")
@app.task(name="exports.forget_old_copies", queueing_lock="forget_old_copies")
def forget_old_copies(timestamp: int) -> None:
    services.forget_old()
