"""Row level security, forced, on whom the team asks for. A model cannot say any of this.

Somebody of the team writes the row in their own name, and only added rows: no role changes or deletes one. Members read
whose request it is and the name that was agreed on, while they can see the request itself; how somebody agreed, and
what the team noted about it, is the team's.
"""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

WALLS = """
ALTER TABLE requests_on_behalf ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON requests_on_behalf FROM PUBLIC;
GRANT SELECT (help_request_id, shown_name) ON requests_on_behalf TO authenticated;
GRANT SELECT, INSERT (help_request_id, posted_by_id, shown_name, consent_how, consent_on, note)
    ON requests_on_behalf TO care_staff;
GRANT SELECT ON requests_on_behalf TO care_system;

CREATE POLICY "members read for whom the team asks" ON requests_on_behalf FOR SELECT TO authenticated
    USING (current_user = 'authenticated' AND EXISTS (SELECT FROM help_requests AS asked WHERE asked.id = help_request_id
        AND (asked.status IN ('open', 'in_progress') OR (SELECT acting_member()) IN (asked.user_id, asked.helper_id))));
CREATE POLICY "the team reads who agreed" ON requests_on_behalf FOR SELECT TO care_staff, care_system
    USING (current_user IN ('care_staff', 'care_system'));
CREATE POLICY "the team writes it down in its own name" ON requests_on_behalf FOR INSERT TO care_staff
    WITH CHECK (current_user = 'care_staff' AND posted_by_id = (SELECT acting_member()));
"""

NO_WALLS = """
DROP POLICY "the team writes it down in its own name" ON requests_on_behalf;
DROP POLICY "the team reads who agreed" ON requests_on_behalf;
DROP POLICY "members read for whom the team asks" ON requests_on_behalf;
REVOKE ALL ON requests_on_behalf FROM authenticated, care_staff, care_system;
REVOKE ALL (help_request_id, posted_by_id, shown_name, consent_how, consent_on, note)
    ON requests_on_behalf FROM authenticated, care_staff;
ALTER TABLE requests_on_behalf NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

GROUPS = ["coordinators", "administrators"]


def permit(apps, schema_editor):
    create_permissions(all_apps.get_app_config("helprequests"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name in GROUPS:
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(
            *Permission.objects.filter(
                content_type__app_label="helprequests", codename__in=["post_on_behalf", "view_impact"]
            )
        )


class Migration(migrations.Migration):
    dependencies = [
        ("helprequests", "0003_the_team_asks_for_somebody"),
        ("carecollective", "0002_the_database_knows_who_is_asking"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(WALLS, reverse_sql=NO_WALLS),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
