"""What the groups of the team may do: each app's migration of walls says it of its own. (Django reads no `_` file.)"""

from typing import Any

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db.migrations import RunPython


def permit(label: str, groups: dict[str, list[str]]) -> RunPython:
    """The operation that lets each of `groups` do what these code names of app `label` say. Going back changes nothing.

    Permissions are normally made after all migrations; a group that is to hold them needs them now.
    """

    def give(apps: Any, schema_editor: Any) -> None:
        create_permissions(all_apps.get_app_config(label), verbosity=0, using=schema_editor.connection.alias)
        Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
        for name, codenames in groups.items():
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.add(*Permission.objects.filter(content_type__app_label=label, codename__in=codenames))

    return RunPython(give, RunPython.noop)
