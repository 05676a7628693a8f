"""manage.py shell: Django's own; where members are, the audit knows that it was opened."""

from typing import Any

from django.core.management.commands import shell

from carecollective.management import shells


class Command(shell.Command):
    def handle(self, **options: Any) -> None:
        shells.write_down("shell")
        super().handle(**options)
