"""Periods of a report: whole days in the community's time zone, the last one included."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

YEAR, QUARTER, MONTH = (re.compile(shape) for shape in (r"(\d{4})", r"(\d{4})-Q([1-4])", r"(\d{4})-(0[1-9]|1[0-2])"))
EARLIEST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date

    @property
    def begins_at(self) -> datetime:
        return _midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is not in it any more."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def words(self) -> str:
        days = {"first": _in_words(self.first), "last": _in_words(self.last)}
        return _("%(first)s to %(last)s") % days


def months(year: int, first: int, count: int) -> Period:
    """So many months from this one on."""
    after = date(year + (first + count - 1) // 12, (first + count - 1) % 12 + 1, 1)
    return Period(date(year, first, 1), after - timedelta(days=1))


def named(name: str) -> Period | None:
    """ "2026", "2026-Q3" or "2026-08"; None for anything else."""
    if found := QUARTER.fullmatch(name):
        year, first, count = int(found[1]), int(found[2]) * 3 - 2, 3
    elif found := MONTH.fullmatch(name):
        year, first, count = int(found[1]), int(found[2]), 1
    elif found := YEAR.fullmatch(name):
        year, first, count = int(found[1]), 1, 12
    else:
        return None
    return months(year, first, count) if EARLIEST_YEAR <= year < 9999 else None


def last_quarter() -> str:
    """The name of the last one that is over, today in the community."""
    today = timezone.localdate()
    number = (today.month - 1) // 3
    return f"{today.year}-Q{number}" if number else f"{today.year - 1}-Q4"


def offered() -> list[tuple[str, list[tuple[str, str]]]]:
    """What the form offers, newest first: quarters, months and years that have begun."""
    today = timezone.localdate()
    quarters = [(today.year - back // 4, 4 - back % 4) for back in range(12)]
    recent = [(today.year - back // 12, 12 - back % 12) for back in range(24)]
    return [
        (
            _("Quarters"),
            [_choice(f"{year}-Q{number}") for year, number in quarters if _has_begun(year, number * 3 - 2)][:8],
        ),
        (_("Months"), [_choice(f"{year}-{month:02}") for year, month in recent if _has_begun(year, month)][:12]),
        (_("Years"), [(str(year), str(year)) for year in range(today.year, today.year - 4, -1)]),
    ]


def _has_begun(year: int, month: int) -> bool:
    return date(year, month, 1) <= timezone.localdate()


def _choice(name: str) -> tuple[str, str]:
    period = named(name)
    assert period is not None  # noqa: S101  (the name is our own)
    return name, period.words


def _in_words(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _midnight(day: date) -> datetime:
    # The community's own clock decides: a day there has 23 or 25 hours twice a year.
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
