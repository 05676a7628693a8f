"""The jobs of accounts: mail, and what happens by the clock. Each may run twice: it looks at what is due."""

from procrastinate.contrib.django import app

from . import four_eyes, joining, mail, making, second_factor, services

send_link, tell_the_decision = mail.send_link, mail.tell_the_decision  # jobs that this module brings along


@app.periodic(cron="23 3 * * *")
@app.task(name="accounts.forget_unconfirmed", queueing_lock="forget_unconfirmed")
def forget_unconfirmed(timestamp: int) -> None:
    joining.forget_unconfirmed()


@app.periodic(cron="* * * * *")
@app.task(name="accounts.lift_ended_restrictions", queueing_lock="lift_ended_restrictions")
def lift_ended_restrictions(timestamp: int) -> None:
    services.lift_ended_restrictions()


@app.periodic(cron="47 * * * *")
@app.task(name="accounts.renew_old_secrets", queueing_lock="renew_old_secrets")
def renew_old_secrets(timestamp: int) -> None:
    second_factor.renew_old_secrets()


@app.periodic(cron="17 * * * *")
@app.task(name="accounts.approve_what_only_one_could", queueing_lock="approve_what_only_one_could")
def approve_what_only_one_could(timestamp: int) -> None:
    making.approve_what_only_one_could()


@app.periodic(cron="* * * * *")
@app.task(name="accounts.settle_grave_acts", queueing_lock="settle_grave_acts")
def settle_grave_acts(timestamp: int) -> None:
    four_eyes.settle_due()
