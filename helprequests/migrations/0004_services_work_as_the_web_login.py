"""Services lock help requests before anybody acts, and the team closes them, as a login that no longer owns the table.

As the owner it passed by row level security. Said in SQL: a policy for every role that asks whether a scope stands.
"""

from django.db import migrations

FORWARD = """
CREATE POLICY "services lock it before anybody acts" ON help_requests FOR ALL TO PUBLIC
    USING (current_user = session_user);
"""
REVERSE = 'DROP POLICY "services lock it before anybody acts" ON help_requests;'


class Migration(migrations.Migration):
    dependencies = [("helprequests", "0003_each_list_of_requests_has_its_index")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
