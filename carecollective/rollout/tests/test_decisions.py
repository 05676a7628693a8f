"""Who gets which version, and why: the stages against the members, the variable against the flag."""

import logging
import uuid

import pytest
from django.apps import apps
from django.db import ProgrammingError, transaction
from django.test import RequestFactory
from waffle import flag_is_active

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.rollout import health, services, versions
from carecollective.rollout.decisions import RULES, Plan
from carecollective.rollout.models import Flag
from carecollective.rollout.registers import make_a_missing_flag
from carecollective.rollout.stages import FLAG, bucket, parse
from carecollective.tests.owner import laid_open, run_as_owner

pytestmark = pytest.mark.django_db


def member_with(numbers, **fields):
    """A member whose number is in this range."""
    id = next(id for id in iter(uuid.uuid4, None) if bucket(id) in numbers)
    return MemberFactory(id=id, **fields)


@pytest.fixture
def people(flag):
    found = {
        "low": member_with(range(1000)),
        "high": member_with(range(5000, 10_000)),
        "staff": member_with(range(5000, 10_000), is_staff=True),
        "named": member_with(range(5000, 10_000)),
        "kept out": member_with(range(1000), is_staff=True),
    }
    services.always(found["named"], "on", by="a test", reason="in the pilot")
    services.always(found["kept out"], "off", by="a test", reason="asked for it")
    return found


MATRIX = {
    "disabled": dict.fromkeys(("low", "high", "staff", "named", "kept out"), ("v1", "disabled")),
    "internal": {
        "low": ("v1", "not_yet"),
        "high": ("v1", "not_yet"),
        "staff": ("v2", "staff"),
        "named": ("v2", "always_on"),
        "kept out": ("v1", "always_off"),
    },
    "percentage:10": {
        "low": ("v2", "percentage"),
        "high": ("v1", "not_yet"),
        "staff": ("v2", "staff"),
        "named": ("v2", "always_on"),
        "kept out": ("v1", "always_off"),
    },
    "enabled": {
        "low": ("v2", "everyone"),
        "high": ("v2", "everyone"),
        "staff": ("v2", "everyone"),
        "named": ("v2", "always_on"),
        "kept out": ("v1", "always_off"),
    },
}


@pytest.mark.parametrize("stage", MATRIX)
def test_each_stage_reaches_its_members(stage, people, set_stage):
    set_stage(stage)

    decisions = {name: versions.decision_for(member) for name, member in people.items()}

    assert {name: (found.version, found.reason) for name, found in decisions.items()} == MATRIX[stage]
    assert {found.stage for found in decisions.values()} == {stage}


@pytest.mark.parametrize(
    ("stage", "last_in"),
    [("percentage:0.01", 0), ("percentage:10", 999), ("percentage:50.5", 5049), ("percentage:99.99", 9998)],
)
def test_the_first_number_outside_of_a_percentage_is_outside(stage, last_in):
    rule = Plan(parse(stage)).rule

    assert rule(uuid.uuid4(), False, last_in) == ("v2", "percentage")
    assert rule(uuid.uuid4(), False, last_in + 1) == ("v1", "not_yet")


def test_what_a_stage_would_reach_is_asked_with_nothing_in_its_way():
    listed = uuid.uuid4()
    stopped = Plan(parse("enabled"), "guard_rail", always_off={listed})

    there = stopped.at(parse("internal"))

    assert there.rule(uuid.uuid4(), True, 0) == ("v2", "staff")
    assert there.rule(listed, True, 0) == ("v1", "always_off")


def test_each_reason_that_there_is_can_be_read():
    said = {reason for people in MATRIX.values() for _, reason in people.values()}

    assert set(RULES) == said | {"turned_off", "guard_rail", "misconfigured"}


def test_a_decision_knows_the_members_number(people, set_stage):
    set_stage("percentage:10")

    assert {versions.decision_for(member).bucket - bucket(member.pk) for member in people.values()} == {0}


def test_turned_off_nobody_is_in(people, set_stage):
    set_stage("enabled")
    services.turn_off(by="a test")

    assert {versions.decision_for(member).reason for member in people.values()} == {"turned_off"}
    assert {versions.decision_for(member).version for member in people.values()} == {"v1"}


def test_one_query_decides_also_inside_a_scope(people, set_stage, django_assert_num_queries):
    set_stage("percentage:10")

    with django_assert_num_queries(1):
        versions.decision_for(people["low"])
    with acting_as(people["low"]):
        assert versions.decision_for(people["low"]).version == "v2"


