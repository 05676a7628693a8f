"""What happens by the clock: it looks whether something is due, so what was missed is made up for."""

from procrastinate.contrib.django import app

from . import schedule


@app.periodic(cron="*/10 * * * *")
@app.task(name="backups.keep", queueing_lock="backups.keep")
def keep(timestamp: int) -> None:
    schedule.keep()
