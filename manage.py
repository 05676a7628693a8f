#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from carecollective.ground import operators
from carecollective.ground.named_postgresql.reaching import Unreachable


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carecollective.settings")
    operators.say_to_the_database()
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, Unreachable) as reason:
        sys.exit(f"Cannot start: {reason}")
    except OperationalError as reason:  # the database, which was there
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"Cannot go on: {str(reason).partition(chr(10))[0]}")


if __name__ == "__main__":
    main()
