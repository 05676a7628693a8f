"""What each job does, for somebody who never saw its code."""

from django.utils.translation import gettext_lazy as _

TASKS = {
    "jobs.rescue_stalled": _("Begins jobs again that were cut off"),
    "jobs.forget_done": _("Clears away jobs that were done a week ago"),
    "rollout.watch": _("Watches the new messaging, and turns it off when it fails"),
    "rollout.forget_old_attempts": _("Clears away old numbers of the rollout"),
    "rollout.tell_the_team": _("Emails the team about the rollout"),
    "rollout.tell_a_member": _("Emails a member about the older messages"),
    "accounts.send_link": _("Emails a link to join, sign in or choose a password"),
    "accounts.tell_the_team_of_an_application": _("Emails the team about an application"),
    "accounts.tell_the_decision": _("Emails what became of an application"),
    "accounts.tell_of_a_restriction": _("Emails a member about a restriction of their account"),
    "accounts.tell_of_a_change": _("Emails a member about a change to their account"),
    "accounts.send_new_address": _("Emails a new address to be confirmed"),
    "accounts.tell_the_old_address": _("Emails the old address about the new one"),
    "accounts.forget_unconfirmed": _("Clears away applications that were never confirmed"),
    "accounts.approve_what_only_one_could": _("Approves accounts that nobody else on the team could approve"),
    "accounts.tell_of_a_grave_act": _("Emails a member about a grave change to their account"),
    "accounts.tell_administrators": _("Emails the administrators about a grave change"),
    "accounts.settle_grave_acts": _("Ends what waited for a second person until its time was over"),
    "accounts.renew_old_secrets": _("Locks up the second step anew after a change of key"),
    "accounts.lift_ended_restrictions": _("Ends suspensions whose time is over"),
    "audit.forget_old_failures": _("Clears away failed sign-ins of 90 days ago"),
    "audit.send": _("Sends what was written down to where the operator wants it too"),
    "audit.send_what_is_unsent": _("Looks for what was written down and is not sent yet"),
    "exports.make_copy": _("Makes a member’s copy of their data"),
    "exports.forget_old_copies": _("Clears away copies that nobody took in 7 days"),
    "accounts.tell_of_leaving": _("Emails a member who leaves, or stays after all"),
    "leaving.empty_left_accounts": _("Empties the accounts of members who left 14 days ago"),
    "backups.keep": _("Makes a backup each night, and tries to restore it"),
    "backups.tell_the_administrators": _("Emails the administrators that a backup failed"),
    "leaving.keep_the_ledger": _("Keeps the list of erased members, and erases who came back"),
    "leaving.forget_what_is_old": _("Clears away read notifications and ended sign-ins"),
    "leaving.forget_ended_counters": _("Clears away counters of limits whose time is over"),
    "leaving.remove_old_requests": _("Removes old requests and conversations, where that is on"),
    "mail.consider": _("Decides whether a notification is mailed"),
    "mail.deliver": _("Sends email"),
    "mail.look_for_mail": _("Looks for email that waits"),
    "mail.forget_old_mail": _("Clears away what is kept about old email"),
    "helprequests.tell_what_runs_out": _("Tells members a week before their request runs out"),
    "sharing.end_what_is_shared": _("Ends what members shared once its time is over"),
    "messaging.mind_unanswered_offers": _("Reminds members of offers after 7 days, and ends them after 14"),
}
ENDS = {
    None: _("Not yet"),
    "started": _("Running now"),
    "succeeded": _("Done"),
    "failed": _("Failed"),
    "deferred_for_retry": _("Failed, and will be tried again"),
}


def task(name: str) -> str:
    return str(TASKS.get(name, name))
