"""The numbers of the report, counted by hand beside it."""

from datetime import date, timedelta

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground.refusals import PermissionDenied
from carecollective.team import impact
from carecollective.team.periods import Period, named
from messaging.legacy.tests.factories import left_behind

from .story import asked, at, offered, posted_for

pytestmark = pytest.mark.django_db

IN_MARCH, IN_APRIL = "2026-03-10 12:00 -05:00", "2026-04-10 12:00 -05:00"


@pytest.fixture(autouse=True)
def _in_chicago(settings):
    settings.TIME_ZONE = "America/Chicago"


@pytest.fixture(autouse=True)
def _every_number(monkeypatch):
    """What is counted, before small numbers are hidden; hiding has tests of its own."""
    monkeypatch.setattr("carecollective.team.suppression.FEWEST", 0)
    monkeypatch.setattr(impact, "FEWEST", 1)


@pytest.fixture
def coordinator(db):
    return on_the_team("coordinators")


def numbers(coordinator, period="2026-Q1"):
    return impact.measured(named(period), by=coordinator)


def test_requests_are_counted_by_kind_when_asked_and_when_done(coordinator):
    asked(IN_MARCH, category="groceries-meals")
    asked(IN_MARCH, category="groceries-meals", done=IN_MARCH)
    asked("2025-12-01 12:00 -06:00", category="household-yard", done=IN_MARCH)
    asked(IN_MARCH, category="other", done=IN_APRIL)
    asked(IN_APRIL, category="other")

    found = numbers(coordinator)

    counted = {kind.category: (kind.posted.number, kind.completed.number) for kind in found.kinds}
    assert {kind: count for kind, count in counted.items() if count != (0, 0)} == {
        "groceries-meals": (2, 1),
        "household-yard": (0, 1),
        "other": (1, 0),
    }
    assert (found.posted.number, found.completed.number) == (3, 2)


def test_a_period_has_its_first_and_its_last_moment_on_the_communitys_clock(coordinator):
    """Quarters begin in winter time and end in summer time there: six hours behind UTC, then five."""
    asked("2025-12-31 23:59:59 -06:00", category="social-companionship")
    asked("2026-01-01 00:00:00 -06:00", category="social-companionship", done="2026-03-31 23:59:59.999999 -05:00")
    asked("2026-03-31 23:59:59.999999 -05:00", category="other")
    asked("2026-04-01 00:00:00 -05:00", category="other", done="2026-04-01 00:00:00 -05:00")

    first, second = numbers(coordinator), numbers(coordinator, "2026-Q2")

    assert (first.posted.number, first.completed.number) == (2, 1)
    assert (second.posted.number, second.completed.number) == (1, 1)


def test_the_hour_that_comes_twice_belongs_to_its_day(coordinator):
    asked("2026-11-01 00:30 -05:00")
    asked("2026-11-01 23:30 -06:00")
    asked("2026-11-02 00:00 -06:00")

    november = impact.measured(Period(date(2026, 11, 1), date(2026, 11, 30)), by=coordinator)
    assert november.posted.number == 3
    assert numbers(coordinator, "2026-Q3").posted.number == 0


def test_a_person_who_is_helped_twice_is_one_person(coordinator):
    somebody = MemberFactory()
    asked(IN_MARCH, user=somebody, done=IN_MARCH)
    asked(IN_MARCH, user=somebody, done=IN_MARCH)
    asked(IN_MARCH, done=IN_MARCH)
    asked(IN_MARCH)

    assert numbers(coordinator).people_helped.number == 2


def test_whom_the_team_asked_for_is_counted_and_not_who_asked(coordinator):
    for name in ("Rosa M.", "rosa m.", "Lee B."):
        posted_for(name, asked(IN_MARCH, user=coordinator, done=IN_MARCH))
    asked(IN_MARCH, user=coordinator, done=IN_MARCH)

    assert numbers(coordinator).people_helped.number == 3  # Rosa, Lee, and the coordinator


def test_what_was_done_and_then_closed_by_the_team_was_done(coordinator):
    help_request = asked(IN_MARCH, done=IN_MARCH)
    type(help_request).objects.filter(pk=help_request.pk).update(status="closed")

    assert numbers(coordinator).completed.number == 1


def test_offers_of_both_versions_are_counted_once(coordinator):
    ride = asked(IN_MARCH)
    offered(IN_MARCH, ride)
    offered(IN_APRIL, ride)
    left_behind(ride, MemberFactory(), "I can drive you.", at=at(IN_MARCH))
    left_behind(ride, MemberFactory(), "Copied already.", at=at(IN_MARCH), migrated_to_v2=True)
    left_behind(ride, MemberFactory(), at=at(IN_MARCH))  # begun, and nothing was ever said
    left_behind(ride, ride.user, "The owner began it.", at=at(IN_MARCH), participants=[ride.user, MemberFactory()])
    left_behind(None, MemberFactory(), "About nothing.", at=at(IN_MARCH))

    found = numbers(coordinator)

    assert (found.offers.number, found.helpers.number) == (2, 2)


def test_whoever_offered_or_has_helped_is_counted_once(coordinator):
    busy, helpful = MemberFactory(), MemberFactory()
    offered(IN_MARCH, asked(IN_MARCH), busy)
    offered(IN_MARCH, asked(IN_MARCH), busy)
    asked(IN_MARCH, helper=busy, done=IN_MARCH)
    asked("2025-11-01 12:00 -05:00", helper=helpful, done=IN_MARCH)
    asked(IN_MARCH, helper=MemberFactory())  # not done yet, and no offer in this period

    assert numbers(coordinator).helpers.number == 2


def test_the_median_is_of_the_first_offers(coordinator):
    for hours in (1, 3, 20):
        ride = asked("2026-03-10 12:00 -05:00")
        offered(f"2026-03-{10 + (12 + hours) // 24} {(12 + hours) % 24:02}:00 -05:00", ride)
        offered("2026-03-20 12:00 -05:00", ride)
    asked(IN_MARCH)  # nobody offered
    offered(IN_APRIL, asked("2025-11-10 12:00 -06:00"))  # asked in another period

    assert numbers(coordinator).first_offer_after == timedelta(hours=3)


def test_an_offer_in_version_1_can_be_the_first(coordinator):
    ride = asked("2026-03-10 12:00 -05:00")
    left_behind(ride, MemberFactory(), "I can drive you.", at=at("2026-03-10 14:00 -05:00"))
    offered("2026-03-11 12:00 -05:00", ride)

    assert numbers(coordinator).first_offer_after == timedelta(hours=2)


def test_where_nothing_happened_there_is_nothing(coordinator):
    found = numbers(coordinator, "2024-Q1")

    assert [cell.number for cell in (found.posted, found.completed, found.people_helped, found.offers)] == [0] * 4
    assert found.first_offer_after is None


def test_few_offers_have_no_median(coordinator, monkeypatch):
    monkeypatch.setattr(impact, "FEWEST", 5)
    for _ in range(4):
        offered(IN_MARCH, asked(IN_MARCH))
    assert numbers(coordinator).first_offer_after is None

    offered(IN_MARCH, asked(IN_MARCH))

    assert numbers(coordinator).first_offer_after == timedelta(0)


def test_the_numbers_are_for_coordinators_and_administrators():
    for member in (on_the_team("moderators"), on_the_team(), MemberFactory()):
        with pytest.raises(PermissionDenied):
            numbers(member)
    assert numbers(on_the_team("administrators")).posted.number == 0
