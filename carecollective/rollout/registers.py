"""What the rollout hears of, once all models are there."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate

from carecollective.ground import doctor

from . import checks
from .models import Flag
from .stages import FLAG


def make_a_missing_flag(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """At "disabled", where it is gone: a missing flag keeps everybody out, and `manage.py migrate` is the way back.

    It is gone above all in tests, which empty the database.
    """
    if Flag._meta.db_table in connections[using].introspection.table_names():
        Flag.objects.using(using).get_or_create(name=FLAG)


post_migrate.connect(make_a_missing_flag, sender=apps.get_app_config("rollout"))
for check in checks.CHECKS:
    doctor.checks.register(check, rank=30)
