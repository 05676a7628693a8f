"""What a scope is for. It is part of the proof with which the scope is entered, so the database can go by it.

A member's scope and the team's have one purpose each. What the system does has one of the others, named by whoever
enters: policies ask `(SELECT acting_for())`, and a job can then be held to the tables of its own purpose.
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
    OFFERS = "offers"  # offers that lapse, and read marks
    REPORTS = "reports"  # reports, and reading for cause
    SHARING = "sharing"  # details that are shared
    OLD_MESSAGING = "old_messaging"  # version 1, and its copies
    KEPT_TEXTS = "kept_texts"  # what somebody wrote after their sign-in had ended
    LEAVING = "leaving"  # members who leave, the ledger of erasures
    RETENTION = "retention"  # what is old goes
    EXPORT = "export"  # copies of a member's data
    OPERATOR = "operator"  # whoever types a command: demo data, looking after the data; and tests
