"""manage.py demo_data: people and requests to try the site with, loaded once (seed data)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from carecollective.demo import loading
from carecollective.demo.people import ACCOUNTS
from carecollective.ground.refusals import Refusal

DEMO_ACCOUNTS = tuple(account.email for account in ACCOUNTS if account.signs_in)
DEMO_PASSWORD = "care-demo-2026"  # noqa: S105 (everybody knows it: the command refuses to run in production)


class Command(BaseCommand):
    help = "Loads the demo data where it is missing; a second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="take the demo accounts away, with all they have")
        parser.add_argument("--force", action="store_true", help="also while DEBUG is off")

    def handle(self, *args: Any, remove: bool, force: bool, **options: Any) -> None:
        if not settings.DEBUG and not force:
            raise CommandError("DEBUG is off, and everybody knows the demo password: add --force if you mean it.")
        if remove:
            self.stdout.write(f"{loading.remove()} demo accounts are gone, with all they had.")
        else:
            self.load()

    def load(self) -> None:
        try:
            loaded = loading.load(DEMO_PASSWORD)
        except Refusal as refused:
            raise CommandError(
                f"A demo account may not do its part any more: {refused.message} "
                "Take the demo away with --remove, then load it again."
            ) from refused
        if any(loaded):
            self.stdout.write(
                f"Demo data: {loaded.accounts} accounts, {loaded.help_requests} help requests, "
                f"{loaded.conversations} conversations."
            )
