"""Days that are over are summed once, and no number changes by it, whatever is written later."""

import threading
from collections import Counter
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout import attempts, days
from carecollective.rollout.models import Attempt, DayOfAttempts
from carecollective.rollout.outcomes import COUNTED
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from carecollective.tests.plans import most_looked_at
from carecollective.tests.races import at_once, hold_up
from carecollective.tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db


def noon(days_ago):
    """Of the community's own clock."""
    day = timezone.localdate() - timedelta(days=days_ago)
    return datetime.combine(day, time(12), timezone.get_default_timezone())


@pytest.fixture
def three_weeks():
    """Each day another number of attempts, of several kinds; and some of today."""
    kinds = [("v2", "created"), ("v2", "server_error"), ("v1", "created"), ("v2", "conversation_exists")]
    rows = [
        Attempt(attempted_at=noon(ago) + timedelta(minutes=n), version=version, outcome=outcome, milliseconds=n,
                stage="enabled" if n % 2 else "internal", is_synthetic=n % 5 == 0)
        for ago in range(1, 21) for version, outcome in kinds for n in range(ago % 4 + len(outcome) % 3)
    ]  # fmt: skip
    rows += [Attempt(attempted_at=timezone.now() - timedelta(seconds=n), version="v2", outcome="created",
                     milliseconds=3, stage="enabled") for n in range(1, 8)]  # fmt: skip
    Attempt.objects.bulk_create(rows)


def by_hand(since, until):
    found = Counter()
    for one in Attempt.objects.filter(attempted_at__gt=since, attempted_at__lte=until):
        day = timezone.localtime(one.attempted_at).date()
        found[day, one.version, one.outcome, one.stage, one.is_synthetic] += 1
    return found


def read(since, until):
    return Counter({tuple(row[:5]): row.attempts for row in days.counted(since, until)})


def ranges():
    now = timezone.now()
    midnight = datetime.combine(timezone.localdate() - timedelta(days=5), time(), timezone.get_default_timezone())
    since = [noon(90), noon(7) + timedelta(minutes=1), midnight, midnight - timedelta(microseconds=1), noon(0)]
    return [(each, until) for each in since for until in (now, midnight, noon(2), noon(4) + timedelta(minutes=2))]


def test_the_numbers_are_the_same_with_sums_and_without(three_weeks):
    before = [read(*each) for each in ranges()]

    assert days.roll_up() == 20

    assert before == [by_hand(*each) for each in ranges()]
    assert [read(*each) for each in ranges()] == before


def test_a_day_is_summed_once(three_weeks):
    days.roll_up()

    assert days.roll_up() == 0


def test_today_is_not_summed(three_weeks):
    days.roll_up()

    assert not DayOfAttempts.objects.filter(ends_at__gt=timezone.now()).exists()


def test_a_sum_is_taken_and_its_attempts_are_not_looked_at(three_weeks):
    days.roll_up()
    run_as_owner("ALTER TABLE rollout_attempts DISABLE TRIGGER USER")
    Attempt.objects.filter(attempted_at__lt=noon(1) + timedelta(hours=12)).delete()

    assert sum(read(noon(90), timezone.now()).values()) > 7


@pytest.mark.one_of_each
@pytest.mark.parametrize("change", ["written", "moved", "gone"])
def test_what_is_changed_later_is_counted(three_weeks, change):
    days.roll_up()
    one = Attempt.objects.filter(attempted_at__lt=noon(3)).latest("attempted_at")
    if change == "written":
        Attempt.objects.create(
            attempted_at=noon(4), version="v2", outcome="created", milliseconds=1, stage="enabled", is_synthetic=False
        )
    elif change == "moved":
        run_as_owner("UPDATE rollout_attempts SET attempted_at = %s WHERE id = %s", noon(9), one.pk)
    else:
        one.delete()

    assert read(noon(90), timezone.now()) == by_hand(noon(90), timezone.now())
    assert days.roll_up() == (2 if change == "moved" else 1)
    assert read(noon(90), timezone.now()) == by_hand(noon(90), timezone.now())


def test_what_is_forgotten_is_forgotten_in_the_sums_too(three_weeks):
    days.roll_up()

    attempts.forget_old(noon(10) + attempts.KEPT_FOR)

    assert not DayOfAttempts.objects.filter(ends_at__lte=noon(10)).exists()
    assert read(noon(90), timezone.now()) == by_hand(noon(90), timezone.now())


def test_sums_of_another_clock_are_not_taken_and_are_made_again(three_weeks, settings):
    days.roll_up()
    settings.TIME_ZONE = "Asia/Kolkata"
    at_home = ZoneInfo("Asia/Kolkata")

    def told():
        found = Counter()
        for one in Attempt.objects.filter(attempted_at__gt=noon(90)):
            found[one.attempted_at.astimezone(at_home).date()] += 1
        return found

    def by_day():
        found = Counter()
        for row in days.counted(noon(90), timezone.now()):
            found[row.day] += row.attempts
        return found

    assert by_day() == told()
    assert days.roll_up() > 0
    assert by_day() == told()


def test_the_page_looks_at_few_attempts(client, three_weeks, admin, set_stage, armed_long_ago):
    set_stage("enabled")
    armed_long_ago()
    rows = [Attempt(attempted_at=noon(2), version="v1", outcome="created", milliseconds=9, stage="enabled")] * 3000
    Attempt.objects.bulk_create(rows)
    days.roll_up()
    run_as_owner("ANALYZE rollout_attempts")
    client.force_login(admin)

    assert 0 < most_looked_at(lambda: client.get("/admin/rollout/messaging-v2/"), "rollout_attempts") <= 300


def test_the_index_of_what_was_timed_holds_what_is_counted():
    (index,) = [index for index in Attempt._meta.indexes if index.name == "idx_rollout_attempts_timed"]

    assert index.condition == Q(version="v2", outcome__in=COUNTED)


def test_the_page_asks_little(client, admin):
    client.force_login(admin)
    client.get("/admin/rollout/messaging-v2/")

    with CaptureQueriesContext(connection) as asked:
        assert client.get("/admin/rollout/messaging-v2/").status_code == 200

    assert len(asked) <= 28


@takes_long
@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_comes_while_its_day_is_summed_is_counted():
    def late():
        with transaction.atomic():
            Attempt.objects.create(
                attempted_at=noon(2), version="v2", outcome="created", milliseconds=1, stage="enabled"
            )
            written.set()
            hold_up(summed)

    def summing():
        written.wait(PATIENCE)
        days.roll_up()
        summed.set()

    MemberFactory()
    Attempt.objects.create(attempted_at=noon(2), version="v2", outcome="created", milliseconds=1, stage="enabled")
    written, summed = threading.Event(), threading.Event()

    at_once(late, summing)

    assert sum(read(noon(5), timezone.now()).values()) == 2
