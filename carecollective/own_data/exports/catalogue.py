"""Every column that may say something about a member: in which part of their copy it stands, or why it does not.

Each model says it of its own table (`personal_data`); here stand the tables that libraries bring along. A test compares
all with the database, so a new column is said, or somebody writes down why not. Another test fills every table for one
member, and looks for each exported value in the part that is named.
"""

from carecollective.ground import privacy
from carecollective.ground.privacy import ROW_NUMBER, SIGNS_IN, THE_TEAMS, YOURSELF, Copied

LIBRARIES = {
    "members_groups": Copied(
        "profile", "", {"id": ROW_NUMBER, "member_id": YOURSELF, "group_id": "the group stands there by its name"}
    ),
    "members_user_permissions": Copied(
        "", "", {"id member_id permission_id": "nobody has any: what the team may do follows from its groups"}
    ),
    "account_emailaddress": Copied(
        "profile",
        "email",
        {
            "id": ROW_NUMBER,
            "user_id": YOURSELF,
            "verified primary": "a new address that waits to be confirmed is neither",
        },
    ),
    "account_emailconfirmation": Copied("", "", {"id created sent key email_address_id": SIGNS_IN}),
    "usersessions_usersession": Copied(
        "sign_ins",
        "created_at last_seen_at ip user_agent",
        {"id": ROW_NUMBER, "user_id": YOURSELF, "session_key": SIGNS_IN, "data": "empty: the library's, and not used"},
    ),
    "knox_authtoken": Copied("sign_ins", "created expiry", {"digest token_key": SIGNS_IN, "user_id": YOURSELF}),
    "django_session": Copied(
        "", "", {"session_key session_data": SIGNS_IN, "expire_date": "each sign-in stands among the sign-ins"}
    ),
    "mfa_authenticator": Copied(
        "sign_ins", "type created_at last_used_at", {"id": ROW_NUMBER, "user_id": YOURSELF, "data": SIGNS_IN}
    ),
    "django_admin_log": Copied(
        "", "", {"id action_time object_id object_repr action_flag change_message content_type_id user_id": THE_TEAMS}
    ),
    "rollout_flags": Copied(
        "",
        "",
        {
            "id name everyone percent testing staff authenticated languages rollout note created modified superusers"
            " stage stage_since always_on always_off stopped stopped_at armed_at version": THE_TEAMS
        },
    ),
    "rollout_flags_users": Copied("", "", {"id flag_id member_id": "empty: the flag library's, and not used"}),
    "procrastinate_jobs": Copied(
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
    "backup_runs": "when backups were made and tried, and why one was not",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "procrastinate_events": "when a job began and ended",
    "procrastinate_periodic_defers": "when the clock deferred a job",
    "procrastinate_workers": "which workers are alive",
    "rate_limits": "digests with our key, and counts: nobody can be told from them, and they go with their window",
    "rollout_attempts": "times, codes and milliseconds, without a member",
    "rollout_counts": "how many conversations, reports and members there are",
    "rollout_days": "how many attempts there were in each day",
    "rollout_flags_groups": "empty: the flag library's, and not used",
    "team_news": "what the team tells everybody; its title stands with each member's notice",
    "waffle_sample": "empty: the flag library's, and not used",
    "waffle_switch": "names of switches",
    "wake_outbox": "ids on their way to open pages: said and gone within seconds, within an hour at most",
}


def tables() -> dict[str, Copied]:
    """What each table gives to its member's copy, by the table's name."""
    return LIBRARIES | {table: declared.copied for table, declared in privacy.declared().items()}
