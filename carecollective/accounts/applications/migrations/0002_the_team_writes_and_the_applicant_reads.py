"""Row level security, forced. The system writes a line and reads it for the letter; whoever it is about reads it too.

Nobody changes one. A model cannot say any of this.
"""

from django.db import migrations

WALLS = """
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

NO_WALLS = """
DROP POLICY "the system forgets it" ON application_lines;
DROP POLICY "the system writes it" ON application_lines;
DROP POLICY "an applicant reads it" ON application_lines;
REVOKE ALL ON application_lines FROM authenticated, care_system;
REVOKE ALL (member_id, outcome, line) ON application_lines FROM care_system;
ALTER TABLE application_lines NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0001_initial"),
        ("carecollective", "0002_the_database_knows_who_is_asking"),
        ("accounts", "0007_a_member_chooses_how_pages_look_and_may_leave"),
    ]

    operations = [migrations.RunSQL(WALLS, reverse_sql=NO_WALLS)]
