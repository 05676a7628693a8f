"""Every column that may say something about a member: in which part of their copy it stands, or why it does not.

A test compares this with the database, so a new column stands here, or somebody writes down why not. Another test
fills every table for one member, and looks for each exported value in the part that is named here.
"""

from typing import NamedTuple

# Why not, where the same holds for many.
YOURSELF = "it is the member the copy is for"
OTHERS = "other people stand by the name that the pages show, and by nothing else"
ROW_NUMBER = "it says nothing"
SIGNS_IN = "whoever has it could sign in as its member"
IN_ITS_PLACE = "its conversation or request stands there in its place"
THE_TEAMS = "the team's own record, about other people too"
MAILING = "how a mail went out, and not what it told"
SEEN = "whether somebody has read it is theirs to show or to keep"
MODERATION = "the team's notes on reports; the pages do not show them either"
OLD_SYSTEM = "how the system before this one sorted its messages; no page shows it"


class Table(NamedTuple):
    """`part` is a key of data.json; `exported` and the keys of `left_out` are columns, parted by spaces."""

    part: str
    exported: str
    left_out: dict[str, str]

    def names(self) -> list[str]:
        return " ".join([self.exported, *self.left_out]).split()


TABLES = {
    # --- Who they are ------------------------------------------------------------------------------------------------
    "members": Table(
        "profile",
        "id name email town verification_status restriction restricted_until warned_at application_text is_staff"
        " joined_at email_confirmed_at last_login text_size theme enter_sends language leaving_at",
        {
            "password": SIGNS_IN,
            "is_superuser": "the groups say what somebody on the team may do",
            "left_at": "whoever has left has no account to make a copy of",
        },
    ),
    "members_groups": Table(
        "profile", "", {"id": ROW_NUMBER, "member_id": YOURSELF, "group_id": "the group stands there by its name"}
    ),
    "members_user_permissions": Table(
        "", "", {"id member_id permission_id": "nobody has any: what the team may do follows from its groups"}
    ),
    "account_emailaddress": Table(
        "profile",
        "email",
        {
            "id": ROW_NUMBER,
            "user_id": YOURSELF,
            "verified primary": "a new address that waits to be confirmed is neither",
        },
    ),
    "account_emailconfirmation": Table("", "", {"id created sent key email_address_id": SIGNS_IN}),
    "acceptances": Table("agreements", "standards privacy accepted_at", {"id": ROW_NUMBER, "member_id": YOURSELF}),
    "application_lines": Table(
        "application_lines", "outcome line written_at", {"id": ROW_NUMBER, "member_id": YOURSELF}
    ),
    "contact_details": Table("contact_details", "kind value is_kept", {"member_id": YOURSELF}),
    # --- Where they are signed in ------------------------------------------------------------------------------------
    "usersessions_usersession": Table(
        "sign_ins",
        "created_at last_seen_at ip user_agent",
        {"id": ROW_NUMBER, "user_id": YOURSELF, "session_key": SIGNS_IN, "data": "empty: the library's, and not used"},
    ),
    "knox_authtoken": Table("sign_ins", "created expiry", {"digest token_key": SIGNS_IN, "user_id": YOURSELF}),
    "django_session": Table(
        "", "", {"session_key session_data": SIGNS_IN, "expire_date": "each sign-in stands among the sign-ins"}
    ),
    "mfa_authenticator": Table(
        "sign_ins", "type created_at last_used_at", {"id": ROW_NUMBER, "user_id": YOURSELF, "data": SIGNS_IN}
    ),
    # --- What they chose ---------------------------------------------------------------------------------------------
    "mail_preferences": Table(
        "mail_settings",
        "offers answers messages requests news quiet_from quiet_until show_words",
        {"member_id": YOURSELF},
    ),
    "messaging_preferences": Table("conversation_settings", "shows_seen", {"member_id": YOURSELF}),
    "member_blocks": Table("blocks", "created_at", {"blocker_id": YOURSELF, "blocked_id": OTHERS}),
    # --- What they asked for, and what was said ----------------------------------------------------------------------
    "help_requests": Table(
        "help_requests",
        "id title description category subcategory urgency status exchange_offer is_ongoing language"
        " location_override created_at updated_at expires_at completed_at cancelled_at cancel_reason",
        {"user_id": YOURSELF, "helper_id": OTHERS},
    ),
    "requests_on_behalf": Table(
        "help_requests",
        "shown_name",
        {
            "help_request_id": IN_ITS_PLACE,
            "posted_by_id": YOURSELF,
            "consent_how consent_on note created_at": "how somebody without an account agreed is the team's to know",
        },
    ),
    "conversations_v2": Table(
        "conversations",
        "id help_request_id initial_message status created_at updated_at",
        {"requester_id helper_id": OTHERS},
    ),
    "messages_v2": Table(
        "conversations",
        "id conversation_id content created_at",
        {"sender_id": OTHERS, "updated_at": "nobody changes a message: it is created_at"},
    ),
    "offer_answers": Table(
        "conversations",
        "conversation_id kind answer at",
        {
            "id": ROW_NUMBER,
            "help_request_id": IN_ITS_PLACE,
            "requester_id helper_id by_id": OTHERS,
            "before since": "they follow from the answers before",
        },
    ),
    "conversation_read_markers": Table("conversations", "conversation_id read_up_to", {"member_id": YOURSELF}),
    "conversations": Table(
        "conversations",
        "id help_request_id title created_at last_message_at",
        {
            "status": "it stands there in the words of version 2, active or archived",
            "updated_at": "when the team's work last touched the row; last_message_at is the people's",
            "created_by": OTHERS,
            "migrated_to_v2": "a copied conversation stands there once, as version 2",
        },
    ),
    "conversation_participants": Table(
        "conversations", "conversation_id joined_at left_at", {"user_id": OTHERS, "role": OLD_SYSTEM}
    ),
    "messages": Table(
        "conversations",
        "id conversation_id content created_at",
        {
            "sender_id recipient_id": OTHERS,
            "help_request_id": IN_ITS_PLACE,
            "status read_at": SEEN,
            "is_flagged flagged_reason moderation_status": MODERATION,
            "message_type thread_id parent_message_id encryption_status updated_at": OLD_SYSTEM,
            "deleted_at": "a deleted message is shown to nobody",
        },
    ),
    "contact_shares": Table(
        "contact_shares",
        "conversation_id kind shared_at ended_at ended_by",
        {"id": ROW_NUMBER, "help_request_id": IN_ITS_PLACE, "owner_id reader_id": OTHERS},
    ),
    "kept_texts": Table("kept_texts", "path fields kept_at", {"id": ROW_NUMBER, "member_id": YOURSELF}),
    # --- What they were told, and what they told the team ------------------------------------------------------------
    "notifications": Table(
        "notices",
        "kind what conversation_id help_request_id created_at read_at",
        {
            "id": ROW_NUMBER,
            "member_id": YOURSELF,
            "reader": "as whom you were told: your own part in it",
            "by_id": OTHERS,
            "about": "what a notice is counted by; its conversation or request stands there",
            "news_id": "the news stands there by its title",
        },
    ),
    "mails": Table(
        "mails",
        "kind created_at sent_at",
        {
            "id": ROW_NUMBER,
            "recipient_id": YOURSELF,
            "key notification_id digest_id": "the notice itself stands among the notices",
            "due_at attempts error not_needed_at not_needed set_aside_at": MAILING,
        },
    ),
    "message_reports": Table(
        "reports",
        "message_id conversation_id reason description status created_at",
        {
            "id": ROW_NUMBER,
            "reported_by": YOURSELF,
            "sender_id": OTHERS,
            "version": "its conversation says which",
            "reviewed_at reviewed_by outcome": MODERATION,
            "evidence evidence_sha256": "other people's words, kept for the team alone",
        },
    ),
    # --- Who looked --------------------------------------------------------------------------------------------------
    "staff_reads": Table(
        "opened_by_team",
        "conversation_id reason opened_at",
        {
            "id": ROW_NUMBER,
            "staff_id staff_name": "the team answers as a team; its administrators know who it was",
            "report_id": "who reported what is not told to the other",
            "version": "its conversation says which",
        },
    ),
    "exports": Table(
        "copies", "id made_by reason language asked_at ready_at used_at failed_at", {"member_id": YOURSELF}
    ),
    "export_archives": Table("", "", {"export_id content": "a copy of the copy"}),
    "audit_entries": Table(
        "account_history",
        "at kind codes",
        {
            "id": ROW_NUMBER,
            "subject_id": YOURSELF,
            "hand actor_id": "the team answers as a team; its administrators know who it was",
            "about_id": IN_ITS_PLACE,
            "origin": "a digest, from which no place can be told",
        },
    ),
    "grave_acts": Table(
        "",
        "",
        {
            "id asked_by_id about_id reason": "the team's own words, which may name others; the act is in the history",
            "at kind codes subject_id": "the same act stands in the history of the account",
        },
    ),
    "erasures": Table("", "", {"member_id how erased_at": "whoever is in it has left, and has no copy to ask for"}),
    "removal_notices": Table("", "", {"about_id told_at": "that it goes soon stands among the notices"}),
    "impersonation_attempts": Table(
        "", "", {"id caller_id claimed field path attempted_at": "what the team watches for misuse by"}
    ),
    "django_admin_log": Table(
        "", "", {"id action_time object_id object_repr action_flag change_message content_type_id user_id": THE_TEAMS}
    ),
    # --- The rollout and the queue -----------------------------------------------------------------------------------
    "rollout_flags": Table(
        "",
        "",
        {
            "id name everyone percent testing staff authenticated languages rollout note created modified superusers"
            " stage stage_since always_on always_off stopped stopped_at armed_at version": THE_TEAMS
        },
    ),
    "rollout_flags_users": Table("", "", {"id flag_id member_id": "empty: the flag library's, and not used"}),
    "rollout_history": Table(
        "",
        "",
        {
            "id kind made_at by_id by_name member_id from_stage to_stage reason heads members checks numbers"
            " flag_version made_in": THE_TEAMS
        },
    ),
    "procrastinate_jobs": Table(
        "",
        "",
        {
            "id queue_name task_name lock args status scheduled_at attempts queueing_lock priority abort_requested"
            " worker_id": "work that waits: ids and no texts, cleared away after a week"
        },
    ),
}

# Tables that say nothing about any member, and why that is so. None of them may refer to one.
ABOUT_NOBODY = {
    "auth_group": "names of groups",
    "auth_group_permissions": "what a group may do",
    "auth_permission": "names of permissions",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "procrastinate_events": "when a job began and ended",
    "procrastinate_periodic_defers": "when the clock deferred a job",
    "procrastinate_workers": "which workers are alive",
    "rate_limits": "digests with our key, and counts: nobody can be told from them, and they go with their window",
    "rollout_attempts": "times, codes and milliseconds, without a member",
    "rollout_flags_groups": "empty: the flag library's, and not used",
    "team_news": "what the team tells everybody; its title stands with each member's notice",
    "waffle_sample": "empty: the flag library's, and not used",
    "waffle_switch": "names of switches",
}
