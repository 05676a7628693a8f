"""That somebody opened a shell at the server is written down before it opens: what they type there is not."""

import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind


def write_down(command: str) -> None:
    """Where members are.

    A database that takes no entry, or has no key yet, is no reason to keep out whoever comes to mend it.
    """
    if settings.DEBUG:
        return
    try:
        audit.record(Kind.SHELL_OPENED, by=Hand.OPERATOR, codes=command)
    except (DatabaseError, ImproperlyConfigured) as error:
        sys.stderr.write(f"That this shell opens could not be written down: {error}\n")
