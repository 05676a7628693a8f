"""Row level security, forced: the owner of the tables sees no row either.

Staff and jobs pass through the same five policies by name. `current_user` is compared because TO alone also admits
every login that inherits the role, which before PostgreSQL 16 is the application's. Everything is permitted by = and
IN, where NULL denies: a caller without identity is refused. Columns: members change nothing but a status and never
bring a time; staff read every row and no text.
"""

from django.db import migrations

WALLS = """
ALTER TABLE conversations_v2 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE messages_v2 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE conversation_read_markers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT (help_request_id, requester_id, helper_id, initial_message), UPDATE (status)
    ON conversations_v2 TO authenticated;
GRANT SELECT, INSERT (id, conversation_id, sender_id, content) ON messages_v2 TO authenticated;
GRANT SELECT, INSERT, UPDATE (read_up_to) ON conversation_read_markers TO authenticated;

GRANT SELECT (id, help_request_id, requester_id, helper_id, status, created_at, updated_at)
    ON conversations_v2 TO care_staff;
GRANT SELECT (id, conversation_id, sender_id, created_at, updated_at) ON messages_v2 TO care_staff;
GRANT SELECT, INSERT ON conversations_v2, messages_v2 TO care_system;
GRANT SELECT ON conversation_read_markers TO care_system;

-- CASE and not OR: of an OR the planner believes that one row in a hundred passes, and then sorts a whole inbox
-- instead of reading twenty entries of the index. = ANY and not IN: one comparison, and not two that are planned as an
-- OR. OFFSET 0: one probe by key for each message, where it would else hash all conversations of a busy member.
CREATE POLICY "participants see their conversations" ON conversations_v2
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE (SELECT acting_member()) = ANY (ARRAY[requester_id, helper_id]) END);

CREATE POLICY "helpers offer help while it is wanted" ON conversations_v2
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR helper_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
            AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp())));

CREATE POLICY "participants archive and re-open" ON conversations_v2
    FOR UPDATE TO authenticated USING ((SELECT acting_member()) IN (requester_id, helper_id));

CREATE POLICY "participants read their messages" ON messages_v2
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE EXISTS (
               SELECT FROM conversations_v2 AS c
               WHERE c.id = conversation_id AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id])
               OFFSET 0) END);

CREATE POLICY "participants write while it is active" ON messages_v2
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR sender_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM conversations_v2 AS c
        WHERE c.id = conversation_id AND c.status = 'active'
            AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id]) OFFSET 0));

CREATE POLICY "members keep their own place" ON conversation_read_markers
    FOR ALL TO authenticated USING (member_id = (SELECT acting_member()))
    WITH CHECK (member_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id));
CREATE POLICY "the system checks places" ON conversation_read_markers
    FOR SELECT TO care_system USING (current_user = 'care_system');
"""

NO_WALLS = """
DROP POLICY "the system checks places" ON conversation_read_markers;
DROP POLICY "members keep their own place" ON conversation_read_markers;
DROP POLICY "participants write while it is active" ON messages_v2;
DROP POLICY "participants read their messages" ON messages_v2;
DROP POLICY "participants archive and re-open" ON conversations_v2;
DROP POLICY "helpers offer help while it is wanted" ON conversations_v2;
DROP POLICY "participants see their conversations" ON conversations_v2;
REVOKE ALL ON conversations_v2, messages_v2, conversation_read_markers FROM authenticated, care_staff, care_system;
REVOKE ALL (id, help_request_id, requester_id, helper_id, initial_message, status, created_at, updated_at)
    ON conversations_v2 FROM authenticated, care_staff;
REVOKE ALL (id, conversation_id, sender_id, content, created_at, updated_at)
    ON messages_v2 FROM authenticated, care_staff;
REVOKE ALL (read_up_to) ON conversation_read_markers FROM authenticated;
ALTER TABLE conversation_read_markers NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE messages_v2 NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE conversations_v2 NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0002_messages_take_their_turn"),
        ("accounts", "0002_members_read_names_and_nothing_else"),
        ("helprequests", "0002_its_people_change_a_help_request"),
    ]

    operations = [migrations.RunSQL(WALLS, reverse_sql=NO_WALLS)]
