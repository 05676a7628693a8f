"""manage.py verify_schema: does the catalogue say what the walls are built on? Exit 1, and what is wrong, if not."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from carecollective.ground.verification import all_hold
from carecollective.ground.verification.schema import CHECKS


class Command(BaseCommand):
    help = "Checks tables, keys, policies, grants and roles against what the product promises."

    def handle(self, *args: Any, **options: Any) -> None:
        if not all_hold(CHECKS, out=self.stdout, err=self.stderr):
            sys.exit(1)
