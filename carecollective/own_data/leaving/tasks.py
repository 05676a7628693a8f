"""What happens by the clock. Each looks at what is due, so it may run twice, and what was missed is made up for."""

from procrastinate.contrib.django import app

from carecollective.ground import limits, wake

from . import erasure, evidence, ledger, retention, services


@app.periodic(cron="11 * * * *")
@app.task(name="leaving.empty_left_accounts", queueing_lock="empty_left_accounts")
def empty_left_accounts(timestamp: int) -> None:
    services.erase_due()
    erasure.sweep()
    evidence.forget_decided()


@app.periodic(cron="* * * * *")
@app.task(name="leaving.keep_the_ledger", queueing_lock="keep_the_ledger")
def keep_the_ledger(timestamp: int) -> None:
    """Into the file whoever was deleted by hand; and out of the database whoever came back with a backup."""
    if ledger.write_out():
        erasure.sweep()
    services.apply_ledger()


@app.periodic(cron="53 3 * * *")
@app.task(name="leaving.forget_what_is_old", queueing_lock="forget_what_is_old")
def forget_what_is_old(timestamp: int) -> None:
    retention.forget_attempts()
    retention.forget_read_notices()
    retention.forget_ended_sign_ins()


@app.periodic(cron="41 * * * *")
@app.task(name="leaving.forget_ended_counters", queueing_lock="forget_ended_counters")
def forget_ended_counters(timestamp: int) -> None:
    limits.forget_ended()
    wake.say_what_is_left()


@app.periodic(cron="7 4 * * *")
@app.task(name="leaving.remove_old_requests", queueing_lock="remove_old_requests")
def remove_old_requests(timestamp: int) -> None:
    retention.announce_and_remove()
