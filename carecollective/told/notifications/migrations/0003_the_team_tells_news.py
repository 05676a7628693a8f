"""Coordinators and administrators write news, and tell it to every member."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = ("coordinators", "administrators")
PERMITTED = ("view_news", "add_news", "change_news", "tell_news")


def permit(apps, schema_editor):
    create_permissions(all_apps.get_app_config("notifications"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name in GROUPS:
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(codename__in=PERMITTED))


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_a_member_is_told_and_reads_it"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(permit, migrations.RunPython.noop)]
