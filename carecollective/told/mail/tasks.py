"""The jobs of mail. Each may run twice, and two at once."""

import logging
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from carecollective.told.queue import QUEUE

from . import outbox
from .sending import ServerAway, SomebodyElseSends, send_what_is_due

log = logging.getLogger(__name__)
LONGEST_PAUSE = 60  # seconds
A_MOMENT = 1


@app.task(name="mail.consider", queue=QUEUE, retry=RetryStrategy(wait=30, max_attempts=20))
def consider(notification_id: str) -> None:
    outbox.consider(UUID(notification_id))


@app.task(name="mail.deliver", queue=QUEUE)
def deliver(tries: int = 0) -> None:
    """It never fails for good: a server that is away is asked again for as long as it takes."""
    try:
        if send_what_is_due():
            outbox.wake_the_sender()
    except SomebodyElseSends:
        outbox.wake_the_sender(tries=tries, seconds=A_MOMENT)
    except ServerAway as away:
        log.warning("The mail server cannot be reached, so all mail waits: %s.", type(away.__cause__ or away).__name__)
        outbox.wake_the_sender(tries=tries + 1, seconds=min(2**tries, LONGEST_PAUSE))


@app.periodic(cron="* * * * *")
@app.task(name="mail.look_for_mail", queue=QUEUE, queueing_lock="look_for_mail")
def look_for_mail(timestamp: int) -> None:
    """What has become due by the clock, and what was lost with a job."""
    outbox.catch_up()
    deliver()


@app.periodic(cron="47 3 * * *")
@app.task(name="mail.forget_old_mail", queue=QUEUE, queueing_lock="forget_old_mail")
def forget_old_mail(timestamp: int) -> None:
    outbox.forget_old()
