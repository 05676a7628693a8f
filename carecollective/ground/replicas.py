"""What REPLICA_DATABASE_URL says, for the settings, which are read before there is a database."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from carecollective.ground import environment as env
from carecollective.ground import patience

VARIABLE = "REPLICA_DATABASE_URL"
PARTS = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "VARIABLE")
SECONDS_TO_WAIT = 1  # there is always the primary


def replica_database(primary: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any] | None:
    """In what it differs from the primary, or None where there is none.

    Raises ImproperlyConfigured where it cannot be the same database under the same login.
    """
    named = env.database("REPLICA_DATABASE_URL")
    if named is None:
        return None
    if named["ENGINE"] != primary["ENGINE"]:
        raise ImproperlyConfigured(f"{VARIABLE} is for a server of your own: set DATABASE_URL too.")
    if (named["NAME"], named["USER"]) != (primary["NAME"], primary["USER"]):
        raise ImproperlyConfigured(f"{VARIABLE} must name the database and the login that DATABASE_URL names.")
    return {part: named[part] for part in PARTS} | {"OPTIONS": reading_options(named["OPTIONS"], options)}


def reading_options(given: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of whoever serves, with less patience."""
    pool = options["pool"] | {"min_size": 0, "timeout": SECONDS_TO_WAIT}
    return dict(given) | dict(options) | patience.options(dict(given) | dict(options) | {"pool": pool})
