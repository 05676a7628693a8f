"""Coordinators, moderators and administrators, with what each may do.

Here, because messaging stands on all the others. Permissions are normally made after all migrations; a group that is
to hold them needs them now.
"""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

COORDINATORS = {
    ("accounts", "member"): ["view_member", "add_member", "change_member", "approve_member"],
    ("helprequests", "helprequest"): ["view_helprequest", "close_helprequest"],
    ("messaging", "conversation"): ["view_conversation"],
}
MODERATORS = {
    ("accounts", "member"): ["view_member", "change_member", "restrict_member"],
    ("accounts", "impersonationattempt"): ["view_impersonationattempt"],
    ("helprequests", "helprequest"): ["view_helprequest", "close_helprequest"],
    ("messaging", "conversation"): ["view_conversation"],
    ("messaging", "message"): ["view_message"],
}
ADMINISTRATORS = {("auth", "group"): ["view_group"]}
GROUPS = {
    "coordinators": [COORDINATORS],
    "moderators": [MODERATORS],
    "administrators": [COORDINATORS, MODERATORS, ADMINISTRATORS],
}


def make_groups(apps, schema_editor):
    for label in ("auth", "accounts", "helprequests", "messaging"):
        create_permissions(all_apps.get_app_config(label), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, sets in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        for permitted in sets:
            for (app, model), codenames in permitted.items():
                found = Permission.objects.filter(
                    content_type__app_label=app, content_type__model=model, codename__in=codenames
                )
                group.permissions.add(*found)


def drop_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0003_members_see_only_their_own"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, drop_groups)]
