"""The numbers, and how sure they are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout import kpis
from carecollective.rollout.models import Flag
from carecollective.rollout.rates import Latency, Rate, wilson
from carecollective.rollout.stages import FLAG, parse


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Written out from the formula by hand, and from published tables of Wilson's interval.
    [
        (31, 34, 0.770, 0.970),
        (0, 10, 0.0, 0.278),
        (10, 10, 0.722, 1.0),
        (5, 10, 0.237, 0.763),
        (1, 100, 0.0018, 0.0545),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(k, n, low, high):
    assert wilson(k, n) == pytest.approx((low, high), abs=0.0006)


@pytest.mark.parametrize(("goal", "needed"), [(0.95, 73), (0.97, 125), (0.99, 381)])
def test_so_many_without_a_failure_show_that_a_goal_is_met(goal, needed):
    assert Rate(needed, needed, least=goal).verdict == "met"
    assert Rate(needed - 1, needed - 1, least=goal).verdict == "too_few"
    assert Rate(1, 1, least=goal).still_needed == needed - 1


@pytest.mark.parametrize(
    ("rate", "verdict"),
    [
        (Rate(31, 34, least=0.95), "too_few"),
        (Rate(80, 100, least=0.95), "not_met"),
        (Rate(0, 0, least=0.95), "too_few"),
        (Rate(0, 381, most=0.01), "met"),
        (Rate(0, 20, most=0.01), "too_few"),
        (Rate(10, 100, most=0.01), "not_met"),
        (Rate(3, 10), "shown"),
    ],
)
def test_too_few_is_neither_met_nor_not_met(rate, verdict):
    assert rate.verdict == verdict


def test_what_is_just_enough_is_enough():
    low, high = wilson(9, 10)

    assert Rate(9, 10, least=low).verdict == Rate(9, 10, most=high).verdict == "met"
    assert Rate(9, 10, least=high).verdict == Rate(9, 10, most=low).verdict == "not_met"


def test_one_attempt_may_tell_and_none_tells_nothing():
    assert Rate(1, 1, least=0.2).verdict == "met"
    assert Rate(0, 0, least=0.0).verdict == "too_few"


@pytest.mark.parametrize(("k", "n"), [(0, 0), (0, 3), (1, 1), (18, 20), (31, 34), (92, 94)])
@pytest.mark.parametrize("goal", [0.5, 0.9, 0.95])
def test_with_as_many_more_good_ones_as_are_said_to_be_needed_the_goal_is_met_and_with_one_less_it_is_not(k, n, goal):
    more = Rate(k, n, least=goal).still_needed
    verdicts = [Rate(k + good, n + good, least=goal).verdict for good in range(more + 1)]

    assert [verdict == "met" for verdict in verdicts] == [False] * more + [True]


@pytest.mark.parametrize("more", [1, 3, 4])
def test_what_just_reaches_the_goal_is_what_is_needed(more):
    assert Rate(8, 10, least=wilson(8 + more, 10 + more)[0]).still_needed == more


def test_nothing_is_needed_where_there_is_no_goal_to_reach():
    assert Rate(3, 10).still_needed == Rate(3, 10, most=0.01).still_needed == 0


def test_a_rate_is_a_part_of_all():
    assert Rate(3, 4).value == 0.75


def test_without_attempts_there_is_no_rate():
    assert Rate(0, 0).value is None


@pytest.mark.parametrize(("n", "value"), [(58, 58), (59, 57), (100, 95)])
def test_with_fewer_than_59_the_slowest_is_shown(n, value):
    latency = Latency(list(range(1, n + 1)))

    assert latency.value == value
    assert latency.is_enough is (n >= 59)


def test_latency_is_met_only_where_enough_are_fast():
    assert Latency([20] * 72).verdict == "too_few"
    assert Latency([20] * 73).verdict == "met"
    assert Latency([800] * 10).verdict == "not_met"
    assert Latency([]).verdict == "too_few"
    assert Latency([499] * 100).verdict == "met"
    assert Latency([500] * 100).verdict == "not_met"


def test_the_middle_and_the_slowest_are_of_all_calls():
    assert (Latency([1, 2, 30]).median, Latency([1, 2, 30]).slowest, Latency([1, 2, 30]).n) == (2, 30, 3)
    assert Latency([]).median is Latency([]).slowest is Latency([]).value is None


def read():
    return kpis.read(Flag.get(FLAG), since=timezone.now() - timedelta(hours=1))


@pytest.mark.django_db
def test_each_number_counts_what_it_says(set_stage, tried):
    MemberFactory.create_batch(2)
    set_stage("enabled")
    tried("created", 8, ms=100)
    tried("server_error", 1, ms=900)
    tried("timeout", 1, ms=10_000)
    tried("conversation_exists", 4)
    tried("replayed", 3)
    tried("created", 2, version="v1", stage="disabled")
    tried("created", 25, synthetic=True)
    tried("created", 5, ago=timedelta(hours=2))

    numbers = read()

    assert (numbers.success.k, numbers.success.n) == (8, 10)
    assert (numbers.adoption.k, numbers.adoption.n) == (8, 10)
    assert numbers.expected_share == pytest.approx(0.8)  # 8 starts at "enabled", 2 at "disabled"
    assert {code: (rate.k, rate.n) for code, rate in numbers.errors.items()} == {
        "server_error": (1, 17),
        "unavailable": (0, 17),
        "timeout": (1, 17),
    }
    assert (numbers.latency.n, numbers.latency.slowest) == (10, 10_000)
    assert (numbers.duplicates.k, numbers.duplicates.n) == (4, 17)
    assert numbers.refusals == {"conversation_exists": 4}
    assert (numbers.success_of_tests.k, numbers.success_v1.k) == (25, 2)
    assert numbers.adoption_verdict == "too_few"


@pytest.mark.django_db
@pytest.mark.parametrize(("new", "old", "verdict"), [(400, 0, "met"), (200, 200, "not_met"), (0, 0, "too_few")])
def test_adoption_is_held_against_the_share_of_the_stage(new, old, verdict, set_stage, tried):
    MemberFactory()
    set_stage("enabled")
    tried("created", new)
    tried("created", old, version="v1")

    assert read().adoption_verdict == verdict


@pytest.mark.parametrize(
    ("stage", "least"), [("internal", 0.95), ("percentage:10", 0.95), ("percentage:50", 0.97), ("enabled", 0.99)]
)
def test_more_has_to_work_the_more_people_it_reaches(stage, least):
    assert kpis.least_success(parse(stage)) == least
