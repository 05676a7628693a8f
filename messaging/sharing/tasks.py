"""What time does to what is shared."""

from procrastinate.contrib.django import app

from . import services


@app.periodic(cron="*/10 * * * *")
@app.task(name="sharing.end_what_is_shared", queueing_lock="end_what_is_shared")
def end_what_is_shared(timestamp: int) -> None:
    services.end_what_is_over()
