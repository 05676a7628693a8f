"""Periods of a report: quarters that are over, in the community's time zone.

No two of them overlap and none is part of another, and each is asked for when it no longer grows. So nobody reckons a
small number from two reports (a differencing attack on small cells): what is hidden in one stands in no other.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")
EARLIEST_YEAR = 2000
OFFERED = 12


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


def quarter(year: int, number: int) -> Period:
    first = number * 3 - 2
    after = date(year + (number == 4), 1 if number == 4 else first + 3, 1)
    return Period(date(year, first, 1), after - timedelta(days=1))


def named(name: str) -> Period | None:
    """ "2026-Q3", where it is over; None for anything else."""
    found = QUARTER.fullmatch(name)
    if not found or not EARLIEST_YEAR <= int(found[1]) < 9999:
        return None
    period = quarter(int(found[1]), int(found[2]))
    return period if period.is_over else None


def last_quarter() -> str:
    """The name of the last one that is over, today in the community."""
    return _quarters_back(1)


def offered() -> list[tuple[str, str]]:
    """What the form offers, newest first."""
    return [_choice(_quarters_back(back)) for back in range(1, OFFERED + 1)]


def _quarters_back(count: int) -> str:
    today = timezone.localdate()
    quarters = today.year * 4 + (today.month - 1) // 3 - count
    return f"{quarters // 4}-Q{quarters % 4 + 1}"


def _choice(name: str) -> tuple[str, str]:
    period = named(name)
    assert period is not None  # noqa: S101  (the name is our own)
    return name, period.words


def _in_words(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _midnight(day: date) -> datetime:
    # The community's own clock decides: a day there has 23 or 25 hours twice a year.
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
