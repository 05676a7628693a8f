"""What the clock does with the audit. It may run twice."""

from procrastinate.contrib.django import app

from . import services


@app.periodic(cron="7 4 * * *")
@app.task(name="audit.forget_old_failures", queueing_lock="forget_old_failures")
def forget_old_failures(timestamp: int) -> None:
    services.forget_old_failures()
