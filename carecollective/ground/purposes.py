"""What a scope is for. It is part of the proof with which the scope is entered, so the database can go by it.

A member's scope and the team's have one purpose each. What the system does has one of the others, named by whoever
enters: policies and triggers ask `acting_for()`, and a job is held to the tables of its own purpose.
"""

from enum import StrEnum


class Purpose(StrEnum):
    MEMBER = "member"  # acting_as, reading_as, asking_as
    TEAM = "team"  # acting_as_staff
    # The system's, by what it is about.
    SIGN_IN = "sign_in"  # password hashes and second steps, to compare them
    JOIN = "join"  # accounts that are made, and what is written to who applies
    ACCOUNT = "account"  # what is changed of an account: its password, second step, address, roles, restriction
    AUDIT = "audit"  # what was done, and attempts to be somebody else
    GRAVE_ACTS = "grave_acts"  # what takes two people, or a time of waiting
    TELL = "tell"  # notifications
    MAIL = "mail"  # mails, and who wants them
    ROLLOUT = "rollout"  # stages, their history, what is judged and sampled for them
    HELP_REQUESTS = "help_requests"  # what no member's own hand changes of them: closed by the team, a helper put back
    OFFERS = "offers"  # offers that lapse, and read marks
    REPORTS = "reports"  # reports, and reading for cause
    SHARING = "sharing"  # details that are shared
    OLD_MESSAGING = "old_messaging"  # version 1, and its copies
    KEPT_TEXTS = "kept_texts"  # what somebody wrote after their sign-in had ended
    LEAVING = "leaving"  # members who leave, the ledger of erasures
    RETENTION = "retention"  # what is old goes
    EXPORT = "export"  # copies of a member's data
    CHECK = "check"  # whether all is well: it writes nothing
    OPERATOR = "operator"  # whoever types a command: demo data, looking after the data; and tests


# The tables that the system writes for each purpose, and no others: triggers hold it to them (`held`).
# What a trigger writes along in the same role counts as well. An operator looks after everything.
WRITES = {
    Purpose.SIGN_IN: "mfa_authenticator",
    Purpose.JOIN: "application_lines",
    Purpose.ACCOUNT: "mfa_authenticator",
    Purpose.AUDIT: "audit_entries audit_unsent impersonation_attempts",
    Purpose.GRAVE_ACTS: "grave_acts",
    Purpose.TELL: "notifications",
    Purpose.MAIL: "mail_preferences mails",
    Purpose.ROLLOUT: "rollout_attempts rollout_days rollout_flags rollout_history waffle_switch",
    Purpose.HELP_REQUESTS: "help_requests",
    Purpose.OFFERS: "contact_shares conversations_v2 offer_answers",
    Purpose.REPORTS: "message_reports staff_reads",
    Purpose.SHARING: "contact_details contact_shares",
    Purpose.OLD_MESSAGING: "contact_shares conversations_v2 help_requests message_reports messages_v2 "
    "unread_conversations",
    Purpose.KEPT_TEXTS: "kept_texts",
    Purpose.LEAVING: "application_lines contact_details contact_shares conversations_v2 erasures exports grave_acts "
    "help_requests kept_texts mail_preferences mails member_blocks messaging_preferences notifications offer_answers "
    "requests_on_behalf rollout_history staff_reads unread_conversations",
    Purpose.RETENTION: "contact_shares conversations_v2 help_requests impersonation_attempts "
    "message_reports notifications offer_answers removal_notices",
    Purpose.EXPORT: "export_archives exports",
}
