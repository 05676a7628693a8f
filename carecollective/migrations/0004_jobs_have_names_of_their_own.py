"""The name of a job is kept in the queue, so it must not change when its code moves to another module."""

from django.db import migrations

OWN = {
    "carecollective.accounts.mail.send_link": "accounts.send_link",
    "carecollective.accounts.mail.send_new_address": "accounts.send_new_address",
    "carecollective.accounts.mail.tell_of_a_change": "accounts.tell_of_a_change",
    "carecollective.accounts.mail.tell_of_a_restriction": "accounts.tell_of_a_restriction",
    "carecollective.accounts.mail.tell_of_leaving": "accounts.tell_of_leaving",
    "carecollective.accounts.mail.tell_the_decision": "accounts.tell_the_decision",
    "carecollective.accounts.mail.tell_the_old_address": "accounts.tell_the_old_address",
    "carecollective.accounts.mail.tell_the_team_of_an_application": "accounts.tell_the_team_of_an_application",
    "carecollective.accounts.tasks.forget_unconfirmed": "accounts.forget_unconfirmed",
    "carecollective.accounts.tasks.lift_ended_restrictions": "accounts.lift_ended_restrictions",
    "carecollective.audit.tasks.forget_old_failures": "audit.forget_old_failures",
    "carecollective.own_data.exports.tasks.forget_old_copies": "exports.forget_old_copies",
    "carecollective.own_data.exports.tasks.make_copy": "exports.make_copy",
    "carecollective.own_data.leaving.tasks.empty_left_accounts": "leaving.empty_left_accounts",
    "carecollective.own_data.leaving.tasks.forget_what_is_old": "leaving.forget_what_is_old",
    "carecollective.own_data.leaving.tasks.keep_the_ledger": "leaving.keep_the_ledger",
    "carecollective.own_data.leaving.tasks.remove_old_requests": "leaving.remove_old_requests",
    "carecollective.told.mail.tasks.consider": "mail.consider",
    "carecollective.told.mail.tasks.deliver": "mail.deliver",
    "carecollective.told.mail.tasks.forget_old_mail": "mail.forget_old_mail",
    "carecollective.told.mail.tasks.look_for_mail": "mail.look_for_mail",
    "carecollective.rollout.mail.tell_a_member": "rollout.tell_a_member",
    "carecollective.rollout.mail.tell_the_team": "rollout.tell_the_team",
    "carecollective.rollout.tasks.forget_old_attempts": "rollout.forget_old_attempts",
    "carecollective.rollout.tasks.watch": "rollout.watch",
    "carecollective.tasks.forget_done": "jobs.forget_done",
    "carecollective.tasks.rescue_stalled": "jobs.rescue_stalled",
    "helprequests.tasks.tell_what_runs_out": "helprequests.tell_what_runs_out",
    "messaging.sharing.tasks.end_what_is_shared": "sharing.end_what_is_shared",
    "messaging.tasks.mind_unanswered_offers": "messaging.mind_unanswered_offers",
}
WHERE_KEPT = ("procrastinate_jobs", "procrastinate_periodic_defers")


def renamed(names: dict[str, str]) -> list[tuple[str, list[str]]]:
    return [
        (f"UPDATE {table} SET task_name = %s WHERE task_name = %s", [new, old])  # noqa: S608  (two tables of ours)
        for table in WHERE_KEPT
        for old, new in names.items()
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("carecollective", "0003_texts_are_clean"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]
    operations = [
        migrations.RunSQL(renamed(OWN), renamed({own: old for old, own in OWN.items()})),
    ]
