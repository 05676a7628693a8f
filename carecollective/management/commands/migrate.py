"""manage.py migrate: Django's own, one process at a time."""

from typing import Any

from django.core.management.commands import migrate

from carecollective.ground.one_at_a_time import one_at_a_time
from carecollective.ground.scope_guard import unguarded


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """What there is to do is looked up under the lock: whoever had to wait finds nothing left."""
        with one_at_a_time(), unguarded():  # a migration takes walls down, or asks behind them
            super().handle(*args, **options)
