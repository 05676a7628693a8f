"""How many a plan reaches is counted and not gone through, and says what going through says."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout.decisions import Plan
from carecollective.rollout.heads import Roster
from carecollective.rollout.stages import parse

pytestmark = pytest.mark.django_db


def told_one_by_one(roster, plan):
    found = {}
    for id, is_staff in roster.people:
        rule = plan.decide(id, is_staff=is_staff).reason
        found[rule] = found.get(rule, 0) + 1
    return found


@pytest.mark.one_of_each("stage", "stopped")
@pytest.mark.parametrize("stage", ["disabled", "internal", "percentage:0.5", "percentage:50", "enabled"])
@pytest.mark.parametrize("stopped", ["", "turned_off", "guard_rail"])
def test_heads_are_those_whom_the_plan_reaches(stage, stopped):
    people = [*MemberFactory.create_batch(30), *MemberFactory.create_batch(4, is_staff=True)]
    stranger = MemberFactory(verification_status="pending")
    ids = [member.pk for member in people]
    plan = Plan(parse(stage), stopped, {*ids[:5], ids[31], stranger.pk}, {*ids[3:9], ids[32]})
    roster = Roster.read()

    assert roster.by_rule(plan) == told_one_by_one(roster, plan)
    assert roster.heads(plan) == len(roster.reached(plan))
