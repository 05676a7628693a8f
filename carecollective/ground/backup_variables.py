"""What an operator says about backups (BACKUPS, BACKUP_…)."""

from datetime import time
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured

from carecollective.ground import environment as env


class Backups(NamedTuple):
    """Where they lie, what opens them (a key, or the file that holds it), when the clock makes one, how long it stays.

    `at` is in TIME_ZONE, or None where the clock makes none.
    """

    folder: Path
    key: str
    key_file: Path
    at: time | None
    days: int


def backups() -> Backups:
    """Raises ImproperlyConfigured where a variable cannot be meant."""
    env.database("BACKUP_DATABASE_URL")  # whoever makes a backup takes it; whoever starts hears that it is no address
    return Backups(
        folder=Path(env.folder("BACKUPS", env.BASE_DIR / "var" / "backups")),
        key=env.long_enough("BACKUP_KEY", env.text("BACKUP_KEY"), env.SHORTEST_SECRET),
        key_file=env.BASE_DIR / "var" / "backup.key",
        at=_time_of_day(env.text("BACKUP_AT", "03:15")),
        days=env.whole_number("BACKUP_DAYS", default=30, smallest=1, largest=3650),
    )


def _time_of_day(value: str) -> time | None:
    try:
        return None if value == "off" else time.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        raise ImproperlyConfigured("BACKUP_AT must be a time of the day such as 03:15, or off.") from None
