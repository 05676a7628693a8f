"""Row level security, forced. The system writes a line and reads it for the letter; whoever it is about reads it too.

Nobody changes one. A model cannot say any of this.
"""

from django.db import migrations

APPLICATION_LINES = """
ALTER TABLE application_lines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON application_lines FROM PUBLIC;
GRANT SELECT ON application_lines TO authenticated;
GRANT SELECT, INSERT (member_id, outcome, line), DELETE ON application_lines TO care_system;

CREATE POLICY "an applicant reads it" ON application_lines FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "the system writes it" ON application_lines FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system forgets it" ON application_lines FOR DELETE TO care_system
    USING (current_user = 'care_system');
"""

NO_APPLICATION_LINES = """
DROP POLICY "the system forgets it" ON application_lines;
DROP POLICY "the system writes it" ON application_lines;
DROP POLICY "an applicant reads it" ON application_lines;
REVOKE ALL ON application_lines FROM authenticated, care_system;
ALTER TABLE application_lines NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_tables"), ("carecollective", "0002_walls")]

    operations = [
        migrations.RunSQL(APPLICATION_LINES, reverse_sql=NO_APPLICATION_LINES),
    ]
