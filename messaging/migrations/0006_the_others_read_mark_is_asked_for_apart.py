"""Whether a member sees how far the other has read is asked by a function, and only where it is the other's mark.

The policy says what it said. Its question about the other was part of every statement that looks at one's own mark, and
to begin and end that part of a plan took a fifth of an inbox. It runs as whoever asks, so behind the same walls.
"""

from django.db import migrations

ASKED_APART = """
CREATE FUNCTION shows_what_is_read(conversation uuid, member uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (
            SELECT FROM conversations_v2 AS c
            WHERE c.id = conversation AND acting_member() = ANY (ARRAY[c.requester_id, c.helper_id]))
        AND (SELECT count(*) FROM messaging_preferences AS p
             WHERE p.member_id IN (member, acting_member()) AND p.shows_seen = false) = 0;
REVOKE EXECUTE ON FUNCTION shows_what_is_read(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shows_what_is_read(uuid, uuid) TO authenticated;

ALTER POLICY "both see how far both have read" ON conversation_read_markers
    USING (CASE member_id WHEN (SELECT acting_member()) THEN true
           ELSE shows_what_is_read(conversation_id, member_id) END);
"""

ASKED_AT_ONCE = """
ALTER POLICY "both see how far both have read" ON conversation_read_markers
    USING (CASE member_id WHEN (SELECT acting_member()) THEN true
           ELSE EXISTS (
                   SELECT FROM conversations_v2 AS c
                   WHERE c.id = conversation_id AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id])
                   OFFSET 0)
               AND (SELECT count(*) FROM messaging_preferences AS p
                    WHERE p.member_id IN (conversation_read_markers.member_id, (SELECT acting_member()))
                        AND p.shows_seen = false) = 0 END);
DROP FUNCTION shows_what_is_read(uuid, uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_what_is_unread_is_its_readers")]

    operations = [migrations.RunSQL(ASKED_APART, reverse_sql=ASKED_AT_ONCE)]
