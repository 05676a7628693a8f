"""Which days a period has, and when they begin and end on the community's own clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from carecollective.team import periods
from carecollective.team.periods import Period, named


@pytest.fixture
def in_chicago(settings):
    settings.TIME_ZONE = "America/Chicago"
    timezone.get_default_timezone.cache_clear()
    yield
    timezone.get_default_timezone.cache_clear()


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2025-Q4", date(2025, 10, 1), date(2025, 12, 31)),
    ],
)
def test_a_period_is_named(name, first, last):
    assert named(name) == Period(first, last)


@pytest.mark.parametrize(
    "name",
    ["", "2026", "2026-03", "days", "2026-Q5", "2026-13", "26", "0001-Q1", "9999-Q1", "2026-Q1 ", "²026-Q1", "x"],
)
def test_anything_else_names_no_period(name):
    assert named(name) is None


def test_no_two_periods_share_a_day_and_none_is_left_out(in_chicago):
    quarters = [named(name) for name, _words in reversed(periods.offered())]

    assert [later.first - earlier.last for earlier, later in pairwise(quarters)] == [timedelta(days=1)] * 11


@pytest.mark.parametrize(
    ("period", "hours"),
    [
        (Period(date(2026, 7, 1), date(2026, 7, 1)), 24),
        (Period(date(2026, 3, 8), date(2026, 3, 8)), 23),  # the clock goes forward
        (Period(date(2026, 11, 1), date(2026, 11, 1)), 25),  # and back
    ],
)
def test_a_day_is_as_long_as_the_communitys_clock_says(in_chicago, period, hours):
    # In UTC: between two times of one zone Python counts the hands of the clock.
    assert (period.ends_at.astimezone(UTC) - period.begins_at.astimezone(UTC)).total_seconds() == hours * 3600


def test_a_period_begins_and_ends_at_midnight_there_in_winter_and_in_summer(in_chicago):
    period = Period(date(2026, 2, 1), date(2026, 6, 30))

    assert period.begins_at == datetime(2026, 2, 1, 6, tzinfo=UTC)
    assert period.ends_at == datetime(2026, 7, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "quarter"),
    [
        (datetime(2026, 1, 1, 12, tzinfo=UTC), "2025-Q4"),
        (datetime(2026, 4, 1, 4, 59, tzinfo=UTC), "2025-Q4"),  # in Chicago it is March still
        (datetime(2026, 4, 1, 5, tzinfo=UTC), "2026-Q1"),
        (datetime(2026, 11, 21, tzinfo=UTC), "2026-Q3"),
    ],
)
def test_the_last_quarter_is_the_one_that_is_over(in_chicago, monkeypatch, today, quarter):
    monkeypatch.setattr(timezone, "now", lambda: today)

    assert periods.last_quarter() == quarter
    assert named(quarter).is_over


def test_what_is_offered_is_over_and_the_newest_comes_first(in_chicago, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 2, 10, tzinfo=UTC))

    quarters = [name for name, _words in periods.offered()]

    assert (quarters[0], quarters[-1], len(quarters)) == ("2025-Q4", "2023-Q1", 12)
    assert named("2026-Q1") is None
