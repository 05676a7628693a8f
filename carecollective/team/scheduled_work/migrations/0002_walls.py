"""Coordinators and administrators see the scheduled work, and have what failed tried again."""

from django.db import migrations

from carecollective.migrations._groups import permit

GROUPS = {
    "coordinators": ["try_job_again", "view_scheduledjob"],
    "administrators": ["try_job_again", "view_scheduledjob"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("scheduled_work", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        permit("scheduled_work", GROUPS),
    ]
