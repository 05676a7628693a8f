"""No offer, and no conversation opened again, between two members of whom one has blocked the other."""

from django.db import migrations

BLOCKS = """
ALTER POLICY "helpers offer help while it is wanted" ON conversations
    WITH CHECK (current_user = 'care_system' OR created_by = (SELECT acting_member()) AND EXISTS (
        SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
            AND (hr.user_id = (SELECT acting_member())) IS FALSE AND may_talk_with(hr.user_id)
            AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp())));
ALTER POLICY "participants close and re-open" ON conversations
    WITH CHECK (status = 'closed' OR status = 'active' AND may_talk_with(created_by)
        AND (help_request_id IS NULL OR EXISTS (
            SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND may_talk_with(hr.user_id))));
"""

NO_BLOCKS = """
ALTER POLICY "participants close and re-open" ON conversations WITH CHECK (status IN ('active', 'closed'));
ALTER POLICY "helpers offer help while it is wanted" ON conversations
    WITH CHECK (current_user = 'care_system' OR created_by = (SELECT acting_member()) AND EXISTS (
        SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
            AND (hr.user_id = (SELECT acting_member())) IS FALSE
            AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp())));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("legacy", "0003_declined_helpers_have_one_last_message"),
        ("accounts", "0006_blocks_are_seen_by_nobody_else"),
    ]

    operations = [migrations.RunSQL(BLOCKS, reverse_sql=NO_BLOCKS)]
