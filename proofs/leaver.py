"""Empties the account of each member whose id it reads, as the job of that does, and says so: a program."""

import sys
from uuid import UUID

import django

django.setup()

from carecollective.own_data.leaving import services  # noqa: E402

print("ready", flush=True)
for line in sys.stdin:
    services.erase(UUID(line.strip()))
    print("gone", flush=True)
