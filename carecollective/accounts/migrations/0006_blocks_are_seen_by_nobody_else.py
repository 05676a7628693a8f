"""Both sides' role sees that there is a block, because the walls around requests and conversations ask for it in both
directions; no page and no answer of the API ever says so. Only who blocked brings it and takes it away.
"""

from django.db import migrations

WALLS = """
ALTER TABLE member_blocks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON member_blocks FROM PUBLIC;
GRANT SELECT, DELETE, INSERT (blocker_id, blocked_id) ON member_blocks TO authenticated;
GRANT SELECT ON member_blocks TO care_system;
CREATE POLICY "the walls know of blocks in both directions" ON member_blocks
    FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR (SELECT acting_member()) IN (blocker_id, blocked_id));
CREATE POLICY "members block for themselves" ON member_blocks
    FOR INSERT TO authenticated WITH CHECK (blocker_id = (SELECT acting_member()));
CREATE POLICY "members take their own blocks back" ON member_blocks
    FOR DELETE TO authenticated USING (blocker_id = (SELECT acting_member()));

-- Says yes or nothing: to a caller without identity it says no, so a policy that asks it denies.
CREATE FUNCTION may_talk_with(uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN acting_member() IS NOT NULL AND NOT EXISTS (
        SELECT FROM member_blocks
        WHERE (blocker_id, blocked_id) IN ((acting_member(), $1), ($1, acting_member())));
REVOKE EXECUTE ON FUNCTION may_talk_with(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION may_talk_with(uuid) TO authenticated, care_system;
"""

NO_WALLS = """
DROP FUNCTION may_talk_with(uuid);
DROP POLICY "members take their own blocks back" ON member_blocks;
DROP POLICY "members block for themselves" ON member_blocks;
DROP POLICY "the walls know of blocks in both directions" ON member_blocks;
REVOKE ALL ON member_blocks FROM authenticated, care_system;
REVOKE ALL (blocker_id, blocked_id, created_at) ON member_blocks FROM authenticated;
ALTER TABLE member_blocks NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_block")]

    operations = [migrations.RunSQL(WALLS, reverse_sql=NO_WALLS)]
