"""Row level security, forced. Mail is the system's own, and the team sees what became of it; a member reads and changes
their own preferences, and the system turns a kind off for whoever holds the link of a mail. The team may look after
the mail that was set aside. A model cannot say any of this.

`enqueue_mail` defers the job of a mail in one statement that cannot fail the verb in whose transaction it stands: what
the queue's own client would send, behind an exception block. In Python that is a savepoint, two statements more on the
way of every message. It runs as the login, whose queue it is.
"""

from django.db import migrations

from carecollective.migrations._groups import permit

MAILS = """
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

CREATE FUNCTION enqueue_mail(queue text, task text, about uuid, due timestamptz, OUT failure text)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(
        queue, task, 0, NULL, NULL, jsonb_build_object('notification_id', about::text), due
    )::procrastinate_job_to_defer_v1]);
EXCEPTION WHEN OTHERS THEN
    failure := SQLSTATE;
END $$;
REVOKE EXECUTE ON FUNCTION enqueue_mail(text, text, uuid, timestamp with time zone) FROM PUBLIC;
"""

NO_MAILS = """
DROP FUNCTION enqueue_mail(text, text, uuid, timestamp with time zone);
DROP POLICY "the system forgets it" ON mails;
DROP POLICY "the system sends it" ON mails;
DROP POLICY "the system writes it" ON mails;
DROP POLICY "the team sees what became of it" ON mails;
REVOKE ALL ON mails FROM care_staff, care_system;
ALTER TABLE mails NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

MAIL_PREFERENCES = """
ALTER TABLE mail_preferences ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON mail_preferences FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE (offers, answers, messages, requests, news, quiet_from, quiet_until, show_words)
    ON mail_preferences TO authenticated;
GRANT SELECT, INSERT, UPDATE (offers, answers, messages, requests, news), DELETE ON mail_preferences TO care_system;

CREATE POLICY "a member reads their own" ON mail_preferences FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "a member says it" ON mail_preferences FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "a member changes it" ON mail_preferences FOR UPDATE TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "the system forgets whoever left" ON mail_preferences FOR DELETE TO care_system
    USING (current_user = 'care_system');
"""

NO_MAIL_PREFERENCES = """
DROP POLICY "the system forgets whoever left" ON mail_preferences;
DROP POLICY "a member changes it" ON mail_preferences;
DROP POLICY "a member says it" ON mail_preferences;
DROP POLICY "a member reads their own" ON mail_preferences;
REVOKE ALL ON mail_preferences FROM authenticated, care_system;
ALTER TABLE mail_preferences NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

GROUPS = {
    "coordinators": ["retry_mail", "view_mail"],
    "administrators": ["retry_mail", "view_mail"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("procrastinate", "0041_post_retry_failed_job"),
        ("carecollective", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(MAILS, reverse_sql=NO_MAILS),
        migrations.RunSQL(MAIL_PREFERENCES, reverse_sql=NO_MAIL_PREFERENCES),
        permit("mail", GROUPS),
    ]
