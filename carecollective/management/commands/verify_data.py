"""manage.py verify_data: do the rows keep what was promised of them? Exit 1, with their ids, if not."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from carecollective.ground.identity import acting_as_system
from carecollective.ground.verification import all_hold
from carecollective.ground.verification.data import CHECKS


class Command(BaseCommand):
    help = "Checks the rows that there are: whose they are, their texts, their order."

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as_system("verify data"):
            is_sound = all_hold(CHECKS, out=self.stdout, err=self.stderr)
        if not is_sound:
            sys.exit(1)
