"""An entry says the rank that whoever did it had then, and what is done by two people is written down step by step."""

from django.db import migrations, models

KINDS = {
    "approved": "Application approved",
    "turned_down": "Application declined",
    "account_made": "Account made by the team",
    "details_changed": "Name or town changed by the team",
    "address_changed": "Email address changed by the team",
    "roles_changed": "Roles changed",
    "restricted": "Restriction set or lifted",
    "restriction_ended": "Restriction ended by its time",
    "suspended_at_once": "Suspended at once, for 72 hours at most",
    "warned": "Warning given",
    "warning_read": "Warning read",
    "request_closed": "Request closed by the team",
    "answered_for_team": "Offer answered in the team’s name",
    "report_opened": "Report opened",
    "report_decided": "Report decided",
    "thread_opened": "Conversation opened without a report",
    "impersonation": "Impersonation attempt",
    "sign_in_failed": "Sign-in failed",
    "second_step_taken": "Second step taken away",
    "act_asked": "Grave act asked for",
    "act_agreed": "Grave act agreed to",
    "act_declined": "Grave act declined",
    "act_lapsed": "Grave act lapsed",
    "act_disputed": "Grave act called not right by its member",
    "exported": "Copy of someone’s data made",
    "export_fetched": "Copy of someone’s data fetched",
    "leaving_asked": "Asked to leave",
    "leaving_stayed": "Decided to stay",
    "left": "Left: account emptied",
    "deleted": "Account deleted from the database",
}
ROLES = ["", "coordinator", "moderator", "administrator", "superuser"]


SEEN = """
ALTER POLICY "members see what was done to their account" ON audit_entries
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE subject_id = (SELECT acting_member())
               AND kind IN ('approved', 'turned_down', 'account_made', 'address_changed', 'roles_changed', 'restricted',
                            'restriction_ended', 'warned', 'warning_read', 'sign_in_failed', 'second_step_taken',
                            'suspended_at_once', 'details_changed',
                            'exported', 'export_fetched', 'leaving_asked', 'leaving_stayed', 'left') END);
"""

SEEN_BEFORE = """
ALTER POLICY "members see what was done to their account" ON audit_entries
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE subject_id = (SELECT acting_member())
               AND kind IN ('approved', 'turned_down', 'account_made', 'address_changed', 'roles_changed', 'restricted',
                            'restriction_ended', 'warned', 'warning_read', 'sign_in_failed', 'second_step_taken',
                            'exported', 'export_fetched', 'leaving_asked', 'leaving_stayed', 'left') END);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_walls")]

    operations = [
        migrations.RemoveConstraint("entry", "entry_kind_is_known"),
        migrations.AlterField(
            "entry", "kind", models.CharField(choices=list(KINDS.items()), max_length=20, verbose_name="what")
        ),
        migrations.AddConstraint(
            "entry", models.CheckConstraint(condition=models.Q(kind__in=list(KINDS)), name="entry_kind_is_known")
        ),
        migrations.AddField("entry", "role", models.CharField(db_default="", max_length=13, verbose_name="rank")),
        migrations.AddConstraint(
            "entry", models.CheckConstraint(condition=models.Q(role__in=ROLES), name="entry_role_is_known")
        ),
        migrations.RunSQL(SEEN, reverse_sql=SEEN_BEFORE),
    ]
