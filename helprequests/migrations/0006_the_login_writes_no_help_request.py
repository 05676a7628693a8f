"""Outside of every scope services lock help requests, and write none: the system closes one for the team, puts a helper
back, empties and removes, and for that it names its purpose.

To lock a row asks for a right on one of its columns and for a policy that shows it, and no policy takes the row back.
"""

from django.db import migrations

FORWARD = """
DROP POLICY "services lock it before anybody acts" ON help_requests;
CREATE POLICY "the login reads them" ON help_requests FOR SELECT TO PUBLIC USING (current_user = session_user);
CREATE POLICY "services lock it before anybody acts" ON help_requests FOR UPDATE TO PUBLIC
    USING (current_user = session_user) WITH CHECK (false);
CREATE POLICY "the system does what no member's own hand does" ON help_requests FOR ALL TO care_system
    USING (current_user = 'care_system');
GRANT INSERT, UPDATE, DELETE ON help_requests TO care_system;
"""
REVERSE = """
REVOKE INSERT, UPDATE, DELETE ON help_requests FROM care_system;
DROP POLICY "the system does what no member's own hand does" ON help_requests;
DROP POLICY "services lock it before anybody acts" ON help_requests;
DROP POLICY "the login reads them" ON help_requests;
CREATE POLICY "services lock it before anybody acts" ON help_requests FOR ALL TO PUBLIC
    USING (current_user = session_user);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("helprequests", "0005_no_request_ends_before_it_begins"),
        ("carecollective", "0006_a_scope_is_entered_with_a_proof"),
    ]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
