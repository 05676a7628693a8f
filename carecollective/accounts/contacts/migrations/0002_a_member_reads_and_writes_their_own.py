"""Row level security, forced. A member reads and writes their own rows; that somebody else reads one that was shared
with them is added by `messaging.sharing`, which knows what sharing is.

The team reads the phone number of whoever waits for their decision, and no other: for that its role may ask who waits.
The system takes away what is not to be kept, and needs to know whose it is and never what it says. A model cannot say
any of this.
"""

from django.db import migrations

WALLS = """
ALTER TABLE contact_details ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON contact_details FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE (value, is_kept), DELETE ON contact_details TO authenticated;
GRANT SELECT ON contact_details TO care_staff;
GRANT SELECT (member_id, kind, is_kept), DELETE ON contact_details TO care_system;
GRANT SELECT (verification_status) ON members TO care_staff;

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

NO_WALLS = """
DROP POLICY "the system takes away what is not kept" ON contact_details;
DROP POLICY "the system knows whose there are" ON contact_details;
DROP POLICY "the team reads an applicant's phone number" ON contact_details;
DROP POLICY "members take their own away" ON contact_details;
DROP POLICY "members change their own" ON contact_details;
DROP POLICY "members write their own" ON contact_details;
DROP POLICY "members read their own" ON contact_details;
REVOKE SELECT (verification_status) ON members FROM care_staff;
REVOKE ALL ON contact_details FROM authenticated, care_staff, care_system;
REVOKE ALL (member_id, kind, value, is_kept) ON contact_details FROM authenticated, care_system;
ALTER TABLE contact_details NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0001_initial"),
        ("carecollective", "0003_texts_are_clean"),
        ("accounts", "0002_members_read_names_and_nothing_else"),
    ]

    operations = [migrations.RunSQL(WALLS, reverse_sql=NO_WALLS)]
