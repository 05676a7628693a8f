"""What is unread is kept as it comes and goes, by whoever's hand.

What somebody writes waits for the other, whose row the writer may make and not see: by a trigger alone, since whether
the row was there already would say whether the other has read. What is read goes from its reader's rows under the lock
of its conversation, which each message takes too. Without it a message that is not committed yet would find the row
there, add none, and wait for nobody once the row is gone. Nothing waits for former members. A model cannot say any of
this.
"""

from django.db import migrations

from carecollective.ground.identity import unforced

WALL = """
ALTER TABLE unread_conversations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON unread_conversations FROM PUBLIC;
GRANT SELECT, INSERT (member_id, conversation_id), UPDATE (counted, counted_from, counted_up_to), DELETE
    ON unread_conversations TO authenticated;
GRANT SELECT, INSERT (member_id, conversation_id), DELETE ON unread_conversations TO care_system;
CREATE POLICY "what waits is its reader's" ON unread_conversations FOR SELECT TO authenticated, care_system
    USING (CASE WHEN current_user = 'care_system' THEN true ELSE member_id = (SELECT acting_member()) END);
CREATE POLICY "what is written waits for the other" ON unread_conversations
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR pg_trigger_depth() > 0 AND EXISTS (
    SELECT FROM conversations_v2 AS c
    WHERE c.id = conversation_id AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id])
        AND member_id = ANY (ARRAY[c.requester_id, c.helper_id]) OFFSET 0));
CREATE POLICY "its reader keeps count" ON unread_conversations FOR UPDATE TO authenticated
    USING (member_id = (SELECT acting_member()))
    WITH CHECK (member_id = (SELECT acting_member()));
CREATE POLICY "its reader has read it" ON unread_conversations FOR DELETE TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
"""

NO_WALL = """
DROP POLICY "its reader has read it" ON unread_conversations;
DROP POLICY "its reader keeps count" ON unread_conversations;
DROP POLICY "what is written waits for the other" ON unread_conversations;
DROP POLICY "what waits is its reader's" ON unread_conversations;
REVOKE ALL ON unread_conversations FROM authenticated, care_staff, care_system;
ALTER TABLE unread_conversations NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

KEPT = """
CREATE FUNCTION offer_waits_for_the_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.unread_conversations (member_id, conversation_id)
    SELECT m.id, NEW.id FROM public.members AS m WHERE m.id = NEW.requester_id AND m.name <> 'A former member'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION message_waits_for_the_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.unread_conversations (member_id, conversation_id)
    SELECT m.id, c.id FROM public.conversations_v2 AS c
    JOIN public.members AS m
        ON m.id = CASE NEW.sender_id WHEN c.helper_id THEN c.requester_id WHEN c.requester_id THEN c.helper_id END
    WHERE c.id = NEW.conversation_id AND m.name <> 'A former member'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION what_is_read_waits_no_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.conversations_v2 WHERE id = NEW.conversation_id FOR NO KEY UPDATE;
    DELETE FROM public.unread_conversations WHERE member_id = NEW.member_id AND conversation_id = NEW.conversation_id
        AND NOT EXISTS (
            SELECT FROM public.messages_v2 AS m WHERE m.conversation_id = NEW.conversation_id
                AND m.sender_id <> NEW.member_id AND m.created_at > NEW.read_up_to);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION offer_waits_for_the_other() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION message_waits_for_the_other() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION what_is_read_waits_no_more() FROM PUBLIC;
CREATE TRIGGER conversations_v2_wait_for_the_other AFTER INSERT ON conversations_v2
    FOR EACH ROW EXECUTE FUNCTION offer_waits_for_the_other();
CREATE TRIGGER messages_v2_wait_for_the_other AFTER INSERT ON messages_v2
    FOR EACH ROW EXECUTE FUNCTION message_waits_for_the_other();
CREATE TRIGGER read_markers_end_what_waits AFTER INSERT OR UPDATE ON conversation_read_markers
    FOR EACH ROW EXECUTE FUNCTION what_is_read_waits_no_more();
"""

NOT_KEPT = """
DROP TRIGGER read_markers_end_what_waits ON conversation_read_markers;
DROP TRIGGER messages_v2_wait_for_the_other ON messages_v2;
DROP TRIGGER conversations_v2_wait_for_the_other ON conversations_v2;
DROP FUNCTION what_is_read_waits_no_more();
DROP FUNCTION message_waits_for_the_other();
DROP FUNCTION offer_waits_for_the_other();
"""

THERE = """
INSERT INTO unread_conversations (member_id, conversation_id)
SELECT reader.id, c.id FROM conversations_v2 AS c
CROSS JOIN LATERAL (VALUES (c.requester_id, c.helper_id), (c.helper_id, c.requester_id)) AS reader (id, other_id)
JOIN members AS m ON m.id = reader.id AND m.name <> 'A former member'
LEFT JOIN conversation_read_markers AS marker ON marker.conversation_id = c.id AND marker.member_id = reader.id
WHERE (reader.id = c.requester_id AND marker.read_up_to IS NULL) OR EXISTS (
    SELECT FROM messages_v2 AS said WHERE said.conversation_id = c.id AND said.sender_id = reader.other_id
        AND said.created_at > coalesce(marker.read_up_to, '-infinity'))
"""


def keep_what_is_unread_by_now(apps, schema_editor):
    with unforced(schema_editor, "conversations_v2", "messages_v2", "conversation_read_markers"):
        schema_editor.execute(THERE)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0004_what_is_unread_is_kept")]

    operations = [
        migrations.RunPython(keep_what_is_unread_by_now, migrations.RunPython.noop),
        migrations.RunSQL(WALL, reverse_sql=NO_WALL),
        migrations.RunSQL(KEPT, reverse_sql=NOT_KEPT),
    ]
