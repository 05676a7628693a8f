"""What the roles see of members: under a member's hands only names and towns, never an address or a password.

Impersonation attempts are written by the system, read by staff, and changed by nobody: under FORCE the owner of the
table neither. A model cannot say any of this.
"""

from django.db import migrations

WALLS = """
GRANT SELECT (id, name, town) ON members TO authenticated, care_staff, care_system;

ALTER TABLE impersonation_attempts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT ON impersonation_attempts TO care_staff;
GRANT SELECT, INSERT ON impersonation_attempts TO care_system;
CREATE POLICY "staff read who pretended to be somebody else" ON impersonation_attempts
    FOR SELECT TO care_staff, care_system USING (current_user IN ('care_staff', 'care_system'));
CREATE POLICY "the system records it" ON impersonation_attempts
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');
"""

NO_WALLS = """
DROP POLICY "the system records it" ON impersonation_attempts;
DROP POLICY "staff read who pretended to be somebody else" ON impersonation_attempts;
REVOKE ALL ON impersonation_attempts FROM care_staff, care_system;
ALTER TABLE impersonation_attempts NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
REVOKE ALL (id, name, town) ON members FROM authenticated, care_staff, care_system;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(WALLS, reverse_sql=NO_WALLS)]
