"""Moderators open and decide reports; only administrators open a thread that nobody reported."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = {
    "moderators": ["view_report", "view_staffread", "decide_report"],
    "administrators": ["view_report", "view_staffread", "decide_report", "open_thread"],
}


def permit(apps, schema_editor):
    create_permissions(all_apps.get_app_config("reports"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(content_type__app_label="reports", codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_a_report_freezes_its_evidence"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(permit, migrations.RunPython.noop)]
