"""What is done with the audit by the clock, and after an act. Each may run twice."""

from procrastinate.contrib.django import app

from . import sending, services


@app.periodic(cron="7 4 * * *")
@app.task(name="audit.forget_old_failures", queueing_lock="forget_old_failures")
def forget_old_failures(timestamp: int) -> None:
    services.forget_old_failures()


@app.task(name=sending.SEND)
def send() -> None:
    sending.send_what_is_unsent()


@app.periodic(cron="* * * * *")
@app.task(name="audit.send_what_is_unsent", queueing_lock="send_what_is_unsent", lock=sending.SEND)
def send_what_is_unsent(timestamp: int) -> None:
    """What nobody came to send, and what a sink that was away did not take."""
    sending.send_what_is_unsent()
