from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from .stages import FLAG


class RolloutConfig(AppConfig):
    name = "carecollective.rollout"
    label = "rollout"
    verbose_name = _("Rollout")

    def ready(self) -> None:
        post_migrate.connect(make_a_missing_flag, sender=self)


def make_a_missing_flag(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """At "disabled", where it is gone: a missing flag keeps everybody out, and `manage.py migrate` is the way back.

    It is gone above all in tests, which empty the database.
    """
    flags = sender.get_model("Flag")
    if flags._meta.db_table in connections[using].introspection.table_names():
        flags.objects.using(using).get_or_create(name=FLAG)
