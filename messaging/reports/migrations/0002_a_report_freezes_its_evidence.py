"""What a member may report is what they may read: the trigger runs in their own scope, behind their own walls.

It sets the thread, the writer and the words around the message, so none of them can be made up; later nobody's hands
may change them. The team's role sees that there is a report and where, and no word of it: words are opened by a
service that writes down who looked and why.
"""

from django.db import migrations

EVIDENCE = """
CREATE FUNCTION report_freezes_its_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said_at timestamptz;
BEGIN
    SELECT 'v2', conversation_id, sender_id, created_at INTO NEW.version, NEW.conversation_id, NEW.sender_id, said_at
    FROM public.messages_v2 WHERE id = NEW.message_id;
    IF NOT FOUND THEN
        SELECT 'v2', id, helper_id, created_at INTO NEW.version, NEW.conversation_id, NEW.sender_id, said_at
        FROM public.conversations_v2 WHERE id = NEW.message_id;
    END IF;
    IF NOT FOUND THEN
        SELECT 'v1', conversation_id, sender_id, created_at INTO NEW.version, NEW.conversation_id, NEW.sender_id, said_at
        FROM public.messages WHERE id = NEW.message_id;
    END IF;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = 'there is no such message to report';
    END IF;
    WITH thread AS (
        SELECT id, sender_id, content, created_at FROM public.messages_v2 WHERE conversation_id = NEW.conversation_id
        UNION ALL
        SELECT id, helper_id, initial_message, created_at FROM public.conversations_v2 WHERE id = NEW.conversation_id
        UNION ALL
        SELECT id, sender_id, content, created_at FROM public.messages
        WHERE conversation_id = NEW.conversation_id AND NEW.version = 'v1'
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
"""

WALLS = """
ALTER TABLE message_reports ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON message_reports FROM PUBLIC;

GRANT SELECT (id, message_id, conversation_id, reported_by, reason, description, status, created_at),
      INSERT (message_id, reported_by, reason, description) ON message_reports TO authenticated;
GRANT SELECT (id, message_id, conversation_id, version, reported_by, sender_id, reason, status, created_at,
              reviewed_at, reviewed_by, outcome) ON message_reports TO care_staff;
GRANT SELECT, UPDATE (message_id, version, status, reviewed_at, reviewed_by, outcome)
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

-- Written once: no role has UPDATE or DELETE, and under FORCE the owner of the table has no row to change.
ALTER TABLE staff_reads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON staff_reads FROM PUBLIC;
GRANT SELECT (id, conversation_id, report_id, reason, opened_at) ON staff_reads TO authenticated;
GRANT SELECT ON staff_reads TO care_staff;
GRANT SELECT, INSERT (staff_id, staff_name, report_id, conversation_id, version, reason) ON staff_reads TO care_system;
CREATE POLICY "both people see that their conversation was opened" ON staff_reads
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE EXISTS (SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id)
               OR EXISTS (SELECT FROM conversation_participants AS p
                          WHERE p.conversation_id = staff_reads.conversation_id
                              AND p.user_id = (SELECT acting_member())) END);
CREATE POLICY "the system writes down who opened what" ON staff_reads
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');
"""

NO_WALLS = """
DROP POLICY "the system writes down who opened what" ON staff_reads;
DROP POLICY "both people see that their conversation was opened" ON staff_reads;
REVOKE ALL ON staff_reads FROM authenticated, care_staff, care_system;
REVOKE ALL (id, conversation_id, report_id, reason, opened_at, staff_id, staff_name, version)
    ON staff_reads FROM authenticated, care_staff, care_system;
ALTER TABLE staff_reads NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY "the system decides and moves reports" ON message_reports;
DROP POLICY "members report what others wrote to them" ON message_reports;
DROP POLICY "reporters see their own reports" ON message_reports;
REVOKE ALL ON message_reports FROM authenticated, care_staff, care_system;
REVOKE ALL (id, message_id, conversation_id, version, reported_by, sender_id, reason, description, status, created_at,
            reviewed_at, reviewed_by, outcome) ON message_reports FROM authenticated, care_staff, care_system;
ALTER TABLE message_reports NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

NO_EVIDENCE = """
DROP TRIGGER message_reports_freeze_their_evidence ON message_reports;
DROP FUNCTION report_freezes_its_evidence();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_initial"),
        ("messaging", "0004_the_team_has_three_groups"),
        ("legacy", "0002_v1_is_as_private_as_v2"),
    ]

    operations = [
        migrations.RunSQL(EVIDENCE, reverse_sql=NO_EVIDENCE),
        migrations.RunSQL(WALLS, reverse_sql=NO_WALLS),
    ]
