"""Row level security, forced. Mail is the system's own, and the team sees what became of it; a member reads and
changes their own preferences, and the system turns a kind off for whoever holds the link of a mail. The team may look
after the mail that was set aside. A model cannot say any of this.
"""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

WALLS = """
ALTER TABLE mails ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON mails FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON mails TO care_system;
GRANT SELECT (id, recipient_id, kind, created_at, due_at, attempts, error, sent_at, not_needed_at, set_aside_at)
    ON mails TO care_staff;
CREATE POLICY "the team sees what became of it" ON mails FOR SELECT TO care_staff, care_system
    USING (current_user IN ('care_staff', 'care_system'));
CREATE POLICY "the system writes it" ON mails FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system sends it" ON mails FOR UPDATE TO care_system USING (current_user = 'care_system');
CREATE POLICY "the system forgets it" ON mails FOR DELETE TO care_system USING (current_user = 'care_system');

ALTER TABLE mail_preferences ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON mail_preferences FROM PUBLIC;
GRANT SELECT, INSERT ON mail_preferences TO authenticated, care_system;
GRANT UPDATE (offers, answers, messages, requests, news, quiet_from, quiet_until, show_words, language)
    ON mail_preferences TO authenticated;
GRANT UPDATE (offers, answers, messages, requests, news) ON mail_preferences TO care_system;
CREATE POLICY "a member reads their own" ON mail_preferences FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "a member says it" ON mail_preferences FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "a member changes it" ON mail_preferences FOR UPDATE TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
"""

NO_WALLS = """
DROP POLICY "a member changes it" ON mail_preferences;
DROP POLICY "a member says it" ON mail_preferences;
DROP POLICY "a member reads their own" ON mail_preferences;
REVOKE ALL ON mail_preferences FROM authenticated, care_system;
REVOKE ALL (offers, answers, messages, requests, news, quiet_from, quiet_until, show_words, language)
    ON mail_preferences FROM authenticated, care_system;
ALTER TABLE mail_preferences NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;

DROP POLICY "the system forgets it" ON mails;
DROP POLICY "the system sends it" ON mails;
DROP POLICY "the system writes it" ON mails;
DROP POLICY "the team sees what became of it" ON mails;
REVOKE ALL ON mails FROM care_staff, care_system;
REVOKE ALL (id, recipient_id, kind, created_at, due_at, attempts, error, sent_at, not_needed_at, set_aside_at)
    ON mails FROM care_staff;
ALTER TABLE mails NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

GROUPS = ["coordinators", "administrators"]


def permit(apps, schema_editor):
    create_permissions(all_apps.get_app_config("mail"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name in GROUPS:
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(
            *Permission.objects.filter(content_type__app_label="mail", codename__in=["view_mail", "retry_mail"])
        )


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0001_initial"),
        ("carecollective", "0002_the_database_knows_who_is_asking"),
        ("accounts", "0002_members_read_names_and_nothing_else"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(WALLS, reverse_sql=NO_WALLS),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
