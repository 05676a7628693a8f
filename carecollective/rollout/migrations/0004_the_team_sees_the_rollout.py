"""Everybody on the team may see how the rollout goes; administrators steer it."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = {
    "coordinators": ["view_flag"],
    "moderators": ["view_flag"],
    "administrators": ["view_flag", "change_flag"],
}


def permit(apps, schema_editor):
    create_permissions(all_apps.get_app_config("rollout"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(content_type__app_label="rollout", codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("rollout", "0003_the_flag_changes_with_its_history"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(permit, migrations.RunPython.noop)]
