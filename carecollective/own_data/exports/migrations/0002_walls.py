"""Row level security, forced. A member asks for a copy and sees what became of it; the system makes it.

The file is written by the system, which cannot read it again, and read by its member alone, for seven days. Reading it
is taking it away: see `services.take`. Staff have no grant on either table.
"""

from django.db import migrations

EXPORTS = """
ALTER TABLE exports ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON exports FROM PUBLIC;
GRANT SELECT, INSERT (member_id, language) ON exports TO authenticated;
GRANT SELECT, DELETE,
      INSERT (member_id, made_by, reason, language, ready_at, used_at),
      UPDATE (ready_at, used_at, failed_at)
    ON exports TO care_system;

CREATE POLICY "members see the copies of their data" ON exports FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "members ask for a copy of their own" ON exports FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR member_id = (SELECT acting_member()) AND made_by = 'member');
CREATE POLICY "the system says what became of a copy" ON exports FOR UPDATE TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system forgets copies" ON exports FOR DELETE TO care_system
    USING (current_user = 'care_system');
"""

NO_EXPORTS = """
DROP POLICY "the system forgets copies" ON exports;
DROP POLICY "the system says what became of a copy" ON exports;
DROP POLICY "members ask for a copy of their own" ON exports;
DROP POLICY "members see the copies of their data" ON exports;
REVOKE ALL ON exports FROM authenticated, care_system;
ALTER TABLE exports NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

EXPORT_ARCHIVES = """
ALTER TABLE export_archives ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON export_archives FROM PUBLIC;
GRANT SELECT, DELETE ON export_archives TO authenticated;
-- To clear away what is old it has to know which rows there are, and never what is in them.
GRANT SELECT (export_id), INSERT (export_id, content), DELETE ON export_archives TO care_system;

-- Whose it is, the policy on the exports has said already where it is the member who looks.
CREATE POLICY "its member reads it for seven days" ON export_archives FOR SELECT TO authenticated, care_system
    USING (CASE WHEN current_user = 'care_system' THEN true
           ELSE EXISTS (SELECT FROM exports AS e
                        WHERE e.id = export_id AND e.member_id = (SELECT acting_member())
                            AND e.ready_at > statement_timestamp() - interval '7 days') END);
CREATE POLICY "its member takes it away" ON export_archives FOR DELETE TO authenticated, care_system
    USING (CASE WHEN current_user = 'care_system' THEN true
           ELSE EXISTS (SELECT FROM exports AS e WHERE e.id = export_id AND e.member_id = (SELECT acting_member())) END);
CREATE POLICY "the system puts it there" ON export_archives FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');
"""

NO_EXPORT_ARCHIVES = """
DROP POLICY "the system puts it there" ON export_archives;
DROP POLICY "its member takes it away" ON export_archives;
DROP POLICY "its member reads it for seven days" ON export_archives;
REVOKE ALL ON export_archives FROM authenticated, care_system;
ALTER TABLE export_archives NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_tables"), ("carecollective", "0002_walls")]

    operations = [
        migrations.RunSQL(EXPORTS, reverse_sql=NO_EXPORTS),
        migrations.RunSQL(EXPORT_ARCHIVES, reverse_sql=NO_EXPORT_ARCHIVES),
    ]
