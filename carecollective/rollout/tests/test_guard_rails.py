"""When the new messaging turns itself off, and when it does not."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.rollout import attempts, drills, guard_rails, services, trips, versions
from carecollective.rollout.mail import tell_the_team
from carecollective.rollout.models import Act, Attempt, Flag
from carecollective.rollout.stages import FLAG
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from helprequests.tests.factories import HelpRequestFactory
from messaging import services as messaging

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def on(set_stage, armed_long_ago):
    set_stage("enabled")
    armed_long_ago()


def broken():
    return [finding.code for finding in guard_rails.broken(Flag.get(FLAG))]


def acts(kind):
    with acting_as_system("a test"):
        return list(Act.objects.filter(kind=kind))


def test_silence_trips_nothing(on):
    assert broken() == []
    assert trips.watch() is None


@pytest.mark.parametrize(("failed", "trips_it"), [(0, []), (4, []), (5, ["success_under_85"])])
def test_thirty_attempts_of_a_small_group_are_enough(failed, trips_it, on, tried):
    tried("server_error", failed, ago=timedelta(days=6))
    tried("created", 30 - failed, ago=timedelta(days=2))

    assert broken() == trips_it


def test_twenty_nine_attempts_are_too_few(on, tried):
    tried("server_error", 25, ago=2 * AN_HOUR)
    tried("created", 4, ago=AN_HOUR)

    assert broken() == []


def test_attempts_older_than_seven_days_are_no_sample(on, tried):
    tried("server_error", 25, ago=timedelta(days=7, hours=1))
    tried("created", 5, ago=AN_HOUR)

    assert broken() == []


def test_the_window_counts_where_it_holds_more(on, tried):
    """40 in the last minutes, 7 of them failed: 82.5 %. The last 30 alone would be without a failure."""
    tried("server_error", 7, ago=timedelta(minutes=4))
    tried("created", 33, ago=timedelta(minutes=1))

    assert broken() == ["success_under_85"]


def test_what_failed_more_than_five_minutes_ago_warns_of_nothing(on, tried):
    tried("server_error", 3, ago=timedelta(minutes=5, seconds=30))
    tried("created", 30, ago=timedelta(minutes=1))
    assert guard_rails.judged(Flag.get(FLAG)) == ([], [])

    tried("server_error", 3, ago=timedelta(minutes=4))

    assert [finding.code for finding in guard_rails.judged(Flag.get(FLAG))[1]] == [
        "success_under_95",
        "errors_server_error",
    ]


def test_under_80_percent_in_five_minutes(on, tried):
    tried("created", 60, ago=timedelta(minutes=9))
    tried("server_error", 7, ago=timedelta(minutes=4))
    tried("created", 24, ago=timedelta(minutes=1))

    assert broken() == ["success_under_80"]


@pytest.mark.parametrize(("failed", "trips_it"), [(4, []), (5, ["five_in_a_row"])])
def test_five_in_a_row_trip_at_any_sample(failed, trips_it, on, tried):
    tried("created", 3, ago=AN_HOUR)
    tried("timeout", failed)

    assert broken() == trips_it


def test_what_the_old_messaging_would_have_suffered_too_trips_nothing(on, tried):
    tried("unavailable", 40, ago=timedelta(minutes=3))
    tried("created", 3)

    assert broken() == []


def test_while_the_ground_shakes_nothing_is_judged_and_it_says_so(on, tried):
    tried("server_error", 12, ago=timedelta(minutes=3))
    assert broken() == ["five_in_a_row"]

    tried("unavailable", 4)

    assert broken() == []
    (pause,) = [finding for finding in guard_rails.judged(Flag.get(FLAG))[1] if finding.code == "database_away"]
    assert pause.sentence.startswith("The database was away a moment ago, and 4 offers failed with it.")


def test_what_failed_beside_the_outage_is_no_sample_afterwards(on, tried):
    tried("unavailable", 1, ago=timedelta(minutes=5))
    tried("server_error", 12, ago=timedelta(minutes=5, seconds=30))
    tried("server_error", 12, ago=timedelta(minutes=4, seconds=30))
    tried("server_error", 4, ago=timedelta(minutes=3))
    assert broken() == []

    tried("server_error", 1, ago=timedelta(minutes=3))
    assert broken() == ["five_in_a_row"]


def test_ten_kills_of_the_database_leave_the_new_messaging_on(on, tried):
    """Six of thirty-one offers failed with it."""
    tried("created", 25, ago=timedelta(seconds=40))
    tried("unavailable", 6, ago=timedelta(seconds=20))

    assert trips.watch() is None
    assert not Flag.get(FLAG).is_off


def test_refusals_are_no_failures_and_hide_none(on, tried):
    tried("conversation_exists", 50, ago=timedelta(minutes=1))
    assert broken() == []

    tried("server_error", 5, ago=timedelta(minutes=2))
    assert broken() == ["five_in_a_row"]


@pytest.mark.parametrize(
    ("usual", "slowest", "trips_it"), [(1200, 5100, ["too_slow"]), (1200, 4900, []), (900, 5100, [])]
)
def test_slow_and_one_call_far_too_slow(usual, slowest, trips_it, on, tried):
    tried("created", 39, ms=usual)
    tried("created", 1, ms=slowest)

    assert broken() == trips_it


def test_the_old_messaging_has_no_guard_rails(on, tried):
    tried("server_error", 40, version="v1")

    assert broken() == []


def test_test_offers_can_trip_and_cannot_hide(on, tried):
    tried("server_error", 5, ago=timedelta(minutes=3))
    tried("created", 100, synthetic=True)
    assert broken() == ["five_in_a_row"]


def test_failing_test_offers_trip(on, tried):
    tried("server_error", 5, synthetic=True)

    assert broken() == ["five_in_a_row"]


def test_a_trip_is_kept_apart_from_the_plan_with_its_numbers(on, tried):
    tried("created", 20, ago=AN_HOUR)
    tried("server_error", 12)

    trips.watch()

    flag = Flag.get(FLAG)
    assert (flag.stage, flag.stopped, str(flag.in_effect)) == ("enabled", "guard_rail", "disabled")
    (act,) = acts("trip")
    assert (act.by_id, act.by_name, act.from_stage, act.to_stage) == (None, "guard rail", "enabled", "disabled")
    assert act.numbers["rules"] == ["five_in_a_row", "success_under_80", "success_under_85"]
    assert "12 of the last 30 offers failed on our side" in act.reason


def test_it_trips_once(on, tried):
    tried("server_error", 5)

    assert trips.watch() is not None
    assert trips.watch() is None
    assert len(acts("trip")) == 1


def test_off_it_stays_against_the_variable_until_somebody_arms_it(on, tried, settings, admin):
    settings.MESSAGING_V2_ROLLOUT = "enabled"
    tried("server_error", 5)
    trips.watch()
    member = MemberFactory()

    assert versions.decision_for(member).version == "v1"
    services.re_arm(by=admin, reason="The disk was full.")
    assert versions.decision_for(member).version == "v2"


def test_what_failed_before_is_no_reason_to_trip_again(on, tried, admin):
    tried("server_error", 40)
    trips.watch()

    services.re_arm(by=admin, reason="The disk was full.")

    assert trips.watch() is None


def test_a_trip_stops_an_increase_until_somebody_says_why(on, tried, admin, set_stage):
    tried("server_error", 5)
    trips.watch()

    with pytest.raises(services.ChecksUnmet) as refused:
        services.change_stage(Flag.get(FLAG).planned, by=admin, reason="Let us try again.")

    assert "not_stopped" in [check.name for check in refused.value.checks]


def test_while_the_old_messaging_is_closed_it_warns_and_stays_on(on, tried, admin):
    services.close_v1(by=admin, reason="Everybody moved.")
    tried("server_error", 5)

    assert trips.watch().kind == "warning"
    assert trips.watch() is None  # once an hour
    assert versions.decision_for(MemberFactory()).version == "v2"


def test_the_team_is_mailed_and_no_member_is_named(on, tried, admin):
    MemberFactory(email="nobody-special@example.org")
    Member.objects.filter(pk=admin.pk).update(language="en")
    tried("server_error", 5)

    tell_the_team(trips.watch().pk)

    (sent,) = mail.outbox
    assert sent.to == [admin.email]
    assert sent.subject == "Care Collective: the new messaging turned itself off"
    assert "The last 5 offers all failed on our side." in sent.body
    assert "/admin/rollout/messaging-v2/" in sent.body


def test_the_mail_is_enqueued_with_the_trip_or_not_at_all(on, tried):
    tried("server_error", 5)
    before = jobs()

    with transaction.atomic():
        trips.watch()
        transaction.set_rollback(True)

    assert jobs() == before
    trips.watch()
    assert jobs() == before + 1


def jobs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%tell_the_team'")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("created", 37, 20), ("timeout", 3, 20)], "success_under_95"),
        ([("created", 37, 20), ("timeout", 3, 20)], "errors_timeout"),
        ([("created", 40, 1100)], "p95_over_1000"),
        ([("created", 35, 20), ("conversation_exists", 5, 20)], "duplicates_over_10"),
    ],
)
def test_warnings_are_shown_and_turn_nothing_off(rows, code, on, tried):
    for outcome, count, ms in rows:
        tried(outcome, count, ms=ms)

    assert code in [finding.code for finding in guard_rails.judged(Flag.get(FLAG))[1]]
    assert trips.watch() is None


BREAK = """
CREATE FUNCTION out_of_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'out of order'; END $$;
CREATE TRIGGER out_of_order BEFORE INSERT ON conversations_v2 FOR EACH ROW EXECUTE FUNCTION out_of_order();
"""
REPAIR = "DROP TRIGGER out_of_order ON conversations_v2; DROP FUNCTION out_of_order();"


def offer_as_a_door_does(helper):
    help_request = HelpRequestFactory()
    with attempts.recorded(helper) as attempt:
        offer = messaging.offer_help(
            help_request.pk, by=helper, text="I can drive you on Thursday.", version=attempt.version
        )
        attempt.created = offer.created
        return offer.conversation.version


@takes_long
@pytest.mark.django_db(transaction=True)
def test_a_failure_planted_in_the_database_turns_it_off_without_a_person(set_stage, admin):
    set_stage("enabled")
    helper = MemberFactory()
    answers = [offer_as_a_door_does(helper)]
    run_as_owner(BREAK)
    try:
        for _ in range(8):
            try:
                answers.append(offer_as_a_door_does(helper))
            except Exception:
                answers.append("failed")
    finally:
        run_as_owner(REPAIR)

    assert answers == ["v2"] + ["failed"] * 5 + ["v1"] * 3
    assert list(Attempt.objects.order_by("id").values_list("version", "outcome")) == (
        [("v2", "created")] + [("v2", "server_error")] * 5 + [("v1", "created")] * 3
    )
    (act,) = acts("trip")
    assert act.reason == "The last 5 offers all failed on our side."


def test_test_offers_find_the_same_failure_before_members_do(set_stage, admin):
    set_stage("internal")
    run_as_owner(BREAK)
    try:
        act = drills.run_test_offers(by=admin, count=6)
    finally:
        run_as_owner(REPAIR)

    assert act.numbers == {"offers": 6, "worked": 0, "outcomes": {"server_error": 6}}
    assert Flag.get(FLAG).stopped == "guard_rail"
