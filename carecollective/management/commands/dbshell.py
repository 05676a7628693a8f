"""manage.py dbshell: Django's own; where members are, the audit knows that it was opened."""

from typing import Any

from django.core.management.commands import dbshell

from carecollective.management import shells


class Command(dbshell.Command):
    def handle(self, **options: Any) -> None:
        shells.write_down("dbshell")
        super().handle(**options)
