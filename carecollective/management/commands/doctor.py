"""manage.py doctor: what is not well with this installation, and what to type. Exit 1 if anything is not."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from carecollective.ground.doctor.examination import examine

FOR_PEOPLE = (
    "No program can tell: was this version tried on a copy of the data, and does the team know how to turn the new "
    "messaging off, and whom to call? docs/deployment.md has the list."
)


class Command(BaseCommand):
    help = "Examines settings, database, disk, clock, mail and jobs: a line for each, and a sentence for what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--deep",
            action="store_true",
            help="also what takes its time or talks to others: walls, rows, the mail server, a socket from outside",
        )

        parser.add_argument(
            "--deployment",
            action="store_true",
            help="that too, and what a community should not open its doors without: makes a test offer, and undoes it",
        )

    def handle(self, *args: Any, deep: bool, deployment: bool, **options: Any) -> None:
        is_well = True
        for found in examine(deep=deep or deployment, deployment=deployment):
            is_well = is_well and found.is_well
            self.stdout.write(
                f"ok: {found.check.code}" if found.is_well else f"wrong: {found.check.code}. {found.fault}"
            )
        if deployment:
            self.stdout.write(FOR_PEOPLE)
        if not is_well:
            sys.exit(1)
