"""Coordinators and administrators see the scheduled work, and have what failed tried again."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = ("coordinators", "administrators")


def permit(apps, schema_editor):
    create_permissions(all_apps.get_app_config("scheduled_work"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name in GROUPS:
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(content_type__app_label="scheduled_work"))


class Migration(migrations.Migration):
    dependencies = [
        ("scheduled_work", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(permit, migrations.RunPython.noop)]
