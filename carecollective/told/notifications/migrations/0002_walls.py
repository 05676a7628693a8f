"""Row level security, forced: a member reads what they were told and marks it as read; jobs and verbs tell.

`tell_member` is one statement for the verb that tells, and its failure is not the verb's: what was saved stays saved.
It runs as the login, outside of every scope, and takes the system's role for itself. Python could do neither without a
savepoint and two changes of role on the way of every message.

Coordinators and administrators write news, and tell it to every member.
"""

from django.db import migrations

from carecollective.migrations._groups import permit

NOTIFICATIONS = """
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON notifications FROM PUBLIC;
GRANT SELECT, UPDATE (read_at) ON notifications TO authenticated;
GRANT SELECT, DELETE,
      INSERT (member_id, kind, conversation_id, help_request_id, news_id, about, what, reader, by_id),
      UPDATE (created_at)
    ON notifications TO care_system;

CREATE POLICY "a member reads what they were told" ON notifications FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "a member marks it as read" ON notifications FOR UPDATE TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "the system tells" ON notifications FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system takes it back" ON notifications FOR DELETE TO care_system
    USING (current_user = 'care_system');

CREATE FUNCTION tell_member(
    told uuid, of_kind text, told_about text, in_conversation uuid, on_help_request uuid,
    -- What happened, as whom they read of it, and whose doing it was where they may know.
    happened text, read_as text, done_by uuid,
    -- The notification where it is a new one; and why there is none where that is a fault.
    OUT new_id uuid, OUT failure text
) LANGUAGE plpgsql SET role = 'care_system' AS $$
DECLARE
    is_new boolean;
BEGIN
    INSERT INTO notifications AS n
        (member_id, kind, about, conversation_id, help_request_id, what, reader, by_id)
    VALUES (told, of_kind, told_about, in_conversation, on_help_request, happened, read_as, done_by)
    ON CONFLICT (member_id, about, kind) WHERE read_at IS NULL OR kind <> 'message'
        -- Another message before the first was read: no new notification, so no new mail, and it moves to the top.
        DO UPDATE SET created_at = clock_timestamp() WHERE n.kind = 'message'
    RETURNING n.id, n.xmax = 0 INTO new_id, is_new;
    IF new_id IS NULL THEN
        RETURN;
    END IF;
    IF NOT is_new THEN
        new_id := NULL;
    END IF;
    PERFORM pg_notify('care_events', json_build_object('type', 'notification', 'members', json_build_array(told))::text);
EXCEPTION WHEN OTHERS THEN
    new_id := NULL;
    failure := SQLSTATE;  -- the code alone: the message of an error may quote a row
END $$;
REVOKE EXECUTE ON FUNCTION tell_member(uuid, text, text, uuid, uuid, text, text, uuid) FROM PUBLIC;
"""

NO_NOTIFICATIONS = """
DROP FUNCTION tell_member(uuid, text, text, uuid, uuid, text, text, uuid);
DROP POLICY "the system takes it back" ON notifications;
DROP POLICY "the system tells" ON notifications;
DROP POLICY "a member marks it as read" ON notifications;
DROP POLICY "a member reads what they were told" ON notifications;
REVOKE ALL ON notifications FROM authenticated, care_system;
ALTER TABLE notifications NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

GROUPS = {
    "coordinators": ["add_news", "change_news", "tell_news", "view_news"],
    "administrators": ["add_news", "change_news", "tell_news", "view_news"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("carecollective", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(NOTIFICATIONS, reverse_sql=NO_NOTIFICATIONS),
        permit("notifications", GROUPS),
    ]
