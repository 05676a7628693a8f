"""No offer, and no conversation opened again, between two members of whom one has blocked the other.

The five policies keep their names: what they ask for grows by one line.
"""

from django.db import migrations

BLOCKS = """
ALTER POLICY "helpers offer help while it is wanted" ON conversations_v2
    WITH CHECK (current_user = 'care_system' OR helper_id = (SELECT acting_member())
        AND may_talk_with(requester_id) AND EXISTS (
        SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
            AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp())));
ALTER POLICY "participants archive and re-open" ON conversations_v2
    USING ((SELECT acting_member()) IN (requester_id, helper_id))
    WITH CHECK ((SELECT acting_member()) IN (requester_id, helper_id) AND (status = 'archived'
        OR may_talk_with(CASE helper_id WHEN (SELECT acting_member()) THEN requester_id ELSE helper_id END)));
"""

NO_BLOCKS = """
ALTER POLICY "helpers offer help while it is wanted" ON conversations_v2
    WITH CHECK (current_user = 'care_system' OR helper_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
            AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp())));
ALTER POLICY "participants archive and re-open" ON conversations_v2
    USING ((SELECT acting_member()) IN (requester_id, helper_id))
    WITH CHECK ((SELECT acting_member()) IN (requester_id, helper_id));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0006_both_see_what_has_been_seen"),
        ("accounts", "0006_blocks_are_seen_by_nobody_else"),
    ]

    operations = [migrations.RunSQL(BLOCKS, reverse_sql=NO_BLOCKS)]
