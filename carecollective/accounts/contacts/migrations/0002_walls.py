"""Row level security, forced. A member reads and writes their own rows; that somebody else reads one that was shared
with them is added by `messaging.sharing`, which knows what sharing is.

The team reads the phone number of whoever waits for their decision, and no other: for that its role may ask who waits.
The system takes away what is not to be kept, and needs to know whose it is and never what it says. A model cannot say
any of this.
"""

from django.db import migrations

CONTACT_DETAILS = """
ALTER TABLE contact_details ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON contact_details FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE (value, is_kept), DELETE ON contact_details TO authenticated;
GRANT SELECT ON contact_details TO care_staff;
GRANT SELECT (member_id, kind, is_kept), DELETE ON contact_details TO care_system;

CREATE POLICY "members read their own" ON contact_details
    FOR SELECT TO authenticated USING (member_id = (SELECT acting_member()));
CREATE POLICY "members write their own" ON contact_details
    FOR INSERT TO authenticated WITH CHECK (member_id = (SELECT acting_member()));
CREATE POLICY "members change their own" ON contact_details
    FOR UPDATE TO authenticated USING (member_id = (SELECT acting_member()))
    WITH CHECK (member_id = (SELECT acting_member()));
CREATE POLICY "members take their own away" ON contact_details
    FOR DELETE TO authenticated USING (member_id = (SELECT acting_member()));
CREATE POLICY "the team reads an applicant's phone number" ON contact_details
    FOR SELECT TO care_staff USING (current_user = 'care_staff' AND kind = 'phone' AND EXISTS (
        SELECT FROM members AS m WHERE m.id = member_id AND m.verification_status = 'pending'));
CREATE POLICY "the system knows whose there are" ON contact_details
    FOR SELECT TO care_system USING (current_user = 'care_system');
CREATE POLICY "the system takes away what is not kept" ON contact_details
    FOR DELETE TO care_system USING (current_user = 'care_system');
"""

NO_CONTACT_DETAILS = """
DROP POLICY "the system takes away what is not kept" ON contact_details;
DROP POLICY "the system knows whose there are" ON contact_details;
DROP POLICY "the team reads an applicant's phone number" ON contact_details;
DROP POLICY "members take their own away" ON contact_details;
DROP POLICY "members change their own" ON contact_details;
DROP POLICY "members write their own" ON contact_details;
DROP POLICY "members read their own" ON contact_details;
REVOKE ALL ON contact_details FROM authenticated, care_staff, care_system;
ALTER TABLE contact_details NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_tables"), ("carecollective", "0002_walls")]

    operations = [
        migrations.RunSQL(CONTACT_DETAILS, reverse_sql=NO_CONTACT_DETAILS),
    ]
