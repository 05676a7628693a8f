"""When libraries' rows were made, by the database's clock too (`ground.clock`): they would ask this machine's."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db.models.signals import pre_save

from carecollective.ground import clock

MADE_AT = {UserSession: ("created_at", "last_seen_at"), Authenticator: ("created_at",), LogEntry: ("action_time",)}


def made_now(sender: Any, instance: Any, **_more: Any) -> None:
    if instance._state.adding:
        now = clock.now()
        for column in MADE_AT[sender]:
            setattr(instance, column, now)


def go_by_the_clock() -> None:
    for model in MADE_AT:
        pre_save.connect(made_now, sender=model, dispatch_uid="library_times")
