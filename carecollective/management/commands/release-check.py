"""manage.py release-check: whether this tree can be released. Exit 1, and a sentence for each thing that is not so."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from carecollective.management import releasing


class Command(BaseCommand):
    help = "Says whether the version is one, and whether the release before can go on with the tables of this one."
    requires_system_checks: list[str] = []  # it asks git, and no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--against", metavar="REVISION", help="this is the release before, and not the newest tag")

    def handle(self, *args: Any, against: str | None, **options: Any) -> None:
        try:
            before = against or releasing.released_before()
            changelog = (releasing.ROOT / "CHANGELOG.md").read_text()
            faults = [
                *releasing.faults_of_the_version(changelog, releasing.version_of(before)),
                *(releasing.faults_of_the_migrations(before) if before else ()),
                *releasing.faults_of_the_tree(),
            ]
        except releasing.NoHistory as reason:
            raise CommandError(str(reason)) from None
        for fault in faults:
            self.stdout.write(f"wrong: {fault}")
        if faults:
            sys.exit(1)
        self.stdout.write(
            f"{settings.VERSION} can be released; before it stands {before or 'no release'}. "
            "`script/prove before upgrade` tries the two beside each other."
        )
