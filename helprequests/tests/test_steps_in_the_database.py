"""What may follow what holds in the database too: a member's role takes the steps of TRANSITIONS, and no other.

The services are not asked here. The oracle is the table that docs/states.md is drawn from.
"""

import itertools

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import refused, run, undone
from helprequests.models import TRANSITIONS, HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.legacy.tests.factories import offered
from messaging.tests.factories import ConversationFactory

Status = HelpRequest.Status
STEP = """
WITH step AS (SELECT %s::text AS after, %s::uuid AS helper, %s::uuid AS id)
UPDATE help_requests AS hr SET status = after, helper_id = helper,
    completed_at = CASE after WHEN 'completed' THEN clock_timestamp() END,
    cancelled_at = CASE after WHEN 'cancelled' THEN clock_timestamp() END
FROM step WHERE hr.id = step.id
"""
OFFER = (
    "INSERT INTO conversations_v2 (help_request_id, requester_id, helper_id, initial_message)"
    " VALUES (%s, %s, %s, 'I can drive you on Thursday.')"
)


@pytest.fixture
def people(db):
    """A request, its owner, who has offered help on it, and who has not."""
    conversation = ConversationFactory()
    return {
        "request": conversation.help_request,
        "owner": conversation.requester,
        "helper": conversation.helper,
        "stranger": MemberFactory(),
    }


def standing(people, status, helper):
    run_as_owner(STEP, status, helper, people["request"].pk)
    return people["request"].pk


def came_of(people, who, after, helper):
    """Was it done? A row that the policy hides is not there to be changed."""
    try:
        with undone(), acting_as(people[who]):
            return run(STEP, after, helper and helper.pk, people["request"].pk) == 1
    except Exception as error:
        assert error.__cause__.sqlstate == "42501"  # noqa: PT017  (either way of saying no)
        return False


HELD_BY = (Status.IN_PROGRESS, Status.COMPLETED)  # with somebody down as the helper
STEPS = [
    (before, after, who)
    for before, after, who in itertools.product(Status, Status, ("owner", "helper", "stranger"))
    if before != after
]


def may(before, after, who):
    return any(before in step.before and step.after == after and who in step.who for step in TRANSITIONS.values())


@pytest.mark.one_of_each("before", "after", "who")
@pytest.mark.parametrize(("before", "after", "who"), STEPS)
def test_a_members_role_takes_the_steps_of_the_table(before, after, who, people):
    helper = people["helper"] if before in HELD_BY else None
    standing(people, before, helper and helper.pk)
    then = people["helper"] if after == Status.IN_PROGRESS else None if after == Status.OPEN else helper

    expected = may(before, after, who) and not (who == "helper" and helper is None)

    assert came_of(people, who, after, then) == expected


@pytest.mark.parametrize("who", ["owner", "helper"])
def test_the_job_is_handed_on_to_nobody(who, people):
    standing(people, Status.IN_PROGRESS, people["helper"].pk)

    for after in (Status.IN_PROGRESS, Status.COMPLETED, Status.OPEN):
        assert not came_of(people, who, after, people["stranger"])


def test_an_open_request_gets_no_helper_by_the_way(people):
    assert not came_of(people, "owner", Status.OPEN, people["helper"])


def test_whoever_is_taken_on_has_offered(people):
    in_the_old_messaging = MemberFactory()
    offered(people["request"], in_the_old_messaging)

    assert not came_of(people, "owner", Status.IN_PROGRESS, people["stranger"])
    assert came_of(people, "owner", Status.IN_PROGRESS, people["helper"])
    assert came_of(people, "owner", Status.IN_PROGRESS, in_the_old_messaging)


AWAY = {"restriction": ["suspended", "banned"], "verification_status": ["pending", "rejected"]}


@pytest.mark.parametrize(("column", "value"), [(column, value) for column in AWAY for value in AWAY[column]])
def test_whoever_is_taken_on_may_come_in(column, value, people):
    run_as_owner(f"UPDATE members SET {column} = %s WHERE id = %s", value, people["helper"].pk)

    assert not came_of(people, "owner", Status.IN_PROGRESS, people["helper"])


MAY_NOT_OFFER = [
    "verification_status = 'pending'",
    "verification_status = 'rejected'",
    "restriction = 'limited'",
    "restriction = 'suspended'",
    "restriction = 'banned'",
    "warned_at = now()",
    "leaving_at = now()",
]


@pytest.mark.one_of_each
@pytest.mark.parametrize("change", MAY_NOT_OFFER)
def test_whoever_may_not_offer_begins_no_conversation(change, people):
    wanted, other = HelpRequestFactory(), people["stranger"]
    values = [wanted.pk, wanted.user_id, other.pk]
    with undone(), acting_as(other):
        assert run(OFFER, *values) == 1

    run_as_owner(f"UPDATE members SET {change} WHERE id = %s", other.pk)

    with refused(), acting_as(other):
        run(OFFER, *values)
    with refused(), acting_as(other):
        run("INSERT INTO conversations (help_request_id, created_by) VALUES (%s, %s)", *values[::2])


# --- Without the triggers it is done ---------------------------------------------------------------------------------


def test_without_the_trigger_an_owner_closes_it_and_takes_a_stranger_on(people):
    run_as_owner("ALTER TABLE help_requests DISABLE TRIGGER help_requests_take_a_members_step")

    assert came_of(people, "owner", Status.CLOSED, None)
    assert came_of(people, "owner", Status.IN_PROGRESS, people["stranger"])


def test_without_the_trigger_somebody_who_waits_for_approval_offers(people):
    wanted, other = HelpRequestFactory(), MemberFactory(verification_status="pending")
    run_as_owner("ALTER TABLE conversations_v2 DISABLE TRIGGER whoever_offers_may_begin")

    with acting_as(other):
        assert run(OFFER, wanted.pk, wanted.user_id, other.pk) == 1
