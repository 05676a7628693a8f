"""What happens by the clock. Each job may run twice, and two of them at once: both look, one acts."""

from procrastinate.contrib.django import app

from . import attempts, counts, days, mail, trips

tell_the_team, tell_a_member = mail.tell_the_team, mail.tell_a_member  # jobs that this module brings along


@app.periodic(cron="* * * * *")
@app.task(name="rollout.watch", queueing_lock="watch_the_rollout")
def watch(timestamp: int) -> None:
    """Also what fails slowly, or while nobody tries, is seen within the minute."""
    trips.watch()


@app.periodic(cron="41 3 * * *")
@app.task(name="rollout.forget_old_attempts", queueing_lock="forget_old_attempts")
def forget_old_attempts(timestamp: int) -> None:
    """And what is over is summed by the day, and what was counted summed up."""
    attempts.forget_old()
    days.roll_up()
    counts.sum_up()
