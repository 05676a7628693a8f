"""What a member may report is what they may read: the trigger runs in their own scope, behind their own walls.

It sets the thread, the writer and the words around the message, so none of them can be made up; later nobody's hands
may change them. The team's role sees that there is a report and where, and no word of it: words are opened by a service
that writes down who looked and why.

Moderators open and decide reports; only administrators open a thread that nobody reported.
"""

from django.db import migrations

from carecollective.migrations._groups import permit

MESSAGE_REPORTS = """
ALTER TABLE message_reports ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON message_reports FROM PUBLIC;
GRANT SELECT (id, message_id, conversation_id, reported_by, reason, description, status, created_at),
      INSERT (message_id, reported_by, reason, description)
    ON message_reports TO authenticated;
GRANT SELECT (id, message_id, conversation_id, version, reported_by, sender_id, reason, status, created_at,
              reviewed_at, reviewed_by, outcome)
    ON message_reports TO care_staff;
-- Evidence stays as it was frozen, until its report is decided; then it may go, whole.
GRANT SELECT,
      UPDATE (message_id, version, status, reviewed_at, reviewed_by, outcome, evidence, evidence_sha256,
              description)
    ON message_reports TO care_system;

CREATE POLICY "reporters see their own reports" ON message_reports
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE reported_by = (SELECT acting_member()) END);
CREATE POLICY "members report what others wrote to them" ON message_reports
    FOR INSERT TO authenticated
    WITH CHECK (reported_by = (SELECT acting_member()) AND (sender_id = (SELECT acting_member())) IS FALSE);
CREATE POLICY "the system decides and moves reports" ON message_reports
    FOR UPDATE TO care_system USING (current_user = 'care_system');

CREATE FUNCTION report_freezes_its_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said_at timestamptz;
BEGIN
    SELECT version, conversation_id, sender_id, created_at INTO NEW.version, NEW.conversation_id, NEW.sender_id, said_at
    FROM public.thread_messages WHERE id = NEW.message_id;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = 'there is no such message to report';
    END IF;
    WITH thread AS (
        SELECT id, sender_id, content, created_at FROM public.thread_messages
        WHERE conversation_id = NEW.conversation_id
    ), around AS (
        (SELECT * FROM thread WHERE (created_at, id) <= (said_at, NEW.message_id)
         ORDER BY created_at DESC, id DESC LIMIT 3)
        UNION ALL
        (SELECT * FROM thread WHERE (created_at, id) > (said_at, NEW.message_id) ORDER BY created_at, id LIMIT 2)
    )
    SELECT jsonb_agg(jsonb_build_object('id', id, 'sender_id', sender_id, 'content', content, 'created_at', created_at)
                     ORDER BY created_at, id)
    INTO NEW.evidence FROM around;
    NEW.evidence_sha256 := encode(sha256(convert_to(NEW.evidence::text, 'UTF8')), 'hex');
    NEW.created_at := clock_timestamp();
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION report_freezes_its_evidence() FROM PUBLIC;
CREATE TRIGGER message_reports_freeze_their_evidence BEFORE INSERT ON message_reports
    FOR EACH ROW WHEN (current_user = 'authenticated') EXECUTE FUNCTION report_freezes_its_evidence();

CREATE FUNCTION evidence_stays_until_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('reviewed', 'dismissed', 'action_taken') AND NEW.evidence = '[]' AND NEW.description = '' THEN
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'evidence is kept as it was until its report is decided';
END $$;
REVOKE EXECUTE ON FUNCTION evidence_stays_until_decided() FROM PUBLIC;
CREATE TRIGGER message_reports_keep_their_evidence BEFORE UPDATE OF evidence, evidence_sha256, description
    ON message_reports FOR EACH ROW EXECUTE FUNCTION evidence_stays_until_decided();
"""

NO_MESSAGE_REPORTS = """
DROP TRIGGER message_reports_keep_their_evidence ON message_reports;
DROP FUNCTION evidence_stays_until_decided();
DROP TRIGGER message_reports_freeze_their_evidence ON message_reports;
DROP FUNCTION report_freezes_its_evidence();
DROP POLICY "the system decides and moves reports" ON message_reports;
DROP POLICY "members report what others wrote to them" ON message_reports;
DROP POLICY "reporters see their own reports" ON message_reports;
REVOKE ALL ON message_reports FROM authenticated, care_staff, care_system;
ALTER TABLE message_reports NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

STAFF_READS = r"""
-- Written once: no role has UPDATE or DELETE, and under FORCE the owner of the table has no row to change.
ALTER TABLE staff_reads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON staff_reads FROM PUBLIC;
GRANT SELECT (id, conversation_id, report_id, reason, opened_at) ON staff_reads TO authenticated;
GRANT SELECT ON staff_reads TO care_staff;
-- The team's own names go with them; who it was, the id still says to nobody.
GRANT SELECT, INSERT (staff_id, staff_name, report_id, conversation_id, version, reason), UPDATE (staff_name)
    ON staff_reads TO care_system;

CREATE POLICY "both people see that their conversation was opened" ON staff_reads
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE EXISTS (SELECT FROM thread_people AS p
                        WHERE p.id = staff_reads.conversation_id AND p.member_id = (SELECT acting_member())) END);
CREATE POLICY "the system writes down who opened what" ON staff_reads
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system takes the name of whoever left" ON staff_reads FOR UPDATE TO care_system
    USING (current_user = 'care_system') WITH CHECK (current_user = 'care_system' AND staff_name = 'A former member');

-- The two records that are kept in tables of their own.
CREATE TRIGGER staff_reads_are_never_emptied BEFORE TRUNCATE ON staff_reads
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\_%')
    EXECUTE FUNCTION audit_entry_is_written_once();
"""

NO_STAFF_READS = """
DROP TRIGGER staff_reads_are_never_emptied ON staff_reads;
DROP POLICY "the system takes the name of whoever left" ON staff_reads;
DROP POLICY "the system writes down who opened what" ON staff_reads;
DROP POLICY "both people see that their conversation was opened" ON staff_reads;
REVOKE ALL ON staff_reads FROM authenticated, care_staff, care_system;
ALTER TABLE staff_reads NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

GROUPS = {
    "moderators": ["decide_report", "view_report", "view_staffread"],
    "administrators": ["decide_report", "view_report", "open_thread", "view_staffread"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("carecollective", "0002_walls"),
        ("audit", "0002_walls"),
        ("messaging", "0003_a_conversation_is_one_noun"),
    ]

    operations = [
        migrations.RunSQL(MESSAGE_REPORTS, reverse_sql=NO_MESSAGE_REPORTS),
        migrations.RunSQL(STAFF_READS, reverse_sql=NO_STAFF_READS),
        permit("reports", GROUPS),
    ]
