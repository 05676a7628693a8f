"""A reason is added and never changed, like the entry beside it: no role has UPDATE or DELETE, triggers stop the owner.

The team reads reasons; members do not, since they may name others. The clock is the database's.
"""

from django.db import migrations

WALLS = """
ALTER TABLE grave_acts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON grave_acts FROM PUBLIC;
GRANT SELECT ON grave_acts TO care_staff;
GRANT SELECT, INSERT (kind, asked_by_id, subject_id, about_id, codes, reason) ON grave_acts TO care_system;
CREATE POLICY "the team reads why" ON grave_acts
    FOR SELECT TO care_staff, care_system USING (current_user IN ('care_staff', 'care_system'));
CREATE POLICY "the system writes down why" ON grave_acts
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');

CREATE TRIGGER grave_acts_have_their_own_clock BEFORE INSERT ON grave_acts
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_written_once();
-- By statement, because under FORCE there may be no row to see.
CREATE TRIGGER grave_acts_are_never_changed BEFORE UPDATE OR DELETE ON grave_acts
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_written_once();
-- A test database has to be emptied between tests.
CREATE TRIGGER grave_acts_are_never_emptied BEFORE TRUNCATE ON grave_acts
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\\_%')
    EXECUTE FUNCTION audit_entry_is_written_once();
"""

NO_WALLS = """
DROP TRIGGER grave_acts_are_never_emptied ON grave_acts;
DROP TRIGGER grave_acts_are_never_changed ON grave_acts;
DROP TRIGGER grave_acts_have_their_own_clock ON grave_acts;
DROP POLICY "the system writes down why" ON grave_acts;
DROP POLICY "the team reads why" ON grave_acts;
REVOKE ALL ON grave_acts FROM care_staff, care_system;
REVOKE ALL (kind, asked_by_id, subject_id, about_id, codes, reason) ON grave_acts FROM care_system;
ALTER TABLE grave_acts NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_grave_acts_have_a_reason"),
        ("audit", "0002_what_was_written_down_stays"),
        ("carecollective", "0002_the_database_knows_who_is_asking"),
    ]

    operations = [migrations.RunSQL(WALLS, reverse_sql=NO_WALLS)]
