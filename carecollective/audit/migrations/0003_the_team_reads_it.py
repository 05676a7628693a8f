"""Administrators read everything that was written down, moderators what belongs to their work."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = {"moderators": ["view_entry"], "administrators": ["view_entry", "view_every_entry"]}


def permit(apps, schema_editor):
    create_permissions(all_apps.get_app_config("audit"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(content_type__app_label="audit", codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_what_was_written_down_stays"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(permit, migrations.RunPython.noop)]