def test_nothing_that_a_caller_sends_has_a_part_in_it(people, set_stage, settings):
    set_stage("percentage:10")
    request = RequestFactory().get(
        "/", {"messaging_v2": "1", "dwft_messaging_v2": "1"}, headers={"dwft-messaging-v2": "1"}
    )
    request.COOKIES = {"dwf_messaging_v2": "True", "dwft_messaging_v2": "True"}
    settings.WAFFLE_OVERRIDE = True
    for name, expected in (("high", False), ("low", True)):
        request.user = people[name]
        assert flag_is_active(request, FLAG) is expected


# What the database says, what the variable says, whether it is turned off -> what is in effect, and whether it is said.
OVERRIDES = [
    ("enabled", "", False, "enabled", False),
    ("disabled", "enabled", False, "enabled", False),
    ("enabled", "disabled", False, "disabled", False),
    ("percentage:10", "percentage:50.50", False, "percentage:50.5", False),
    ("enabled", "enabled", True, "disabled", False),
    ("percentage:10", "internal", True, "disabled", False),
    ("enabled", "Enabled", False, "disabled", True),
    ("enabled", "enabled\n", False, "disabled", True),
    ("enabled", " ", False, "disabled", True),
    ("enabled", "percentage:101", False, "disabled", True),
    ("enabled", "percentage:1e1", False, "disabled", True),
    ("enabled", "true", False, "disabled", True),
]


@pytest.mark.one_of_each
@pytest.mark.parametrize(("stage", "variable", "is_off", "expected", "is_wrong"), OVERRIDES)
def test_the_operators_variable(stage, variable, is_off, expected, is_wrong, set_stage, settings, caplog):
    if stage != "disabled":  # that is how the migration leaves it; set by hand it would hold
        set_stage(stage)
    if is_off:
        services.turn_off(by="a test")
    settings.MESSAGING_V2_ROLLOUT = variable

    with caplog.at_level(logging.ERROR):
        decision = versions.decision_for(MemberFactory())

    assert decision.stage == expected
    assert health.state()["v2"] == expected
    assert ("error" in health.state()) is is_wrong
    assert ("MESSAGING_V2_ROLLOUT" in caplog.text) is is_wrong
    if is_wrong:
        assert (decision.version, decision.reason) == ("v1", "misconfigured")


def test_the_flag_set_to_off_holds_against_the_variable_until_somebody_arms_it_again(set_stage, settings):
    set_stage("enabled")
    set_stage("disabled")
    settings.MESSAGING_V2_ROLLOUT = "enabled"

    assert versions.decision_for(MemberFactory()).version == "v1"
    services.re_arm(by="a test", reason="the operator knows")
    assert versions.decision_for(MemberFactory()).version == "v2"


def test_without_its_row_the_new_messaging_is_off_and_says_so(flag, caplog):
    missing = Flag(name=FLAG)

    assert missing.decide(MemberFactory()).reason == "misconfigured"
    assert "missing from the database" in missing.problem
    assert "missing from the database" in caplog.text


def test_migrate_brings_a_missing_flag_back_at_disabled(flag):
    run_as_owner("ALTER TABLE rollout_flags DISABLE TRIGGER USER")  # undone with the test
    run_as_owner("DELETE FROM rollout_flags")
    assert Flag.get(FLAG).problem

    with laid_open("rollout_flags"):
        make_a_missing_flag(apps.get_app_config("rollout"), using="default")

    assert (Flag.get(FLAG).problem, str(Flag.get(FLAG).in_effect)) == ("", "disabled")


def test_a_broken_configuration_is_logged_once_a_minute(flag, settings, caplog):
    settings.MESSAGING_V2_ROLLOUT = "perhaps"
    member = MemberFactory()

    for _ in range(5):
        versions.decision_for(member)

    assert caplog.text.count("MESSAGING_V2_ROLLOUT") == 1


AROUND = {
    "a line in a shell": lambda: Flag.objects.update(stage="enabled", version=1),  # type: ignore[misc]  # not the library's own flag
    "saving the row": lambda: Flag(**{**Flag.objects.values().get(name=FLAG), "stage": "enabled", "version": 1}).save(),
    "waffle's own field": lambda: Flag.objects.update(everyone=True),
    "waffle's own list": lambda: Flag.objects.get(name=FLAG).users.add(MemberFactory()),
    "deleting it": lambda: Flag.objects.get(name=FLAG).delete(),
}


@pytest.mark.parametrize("around", AROUND)
def test_there_is_no_way_around_the_acts(around, flag):
    with pytest.raises(ProgrammingError, match="only by its own acts"), transaction.atomic():
        AROUND[around]()

    assert Flag.get(FLAG).in_effect.name == "disabled"
