"""What `manage.py wall thank_you_notes` prints."""

from django.db import migrations

WALL = """
ALTER TABLE thank_you_notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON thank_you_notes FROM PUBLIC;
GRANT SELECT, INSERT (writer_id, reader_id, note) ON thank_you_notes TO authenticated;
GRANT SELECT, DELETE ON thank_you_notes TO care_system;
CREATE POLICY "both read it" ON thank_you_notes FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR (SELECT acting_member()) IN (writer_id, reader_id));
CREATE POLICY "its writer writes it" ON thank_you_notes FOR INSERT TO authenticated
    WITH CHECK (writer_id = (SELECT acting_member()));
CREATE POLICY "the system forgets whoever left" ON thank_you_notes FOR DELETE TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the team and the system bring a proof" ON thank_you_notes AS RESTRICTIVE FOR ALL TO care_staff, care_system
    USING ((SELECT is_proven()));
"""

NO_WALL = """
DROP POLICY "the team and the system bring a proof" ON thank_you_notes;
DROP POLICY "the system forgets whoever left" ON thank_you_notes;
DROP POLICY "its writer writes it" ON thank_you_notes;
DROP POLICY "both read it" ON thank_you_notes;
REVOKE ALL ON thank_you_notes FROM authenticated, care_staff, care_system;
ALTER TABLE thank_you_notes NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("thanks", "0001_initial"), ("carecollective", "0006_a_scope_is_entered_with_a_proof")]

    operations = [migrations.RunSQL(WALL, reverse_sql=NO_WALL)]
