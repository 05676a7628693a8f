"""To the attempt and to the second: where each rule begins, and the numbers that it says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from carecollective.rollout import guard_rails
from carecollective.rollout.models import Attempt, Flag
from carecollective.rollout.stages import FLAG

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _on(set_stage, armed_long_ago):
    set_stage("enabled")
    armed_long_ago()


def tried(outcome, count=1, *, ago=timedelta(0), ms=20, version="v2", synthetic=False):
    made = {"attempted_at": NOW - ago, "version": version, "outcome": outcome, "milliseconds": ms}
    Attempt.objects.bulk_create(Attempt(**made, stage="enabled", is_synthetic=synthetic) for _ in range(count))


def broken():
    return [finding.code for finding in guard_rails.broken(Flag.get(FLAG), NOW)]


def warnings():
    return guard_rails.judged(Flag.get(FLAG), NOW)[1]


# --- What turns it off ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worked", "failed", "codes"),
    [
        (34, 6, []),  # 85 %
        (33, 6, ["success_under_85"]),
        (24, 6, ["success_under_85"]),  # 80 %
        (24, 7, ["success_under_80", "success_under_85"]),
    ],
)
def test_a_share_is_too_small_below_its_bound(worked, failed, codes):
    tried("timeout", failed, ago=SECOND)
    tried("created", worked)

    assert broken() == codes


@pytest.mark.parametrize(
    ("ago", "codes"),
    [
        (5 * MINUTE - SECOND, ["success_under_80", "success_under_85"]),
        (5 * MINUTE, ["success_under_85"]),
        (10 * MINUTE - SECOND, ["success_under_85"]),
        (10 * MINUTE, []),
    ],
)
def test_a_window_ends_at_its_minutes(ago, codes):
    tried("server_error", 10, ago=ago)
    tried("created", 30)

    assert broken() == codes


@pytest.mark.parametrize(("ago", "codes"), [(timedelta(days=7), []), (timedelta(days=7) - SECOND, ["five_in_a_row"])])
def test_a_look_back_ends_after_seven_days(ago, codes):
    tried("server_error", 5, ago=ago)

    assert broken() == codes


@pytest.mark.parametrize(
    ("usual", "slowest", "codes"), [(1000, 5001, []), (1001, 5000, []), (1001, 5001, ["too_slow"])]
)
def test_slow_begins_above_a_second_and_far_too_slow_above_five(usual, slowest, codes):
    tried("created", 39, ms=usual)
    tried("created", 1, ms=slowest)

    assert broken() == codes


def test_ninety_five_of_a_hundred_are_no_slower():
    assert [guard_rails.percentile(list(range(n, 0, -1))) for n in (1, 19, 20, 21, 40, 100)] == [1, 19, 19, 20, 38, 95]
    assert guard_rails.percentile([3, 1, 2], 0.5) == 2


def test_of_one_moment_the_last_written_is_the_newest():
    tried("server_error", 5)
    tried("created")
    assert broken() == []

    tried("server_error", 5)
    assert broken() == ["five_in_a_row"]


def test_no_more_than_so_many_are_read_in_one_look(monkeypatch):
    monkeypatch.setattr(guard_rails, "MOST", 30)
    tried("server_error", 20, ago=SECOND)
    tried("created", 30)

    assert broken() == []


def test_where_members_offers_fail_their_numbers_are_said_and_not_those_of_the_tests():
    tried("server_error", 10, ago=SECOND)
    tried("created", 20)
    tried("server_error", 10, ago=SECOND, synthetic=True)

    said = guard_rails.broken(Flag.get(FLAG), NOW)

    numbers = {"attempts": 30, "failed": 10, "success": 0.6667, "p95_ms": 20, "slowest_ms": 20}
    assert [(finding.code, finding.numbers) for finding in said] == [
        ("success_under_80", numbers | {"least": 80}),
        ("success_under_85", numbers | {"least": 85}),
    ]


# --- What only warns ------------------------------------------------------------------------------------------------


def test_five_of_a_hundred_may_fail_and_be_slow():
    tried("timeout", 2, ms=3000)
    tried("created", 38, ms=1000)

    assert guard_rails.judged(Flag.get(FLAG), NOW) == ([], [])


def test_what_is_looked_at_is_said_with_its_numbers():
    tried("timeout", 3, ms=3000, ago=SECOND)
    tried("created", 38)

    success, timeouts, slow = (warning.as_json() for warning in warnings())

    numbers = {"attempts": 41, "failed": 3, "success": 0.9268, "p95_ms": 3000, "slowest_ms": 3000, "state": "unmet"}
    failed = "3 of the last 41 offers failed on our side."
    assert success == numbers | {"name": "success_under_95", "sentence": failed}
    came = {"code": "timeout", "count": 3, "sentence": "“timeout” came 3 times in the last 41 offers."}
    assert timeouts == numbers | came | {"name": "errors_timeout"}
    take = "Offers take up to 3000 milliseconds (95 of 100 are faster)."
    assert slow == numbers | {"name": "p95_over_1000", "sentence": take}


@pytest.mark.parametrize(("worked", "warned"), [(26, False), (27, True)])
def test_of_fewer_than_thirty_nothing_is_said(worked, warned):
    tried("timeout", 3, ago=SECOND)
    tried("created", worked)

    assert bool(warnings()) == warned


@pytest.mark.parametrize(
    ("others", "again", "numbers"),
    [
        (36, 4, None),  # a tenth
        (36, 5, {"attempts": 41, "again": 5}),
        (25, 4, None),  # too few
        (26, 4, {"attempts": 30, "again": 4}),
    ],
)
def test_more_than_a_tenth_to_whom_one_talks_with_already(others, again, numbers):
    tried("created", others)
    tried("conversation_exists", again)

    assert [warning.numbers for warning in warnings()] == ([numbers] if numbers else [])


@pytest.mark.parametrize(
    ("how", "warned"),
    [
        ({"ago": 15 * MINUTE}, False),
        ({"ago": 15 * MINUTE - SECOND}, True),
        ({"version": "v1"}, False),
        ({"synthetic": True}, False),
    ],
)
def test_those_are_counted_among_members_newest_offers_in_version_2(how, warned):
    tried("created", 40)
    tried("conversation_exists", 40, **how)

    assert [warning.code for warning in warnings()] == ["duplicates_over_10"] * warned


def test_of_those_no_more_than_so_many_are_read(monkeypatch):
    monkeypatch.setattr(guard_rails, "MOST", 29)
    tried("conversation_exists", 40)

    assert warnings() == []


# --- While the ground shakes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "codes"),
    [(MINUTE, ["five_in_a_row"]), (MINUTE - SECOND, []), (timedelta(0), []), (-SECOND, ["five_in_a_row"])],
)
def test_judging_waits_for_a_minute(ago, codes):
    tried("server_error", 5, ago=4 * MINUTE)
    tried("unavailable", ago=ago)

    assert broken() == codes


@pytest.mark.parametrize("beside", [MINUTE, -MINUTE])
def test_what_was_tried_a_minute_before_and_after_is_no_sample(beside):
    tried("unavailable", ago=5 * MINUTE)
    tried("server_error", 5, ago=5 * MINUTE + beside)
    assert broken() == []

    tried("server_error", 5, ago=5 * MINUTE + beside * 61 / 60)
    assert broken() == ["five_in_a_row"]


def test_a_pause_comes_first_and_says_how_many_failed_in_ten_minutes():
    tried("conversation_exists", 40)
    tried("unavailable", 2, ago=10 * MINUTE)
    tried("unavailable", 3, ago=10 * MINUTE - SECOND)
    tried("unavailable")

    off, (pause, again) = guard_rails.judged(Flag.get(FLAG), NOW)

    assert (off, pause.code, pause.numbers) == ([], "database_away", {"failed": 4})
    assert again.code == "duplicates_over_10"
