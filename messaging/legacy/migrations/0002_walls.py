"""Row level security, forced, for the three tables of version 1, and the clock that their triggers keep.

Each table asks only for the member's own participant rows, so no policy comes back to its own table (42P17), and no
function has to look past the walls: who the other one is, a thread says by itself (who began it, whose request it is,
who wrote). A participant row is read by its own member alone. A hidden or deleted message is not there for members.
Blocks, and the one last message after a "no", hold here as in version 2.

The system may also do what copying into version 2 needs: bring read marks, and take back copies, and only copies. A
model cannot say any of this.
"""

from django.db import migrations

CONVERSATIONS = """
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON conversations FROM PUBLIC;
GRANT SELECT, INSERT (help_request_id, created_by, title), UPDATE (status, last_message_at)
    ON conversations TO authenticated;
GRANT SELECT (id, help_request_id, created_by, status, created_at, updated_at, last_message_at, migrated_to_v2)
    ON conversations TO care_staff;
GRANT SELECT, INSERT, UPDATE (migrated_to_v2, title), DELETE ON conversations TO care_system;

CREATE POLICY "participants see their conversations" ON conversations
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE created_by = (SELECT acting_member()) OR EXISTS (
               SELECT FROM conversation_participants AS p
               WHERE p.conversation_id = conversations.id AND p.user_id = (SELECT acting_member())) END);
CREATE POLICY "helpers offer help while it is wanted" ON conversations
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR created_by = (SELECT acting_member()) AND EXISTS (
        SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
            AND (hr.user_id = (SELECT acting_member())) IS FALSE AND may_talk_with(hr.user_id)
            AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp())));

-- Blocked is for good, and a copied conversation goes on in version 2.
CREATE POLICY "participants close and re-open" ON conversations
    FOR UPDATE TO authenticated
    USING (status IN ('active', 'closed') AND migrated_to_v2 = false AND EXISTS (
        SELECT FROM conversation_participants AS p
        WHERE p.conversation_id = conversations.id AND p.user_id = (SELECT acting_member())))
    WITH CHECK (status = 'closed' OR status = 'active' AND may_talk_with(created_by)
        AND (help_request_id IS NULL OR EXISTS (
            SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND may_talk_with(hr.user_id))));
CREATE POLICY "the system marks copies" ON conversations
    FOR UPDATE TO care_system USING (current_user = 'care_system');
CREATE POLICY "the system takes away what is over" ON conversations FOR DELETE TO care_system
    USING (current_user = 'care_system');

CREATE FUNCTION legacy_conversation_keeps_its_times() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond',
                               OLD.last_message_at + interval '1 microsecond');
    IF NEW.last_message_at <> OLD.last_message_at THEN
        NEW.last_message_at := NEW.updated_at;
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION legacy_conversation_keeps_its_times() FROM PUBLIC;
CREATE TRIGGER conversations_keep_their_times BEFORE UPDATE ON conversations
    FOR EACH ROW WHEN (current_user = 'authenticated') EXECUTE FUNCTION legacy_conversation_keeps_its_times();
"""

NO_CONVERSATIONS = """
DROP TRIGGER conversations_keep_their_times ON conversations;
DROP FUNCTION legacy_conversation_keeps_its_times();
DROP POLICY "the system takes away what is over" ON conversations;
DROP POLICY "the system marks copies" ON conversations;
DROP POLICY "participants close and re-open" ON conversations;
DROP POLICY "helpers offer help while it is wanted" ON conversations;
DROP POLICY "participants see their conversations" ON conversations;
REVOKE ALL ON conversations FROM authenticated, care_staff, care_system;
ALTER TABLE conversations NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

CONVERSATION_PARTICIPANTS = """
ALTER TABLE conversation_participants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON conversation_participants FROM PUBLIC;
GRANT SELECT, INSERT (conversation_id, user_id) ON conversation_participants TO authenticated;
GRANT SELECT ON conversation_participants TO care_staff;
GRANT SELECT, INSERT ON conversation_participants TO care_system;

-- No sub-select in here, not even around acting_member(): with one, the INSERT policy below counts as a recursion.
CREATE POLICY "members see their own part" ON conversation_participants
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true ELSE user_id = acting_member() END);
CREATE POLICY "the starter brings both in" ON conversation_participants
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR EXISTS (
        SELECT FROM conversations AS c WHERE c.id = conversation_id AND c.created_by = (SELECT acting_member())
            AND (conversation_participants.user_id = c.created_by OR EXISTS (
                SELECT FROM help_requests AS hr
                WHERE hr.id = c.help_request_id AND hr.user_id = conversation_participants.user_id))));
"""

NO_CONVERSATION_PARTICIPANTS = """
DROP POLICY "the starter brings both in" ON conversation_participants;
DROP POLICY "members see their own part" ON conversation_participants;
REVOKE ALL ON conversation_participants FROM authenticated, care_staff, care_system;
ALTER TABLE conversation_participants NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

