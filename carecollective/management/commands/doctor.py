"""manage.py doctor: a line for each thing that an operator should know of; exit 1 where one is not well."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from carecollective.ground import doctor


class Command(BaseCommand):
    help = "Says what is well and what is not, and what to do about it. Exit 1 where something is not."

    def handle(self, *args: Any, **options: Any) -> None:
        found = doctor.findings()
        for finding in found:
            self.stdout.write(f"{'ok    ' if finding.is_well else 'not ok'}  {finding.about}: {finding.sentence}")
        if not all(finding.is_well for finding in found):
            sys.exit(1)
