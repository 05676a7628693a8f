"""The acts: what each does, what each refuses, and the line that each leaves."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import may
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import PermissionDenied
from carecollective.rollout import services, versions
from carecollective.rollout.models import Act, Flag
from carecollective.rollout.stages import ENABLED, FLAG, INTERNAL, parse
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.legacy.examples import add_legacy_conversations

pytestmark = pytest.mark.django_db
WHY = "The pilot went well."


def past():
    with acting_as_system("a test reads the history"):
        return list(Act.objects.order_by("id"))


def test_a_change_keeps_who_when_from_to_why_and_heads(flag, admin):
    MemberFactory.create_batch(3)

    services.change_stage(INTERNAL, by=admin, reason=WHY, despite=True)

    (act,) = past()
    assert (act.kind, act.by_id, act.by_name, act.reason) == ("stage", admin.pk, "Ada Admin", WHY)
    assert (act.from_stage, act.to_stage, act.heads, act.members) == ("disabled", "internal", 1, 4)
    assert timezone.now() - act.made_at < timedelta(minutes=5)
    entry = LogEntry.objects.get()
    assert entry.user == admin
    assert WHY in entry.change_message


def test_a_community_with_nothing_to_move_begins_in_the_new_messaging_once(flag, admin):
    act = services.begin_a_new_community(by="first start")

    assert (act.by_name, act.reason) == ("first start", "A new community: there is nothing to move.")
    assert Flag.get(FLAG).in_effect == ENABLED
    assert services.begin_a_new_community(by="first start") is None
    services.change_stage(parse("disabled"), by=admin)
    assert services.begin_a_new_community(by="first start") is None
    assert len(past()) == 2


def test_whatever_anybody_decided_before_stays(flag, admin, settings):
    settings.MESSAGING_V2_ROLLOUT = "disabled"
    assert services.begin_a_new_community(by="first start") is None
    settings.MESSAGING_V2_ROLLOUT = ""
    services.turn_off(by=admin)
    assert services.begin_a_new_community(by="first start") is None

    assert [act.kind for act in past()] == ["off"]


@pytest.mark.parametrize("there", ["a request", "an old conversation"])
def test_a_community_that_has_begun_already_decides_for_itself(flag, there):
    asked = HelpRequestFactory()
    if there == "an old conversation":
        add_legacy_conversations(asked.user, MemberFactory(), about=HelpRequest.objects.all())
        HelpRequest.objects.all().delete()

    assert services.begin_a_new_community(by="first start") is None
    assert past() == []


def test_without_its_flag_nothing_is_begun_and_nothing_breaks(flag, monkeypatch):
    monkeypatch.setattr(services, "FLAG", "a flag that is missing")

    assert services.begin_a_new_community(by="first start") is None


def test_any_stage_may_follow_any_other(flag, admin):
    for stage in ("enabled", "percentage:10", "disabled", "percentage:0.5", "internal", "enabled", "disabled"):
        services.change_stage(parse(stage), by=admin, reason=WHY, despite=True)
        assert str(Flag.get(FLAG).in_effect) == stage


def test_up_needs_a_reason_and_down_does_not(set_stage, admin):
    set_stage("percentage:50")

    with pytest.raises(services.ReasonNeeded):
        services.change_stage(ENABLED, by=admin, despite=True)
    services.change_stage(INTERNAL, by=admin)

    assert Flag.get(FLAG).in_effect == INTERNAL


def test_checks_that_are_not_met_stop_an_increase_until_somebody_says_why(set_stage, admin):
    set_stage("internal")

    with pytest.raises(services.ChecksUnmet) as refused:
        services.change_stage(parse("percentage:10"), by=admin, reason=WHY)
    assert "time" in [check.name for check in refused.value.checks]
    assert Flag.get(FLAG).in_effect == INTERNAL

    act = services.change_stage(parse("percentage:10"), by=admin, reason=WHY, despite=True)
    assert {"name": "time", "state": "unmet", "sentence": "0 of 48 hours at this stage."} in act.checks


def test_a_stale_page_changes_nothing_and_says_who_was_faster(flag, admin):
    seen = Flag.get(FLAG).version
    services.change_stage(INTERNAL, by=admin, reason=WHY, despite=True)
    other = MemberFactory(is_staff=True, is_superuser=True)

    with pytest.raises(services.ChangedMeanwhile) as refused:
        services.change_stage(ENABLED, by=other, reason=WHY, seen=seen, despite=True)

    at = timezone.localtime(past()[-1].made_at)
    assert str(refused.value.message) == f"Ada Admin changed this at {at:%-I:%M %p}. Look again."
    assert Flag.get(FLAG).in_effect == INTERNAL


def test_turning_off_takes_one_tap_and_undo_brings_back_what_was(set_stage, admin):
    set_stage("percentage:10")

    services.turn_off(by=admin)
    assert Flag.get(FLAG).is_off
    services.undo(by=admin)

    assert str(Flag.get(FLAG).in_effect) == "percentage:10"
    assert [act.kind for act in past()] == ["stage", "off", "undo"]


def test_undo_also_brings_back_a_stage_that_was_set_to_off(set_stage, admin):
    set_stage("percentage:10")
    set_stage("disabled")

    services.undo(by=admin)

    assert str(Flag.get(FLAG).in_effect) == "percentage:10"


def test_there_is_nothing_to_undo_once_something_else_was_changed(set_stage, admin):
    set_stage("percentage:10")
    services.turn_off(by=admin)
    services.always(MemberFactory(), "on", by=admin, reason=WHY)

    with pytest.raises(services.NothingToUndo):
        services.undo(by=admin)

    assert Flag.get(FLAG).is_off


def test_on_again_needs_a_reason(set_stage, admin):
    set_stage("percentage:10")
    services.turn_off(by=admin)

    with pytest.raises(services.ReasonNeeded):
        services.re_arm(by=admin, reason=" ")
    services.re_arm(by=admin, reason=WHY)

    assert str(Flag.get(FLAG).in_effect) == "percentage:10"
    with pytest.raises(services.NotOff):
        services.re_arm(by=admin, reason=WHY)


def test_the_rule_for_one_member_is_on_off_or_none(set_stage, admin):
    set_stage("internal")
    member = MemberFactory()

    reasons = []
    for rule in ("on", "off", "by_the_rule"):
        services.always(member, rule, by=admin, reason=WHY)
        reasons.append(versions.decision_for(member).reason)

    assert reasons == ["always_on", "always_off", "not_yet"]
    assert [act.member_id for act in past()[1:]] == [member.pk] * 3


@pytest.mark.parametrize("permission", [None, "view_flag"])
def test_only_who_may_change_it_changes_it(permission, flag):
    member = MemberFactory(is_staff=True)
    if permission:
        may(member, permission)
    acts = [
        lambda: services.change_stage(ENABLED, by=member, reason=WHY, despite=True),
        lambda: services.turn_off(by=member),
        lambda: services.undo(by=member),
        lambda: services.re_arm(by=member, reason=WHY),
        lambda: services.always(member, "on", by=member, reason=WHY),
        lambda: services.close_v1(by=member, reason=WHY),
    ]

    for act in acts:
        with pytest.raises(PermissionDenied):
            act()

    assert past() == []


def test_a_change_that_is_rolled_back_leaves_no_line(set_stage, admin):
    with transaction.atomic():
        services.change_stage(INTERNAL, by=admin, reason=WHY, despite=True)
        transaction.set_rollback(True)

    assert past() == []


def test_the_old_messaging_is_closed_only_once_everyone_has_the_new_one(set_stage, admin):
    set_stage("percentage:50")
    with pytest.raises(services.NotForEveryoneYet):
        services.close_v1(by=admin, reason=WHY)

    set_stage("enabled")
    services.close_v1(by=admin, reason=WHY)

    assert versions.v1_is_read_only()


@pytest.mark.parametrize("down", ["turn_off", "disabled", "percentage:50"])
def test_going_down_opens_the_old_messaging_in_the_same_act(down, set_stage, admin):
    set_stage("enabled")
    services.close_v1(by=admin, reason=WHY)

    act = services.turn_off(by=admin) if down == "turn_off" else services.change_stage(parse(down), by=admin)

    assert act.numbers["v1_opened"]
    assert not versions.v1_is_read_only()