MESSAGES = """
ALTER TABLE messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON messages FROM PUBLIC;
GRANT SELECT, INSERT (id, conversation_id, sender_id, recipient_id, help_request_id, content), UPDATE (read_at)
    ON messages TO authenticated;
GRANT SELECT (id, conversation_id, sender_id, recipient_id, help_request_id, message_type, status, read_at,
              is_flagged, moderation_status, thread_id, parent_message_id, encryption_status, created_at,
              updated_at, deleted_at)
    ON messages TO care_staff;
GRANT SELECT, INSERT, UPDATE (read_at) ON messages TO care_system;

CREATE POLICY "participants read their messages" ON messages
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE deleted_at IS NULL AND moderation_status IN ('pending', 'approved') AND EXISTS (
               SELECT FROM conversation_participants AS p
               WHERE p.conversation_id = messages.conversation_id AND p.user_id = (SELECT acting_member())) END);

-- Old texts are kept as they came; what is written now follows today's rule.
CREATE POLICY "participants write while it is active" ON messages
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR sender_id = (SELECT acting_member())
        AND is_clean_text(content) AND char_length(content) >= 1
        AND EXISTS (
            SELECT FROM conversations AS c JOIN conversation_participants AS p ON p.conversation_id = c.id
            LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
            WHERE c.id = messages.conversation_id AND c.status = 'active' AND c.migrated_to_v2 = false
                AND p.user_id = (SELECT acting_member()) AND p.left_at IS NULL
                AND (messages.recipient_id IS NULL OR hr.id IS NULL
                     OR messages.recipient_id IN (c.created_by, hr.user_id))
                AND (messages.help_request_id IS NULL OR messages.help_request_id = hr.id)));

-- IS FALSE permits, and denies where nobody is asking: NULL is not false.
CREATE POLICY "readers mark as read" ON messages
    FOR UPDATE TO authenticated USING ((sender_id = (SELECT acting_member())) IS FALSE AND EXISTS (
        SELECT FROM conversation_participants AS p
        WHERE p.conversation_id = messages.conversation_id AND p.user_id = (SELECT acting_member())));
CREATE POLICY "the system takes read marks back" ON messages
    FOR UPDATE TO care_system USING (current_user = 'care_system');

-- As in version 2: the message moves its conversation under the row's lock, and takes that moment as its own.
CREATE FUNCTION legacy_message_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- An id that names something else is taken, and what is taken is left out, as by ON CONFLICT.
    IF EXISTS (SELECT FROM public.conversations WHERE id = NEW.id)
        OR EXISTS (SELECT FROM public.conversations_v2 WHERE id = NEW.id)
        OR EXISTS (SELECT FROM public.messages_v2 WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM public.messages WHERE id = NEW.id) THEN
        -- 'infinity' differs from every time there was: the trigger above puts the clock in its place.
        UPDATE public.conversations SET last_message_at = 'infinity'
            WHERE id = NEW.conversation_id AND status = 'active' RETURNING last_message_at INTO NEW.created_at;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'this conversation takes no message from here';
        END IF;
        NEW.updated_at := NEW.created_at;
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION legacy_message_takes_its_turn() FROM PUBLIC;
CREATE TRIGGER messages_take_their_turn BEFORE INSERT ON messages
    FOR EACH ROW WHEN (current_user <> 'care_system') EXECUTE FUNCTION legacy_message_takes_its_turn();

-- Read is read: the first time counts, whatever time a member brings.
CREATE FUNCTION legacy_message_is_read_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.read_at := coalesce(OLD.read_at, clock_timestamp());
    NEW.status := 'read';
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION legacy_message_is_read_once() FROM PUBLIC;
CREATE TRIGGER messages_are_read_once BEFORE UPDATE ON messages
    FOR EACH ROW WHEN (current_user = 'authenticated') EXECUTE FUNCTION legacy_message_is_read_once();

CREATE TRIGGER messages_end_with_one_last_message AFTER INSERT ON messages
    FOR EACH ROW WHEN (current_user <> 'care_system') EXECUTE FUNCTION declined_helper_has_one_last_message();
"""

NO_MESSAGES = """
DROP TRIGGER messages_end_with_one_last_message ON messages;
DROP TRIGGER messages_are_read_once ON messages;
DROP FUNCTION legacy_message_is_read_once();
DROP TRIGGER messages_take_their_turn ON messages;
DROP FUNCTION legacy_message_takes_its_turn();
DROP POLICY "the system takes read marks back" ON messages;
DROP POLICY "readers mark as read" ON messages;
DROP POLICY "participants write while it is active" ON messages;
DROP POLICY "participants read their messages" ON messages;
REVOKE ALL ON messages FROM authenticated, care_staff, care_system;
ALTER TABLE messages NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

COPYING = """
CREATE POLICY "the system takes copies back" ON conversations_v2
    FOR DELETE TO care_system USING (current_user = 'care_system' AND EXISTS (
        SELECT FROM conversations AS v1 WHERE v1.id = conversations_v2.id AND v1.migrated_to_v2));
CREATE POLICY "the system brings read marks along" ON conversation_read_markers
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system' AND EXISTS (
        SELECT FROM conversations AS v1 WHERE v1.id = conversation_id));
"""

NO_COPYING = """
DROP POLICY "the system brings read marks along" ON conversation_read_markers;
DROP POLICY "the system takes copies back" ON conversations_v2;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("legacy", "0001_tables"),
        ("carecollective", "0002_walls"),
        ("accounts", "0002_walls"),
        ("helprequests", "0001_tables"),
        ("messaging", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(CONVERSATIONS, reverse_sql=NO_CONVERSATIONS),
        migrations.RunSQL(CONVERSATION_PARTICIPANTS, reverse_sql=NO_CONVERSATION_PARTICIPANTS),
        migrations.RunSQL(MESSAGES, reverse_sql=NO_MESSAGES),
        migrations.RunSQL(COPYING, reverse_sql=NO_COPYING),
    ]
