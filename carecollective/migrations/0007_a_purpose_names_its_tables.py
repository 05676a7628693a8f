"""What the system writes is held to its purpose, which is signed: a job that sends mail writes no message.

A trigger asks on each table before a statement, and not for each row. Deleting a member is an act on an account like
the others, so the web's login needs no right for it.
"""

from django.db import migrations

HELD = {
    "application_lines": "join leaving",
    "audit_entries": "audit",
    "audit_unsent": "audit",
    "contact_details": "leaving sharing",
    "contact_shares": "leaving offers old_messaging retention sharing",
    "conversation_participants": "old_messaging",
    "conversation_read_markers": "leaving old_messaging",
    "conversations": "leaving old_messaging retention",
    "conversations_v2": "leaving offers old_messaging retention",
    "erasures": "leaving",
    "export_archives": "export",
    "exports": "export leaving",
    "grave_acts": "grave_acts leaving",
    "help_requests": "help_requests leaving old_messaging retention",
    "impersonation_attempts": "audit retention",
    "kept_texts": "kept_texts leaving",
    "mail_preferences": "leaving mail",
    "mails": "leaving mail",
    "member_blocks": "leaving",
    "message_reports": "old_messaging reports retention",
    "messages": "old_messaging",
    "messages_v2": "old_messaging",
    "messaging_preferences": "leaving",
    "mfa_authenticator": "account sign_in",
    "notifications": "leaving retention tell",
    "offer_answers": "leaving offers retention",
    "removal_notices": "retention",
    "requests_on_behalf": "leaving",
    "rollout_attempts": "rollout",
    "rollout_days": "rollout",
    "rollout_flags": "rollout",
    "rollout_history": "leaving rollout",
    "staff_reads": "leaving reports",
    "unread_conversations": "leaving old_messaging",
    "waffle_switch": "rollout",
}

FUNCTION = """
CREATE FUNCTION the_system_writes_for_its_purpose() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    purpose text := public.acting_for();
BEGIN
    IF purpose = 'operator' OR purpose = ANY (TG_ARGV) THEN
        RETURN NULL;
    END IF;
    RAISE insufficient_privilege USING
        MESSAGE = format('the system does not write %s for %s', TG_TABLE_NAME, coalesce(purpose, 'nothing'));
END $$;
REVOKE EXECUTE ON FUNCTION the_system_writes_for_its_purpose() FROM PUBLIC;
"""
NO_FUNCTION = "DROP FUNCTION the_system_writes_for_its_purpose();"
TRIGGERS = "".join(
    f"CREATE TRIGGER the_system_writes_for_its_purpose BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT"
    f" WHEN (current_user = 'care_system') EXECUTE FUNCTION"
    f" the_system_writes_for_its_purpose({', '.join(repr(purpose) for purpose in purposes.split())});\n"
    for table, purposes in HELD.items()
)
NO_TRIGGERS = "".join(f"DROP TRIGGER the_system_writes_for_its_purpose ON {table};\n" for table in HELD)

ACCOUNTS = """
DROP TRIGGER members_are_written_for_a_purpose ON members;
CREATE TRIGGER members_are_written_for_a_purpose BEFORE {when} ON members
    FOR EACH STATEMENT WHEN (current_user = 'care_system') EXECUTE FUNCTION accounts_are_written_for_a_purpose();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("carecollective", "0006_a_scope_is_entered_with_a_proof"),
        ("accounts", "0008_sessions_are_kept_under_a_digest"),
        ("helprequests", "0006_the_login_writes_no_help_request"),
        ("messaging", "0010_a_members_steps_hold_in_the_database"),
        ("reports", "0005_a_thread_says_nothing_of_a_report"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, NO_FUNCTION),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(
            ACCOUNTS.format(when="INSERT OR UPDATE OR DELETE") + "GRANT DELETE ON members TO care_system;",
            "REVOKE DELETE ON members FROM care_system;" + ACCOUNTS.format(when="INSERT OR UPDATE"),
        ),
    ]
