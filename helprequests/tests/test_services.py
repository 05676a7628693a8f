"""The verbs of help requests: every act by everybody in every status, beside one table written by hand."""

import uuid
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import may
from carecollective.ground import limits, refusals
from carecollective.models import RateLimit
from helprequests import closing, services
from helprequests.models import RUNS_FOR, TRANSITIONS, HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

STATUSES = ["open", "in_progress", "completed", "cancelled", "closed"]
A_RIDE = {"title": "A ride to the clinic", "category": "transportation-errands"}

# Who does what when: the status afterwards, or 409 invalid_transition, 403 permission_denied, 404 not found.
# The helper is the accepted one, whom an open request cannot have; the talker has a conversation on it.
TABLE = """
                     open         in_progress  completed  cancelled  closed
accept    owner      in_progress  409          409        409        409
accept    helper     -            403          403        403        403
accept    talker     403          403          403        403        403
accept    stranger   403          403          404        404        404
accept    team       403          403          404        404        404
complete  owner      completed    completed    409        409        409
complete  helper     -            completed    409        409        409
complete  talker     403          403          403        403        403
complete  stranger   403          403          404        404        404
complete  team       403          403          404        404        404
cancel    owner      cancelled    cancelled    409        409        409
cancel    helper     -            403          403        403        403
cancel    talker     403          403          403        403        403
cancel    stranger   403          403          404        404        404
cancel    team       403          403          404        404        404
release   owner      409          open         409        409        409
release   helper     -            open         409        409        409
release   talker     403          403          403        403        403
release   stranger   403          403          404        404        404
release   team       403          403          404        404        404
reopen    owner      409          409          open       open       409
reopen    helper     -            403          403        403        403
reopen    talker     403          403          403        403        403
reopen    stranger   403          403          404        404        404
reopen    team       403          403          404        404        404
edit      owner      open         in_progress  409        409        409
edit      helper     -            403          403        403        403
edit      talker     403          403          403        403        403
edit      stranger   403          403          404        404        404
edit      team       403          403          404        404        404
renew     owner      open         in_progress  409        409        409
renew     helper     -            403          403        403        403
renew     talker     403          403          403        403        403
renew     stranger   403          403          404        404        404
renew     team       403          403          404        404        404
enough_help owner    open         in_progress  409        409        409
enough_help helper   -            403          403        403        403
enough_help talker   403          403          403        403        403
enough_help stranger 403          403          404        404        404
enough_help team     403          403          404        404        404
close     owner      403          403          403        403        403
close     helper     -            403          403        403        403
close     talker     403          403          403        403        403
close     stranger   403          403          403        403        403
close     team       closed       closed       closed     closed     409
"""
CELLS = [
    (act, role, status, expected)
    for act, role, *row in (line.split() for line in TABLE.strip().splitlines()[1:])
    for status, expected in zip(STATUSES, row, strict=True)
    if expected != "-"
]


@pytest.fixture
def owner():
    return MemberFactory()


@pytest.fixture
def helper():
    return MemberFactory()


@pytest.fixture
def team():
    member = MemberFactory(is_staff=True)
    may(member, "close_helprequest")
    return Member.objects.get(pk=member.pk)


def put(help_request, status, helper=None):
    """By SQL, past every rule of who may."""
    HelpRequest.objects.filter(pk=help_request.pk).update(
        status=status,
        helper=helper,
        completed_at=timezone.now() if status == "completed" else None,
        cancelled_at=timezone.now() if status == "cancelled" else None,
        cancel_reason="No longer needed" if status == "cancelled" else "",
    )


def do(act, help_request, by, *, offered_by=None):
    more = {"accept": {"helper": offered_by or MemberFactory()}, "edit": {"title": "Two rides to the clinic"}}
    more["close"] = {"reason": "because a test wants it"}
    verb = closing.close if act == "close" else getattr(services, act)
    return verb(help_request.pk, by=by, **more.get(act, {}))


@pytest.mark.one_of_each("act", "role", "status", "expected")
@pytest.mark.parametrize(("act", "role", "status", "expected"), CELLS)
def test_each_act_by_each_person_in_each_status(act, role, status, expected, owner, helper, team):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=owner))
    people = {
        "owner": owner,
        "helper": helper,
        "talker": conversation.helper,
        "stranger": MemberFactory(),
        "team": team,
    }
    put(conversation.help_request, status, None if status == "open" else helper)

    try:
        answer = do(act, conversation.help_request, people[role], offered_by=conversation.helper).status
    except refusals.Refusal as refusal:
        answer = str(refusal.status)

    assert answer == expected
    assert HelpRequest.objects.get().status == (status if expected.isdigit() else expected)


def test_the_table_has_every_act_person_and_status():
    told = {(act, role, status) for act, role, status, _ in CELLS}
    roles = ["owner", "helper", "talker", "stranger", "team"]
    there_are = {(act, role, status) for act in TRANSITIONS for role in roles for status in HelpRequest.Status.values}

    assert there_are - told == {(act, "helper", "open") for act in TRANSITIONS}


@pytest.mark.one_of_each
@pytest.mark.parametrize("act", TRANSITIONS)
def test_a_request_that_does_not_exist_is_not_found(act, owner, team):
    with pytest.raises(refusals.HelpRequestNotFound):
        do(act, HelpRequestFactory.build(id=uuid.uuid4()), team if act == "close" else owner)


# --- What the acts leave behind ------------------------------------------------------------------------------------


def test_accepting_names_the_helper(owner, helper):
    offered = ConversationFactory(help_request=HelpRequestFactory(user=owner), helper=helper)

    accepted = services.accept(offered.help_request.pk, helper=helper, by=owner)

    assert (accepted.status, accepted.helper_id) == ("in_progress", helper.pk)


def test_nobody_accepts_their_own_help_past_the_service(owner, helper):
    made = HelpRequestFactory(user=owner)

    with pytest.raises(refusals.PermissionDenied):
        services.accept(made.pk, helper=helper, by=helper)


def test_completing_keeps_the_helper_and_the_moment(owner, helper):
    made = HelpRequestFactory(user=owner, status="in_progress", helper=helper)

    completed = services.complete(made.pk, by=helper)

    assert (completed.helper_id, completed.cancelled_at) == (helper.pk, None)
    assert abs(completed.completed_at - timezone.now()) < timedelta(minutes=5)


def test_cancelling_keeps_the_reason_and_the_moment(owner):
    cancelled = services.cancel(HelpRequestFactory(user=owner).pk, by=owner, reason=" My sister came.\r\n")

    assert (cancelled.cancel_reason, cancelled.completed_at) == ("My sister came.", None)
    assert abs(cancelled.cancelled_at - timezone.now()) < timedelta(minutes=5)


@pytest.mark.parametrize("role", ["owner", "helper"])
def test_releasing_lets_the_helper_go(role, owner, helper):
    made = HelpRequestFactory(user=owner, status="in_progress", helper=helper)

    released = services.release(made.pk, by={"owner": owner, "helper": helper}[role])

    assert (released.status, released.helper_id) == ("open", None)


def test_whoever_was_let_go_is_put_back_on_this_request_alone(owner, helper):
    made, another = (HelpRequestFactory(user=owner, status="in_progress", helper=helper) for _ in range(2))
    for each in (made, another):
        services.release(each.pk, by=owner)

    services.put_helper_back(made.pk, helper_id=helper.pk)

    made.refresh_from_db()
    another.refresh_from_db()
    assert [(each.status, each.helper_id) for each in (made, another)] == [("in_progress", helper.pk), ("open", None)]


@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled", "closed"])
def test_nobody_is_put_back_on_a_request_that_went_on(status, owner, helper):
    made = HelpRequestFactory(user=owner)
    put(made, status, helper)

    with pytest.raises(refusals.InvalidTransition):
        services.put_helper_back(made.pk, helper_id=owner.pk)


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_re_opening_begins_anew(status, owner, helper):
    made = HelpRequestFactory(user=owner, expires_at="2020-01-01T00:00Z")
    put(made, status, helper)

    again = services.reopen(made.pk, by=owner)

    assert (again.status, again.helper_id, again.cancel_reason) == ("open", None, "")
    assert (again.completed_at, again.cancelled_at) == (None, None)
    assert abs(again.expires_at - timezone.now() - RUNS_FOR) < timedelta(minutes=5)


@pytest.mark.parametrize("again", [services.renew, services.reopen])
@pytest.mark.parametrize(("later", "urgency"), [(timedelta(0), "critical"), (timedelta(days=3), "normal")])
def test_what_begins_anew_is_as_urgent_as_it_still_is(again, later, urgency, owner):
    status = "open" if again is services.renew else "completed"
    made = HelpRequestFactory(user=owner, urgency="critical", status=status)
    then = timezone.now() + later

    with patch("carecollective.ground.clock.now", lambda: then):
        assert again(made.pk, by=owner).urgency == urgency


def test_re_opening_an_ongoing_request_leaves_it_without_an_end(owner):
    made = HelpRequestFactory(user=owner, is_ongoing=True, status="completed")

    assert services.reopen(made.pk, by=owner).expires_at is None


def test_the_team_closes_without_touching_what_was(owner, helper, team):
    made = HelpRequestFactory(user=owner, status="completed", helper=helper)

    closed = closing.close(made.pk, by=team, reason="because a test wants it")

    assert (closed.status, closed.helper_id, closed.completed_at) == ("closed", helper.pk, made.completed_at)


# --- Requests that run out -----------------------------------------------------------------------------------------


def test_renewing_counts_thirty_days_from_now(owner):
    made = HelpRequestFactory(user=owner, expires_at="2020-01-01T00:00Z")

    renewed = services.renew(made.pk, by=owner)

    assert abs(renewed.expires_at - timezone.now() - RUNS_FOR) < timedelta(minutes=5)
    assert (renewed.status, renewed.takes_offers) == ("open", True)


def test_renewing_an_ongoing_request_changes_nothing_of_its_end(owner):
    made = HelpRequestFactory(user=owner, is_ongoing=True)

    assert services.renew(made.pk, by=owner).expires_at is None


@pytest.mark.one_of_each
@pytest.mark.parametrize("act", ["accept", "complete", "cancel", "edit", "renew"])
def test_a_request_that_has_run_out_keeps_its_status_and_its_acts(act, owner):
    offered = ConversationFactory(help_request=HelpRequestFactory(user=owner))
    HelpRequest.objects.filter(pk=offered.help_request.pk).update(expires_at="2020-01-01T00:00Z")

    done = do(act, offered.help_request, owner, offered_by=offered.helper)

    assert done.status == (TRANSITIONS[act].after or "open")


def test_what_becomes_ongoing_has_no_end_and_what_is_no_longer_has_one(owner):
    made = HelpRequestFactory(user=owner)

    always = services.edit(made.pk, by=owner, is_ongoing=True)
    once = services.edit(made.pk, by=owner, is_ongoing=False)

    assert always.expires_at is None
    assert abs(once.expires_at - timezone.now() - RUNS_FOR) < timedelta(minutes=5)


def test_an_edit_that_says_ongoing_again_leaves_the_end_where_it_was(owner):
    made = HelpRequestFactory(user=owner, expires_at="2020-01-01T00:00Z")

    assert services.edit(made.pk, by=owner, is_ongoing=False).expires_at == made.expires_at


# --- Posting -------------------------------------------------------------------------------------------------------


def test_a_request_is_posted_open_for_thirty_days(owner):
    posted, created = services.post(by=owner, **A_RIDE, description=" At\r\nnoon ", urgency="urgent")

    assert created is True
    assert (posted.user_id, posted.status, posted.helper_id) == (owner.pk, "open", None)
    assert (posted.title, posted.description, posted.urgency) == ("A ride to the clinic", "At\nnoon", "urgent")
    assert abs(posted.expires_at - timezone.now() - RUNS_FOR) < timedelta(minutes=5)


def test_an_ongoing_request_is_posted_without_an_end(owner):
    posted, _ = services.post(by=owner, **A_RIDE, is_ongoing=True)

    assert (posted.is_ongoing, posted.expires_at) == (True, None)


def test_posting_twice_with_one_id_is_posting_once(owner):
    key = uuid.uuid4()
    posted, created = services.post(by=owner, id=key, **A_RIDE)

    again = services.post(by=owner, id=key, **A_RIDE)

    assert (posted.pk, created, again) == (key, True, (posted, False))
    assert HelpRequest.objects.count() == 1


def test_an_id_is_looked_for_among_all_of_ones_own(owner):
    def post(number):
        return services.post(by=owner, id=uuid.UUID(int=number), **A_RIDE | {"title": f"Ride number {number}"})

    posted = [post(number) for number in (1, 2, 3)]

    assert [post(number) for number in (1, 2, 3)] == [(each, False) for each, _ in posted]
    assert [services.find(each.pk, by=owner) for each, _ in posted] == [each for each, _ in posted]


def test_an_id_is_not_used_for_something_else(owner):
    posted, _ = services.post(by=owner, id=uuid.uuid4(), **A_RIDE)

    with pytest.raises(refusals.IdempotencyConflict):
        services.post(by=owner, id=posted.pk, **A_RIDE | {"title": "A plumber"})


def test_an_id_is_not_used_by_somebody_else(owner, helper):
    posted, _ = services.post(by=owner, id=uuid.uuid4(), **A_RIDE)

    with pytest.raises(refusals.IdempotencyConflict):
        services.post(by=helper, id=posted.pk, **A_RIDE)


def test_ten_requests_an_hour(owner):
    for _ in range(10):
        services.post(by=owner, **A_RIDE)

    with pytest.raises(refusals.RateLimited):
        services.post(by=owner, **A_RIDE)

    assert HelpRequest.objects.count() == 10


def test_neither_replays_nor_refusals_count_as_requests(owner):
    key = uuid.uuid4()
    services.post(by=owner, id=key, **A_RIDE)

    services.post(by=owner, id=key, **A_RIDE)
    with pytest.raises(refusals.IdempotencyConflict):
        services.post(by=owner, id=key, **A_RIDE | {"title": "A plumber"})

    assert RateLimit.objects.get(key=limits.HELP_REQUESTS.key(owner.pk)).taken == 1


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [
        ("limited", refusals.UserRestricted),
        ("suspended", refusals.UserRestricted),
        ("banned", refusals.UserRestricted),
        ("pending", refusals.NotApproved),
        ("rejected", refusals.NotApproved),
    ],
)
def test_a_member_in_this_standing_asks_for_nothing(standing, refusal):
    with pytest.raises(refusal):
        services.post(by=MemberFactory(**{standing: True}), **A_RIDE)

    assert HelpRequest.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "Ride", "too_short"),
        ("title", "x" * 101, "too_long"),
        ("title", "A ride\nto town", "not_allowed"),
        ("title", " \u200b ", "blank"),
        ("title", "", "blank"),
        ("description", "x" * 1001, "too_long"),
        ("description", "a\0b", "not_allowed"),
        ("description", "\u2800", "blank"),
        ("exchange_offer", "x" * 301, "too_long"),
        ("location_override", "x" * 201, "too_long"),
        ("location_override", "here\nthere", "not_allowed"),
        ("subcategory", "x" * 101, "too_long"),
        ("category", "groceries", "not_a_choice"),
        ("urgency", "soon", "not_a_choice"),
        ("language", "English", "not_a_language"),
    ],
)
def test_what_is_not_well_formed_is_refused(field, value, code, owner):
    with pytest.raises(refusals.ValidationFailed) as refusal:
        services.post(by=owner, **A_RIDE | {field: value})

    assert [(error["field"], error["code"]) for error in refusal.value.errors] == [(field, code)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Rides"),
        ("title", "x" * 100),
        ("description", ""),
        ("description", "x" * 1000),
        ("exchange_offer", "x" * 300),
        ("location_override", "x" * 200),
        ("subcategory", "x" * 100),
    ],
)
def test_what_is_just_well_formed_is_taken(field, value, owner):
    posted, _ = services.post(by=owner, **A_RIDE | {field: value})

    assert getattr(posted, field) == value


def test_every_fault_is_told_at_once(owner):
    with pytest.raises(refusals.ValidationFailed) as refusal:
        services.post(by=owner, title="Ride", category="?", urgency="normal")

    assert [error["field"] for error in refusal.value.errors] == ["title", "category"]


def test_a_reason_to_cancel_has_its_length(owner):
    made = HelpRequestFactory(user=owner)

    with pytest.raises(refusals.ValidationFailed):
        services.cancel(made.pk, by=owner, reason="x" * 501)

    assert services.cancel(made.pk, by=owner, reason="x" * 500).status == "cancelled"


@pytest.mark.parametrize("field", ["status", "helper_id", "user_id", "created_at"])
def test_nobody_brings_a_field_that_is_not_theirs_to_set(field, owner):
    with pytest.raises(TypeError, match=f"^A help request has no field {field}, zeal.$"):
        services.post(by=owner, **A_RIDE, **{field: None, "zeal": None})


def locked_by(act):
    """What it locks rows of and which, in this order: the statements."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return [query["sql"] for query in queries if " FOR NO KEY UPDATE" in query["sql"]]


def test_an_act_locks_its_member_and_then_this_request(owner):
    _another, made = HelpRequestFactory.create_batch(2, user=owner)

    member, request = locked_by(lambda: services.complete(made.pk, by=owner))[:2]

    assert ("FROM members" in member, owner.pk.hex in member) == (True, True)
    assert ('FROM "help_requests"' in request, made.pk.hex in request) == (True, True)


def test_to_put_a_helper_back_locks_no_more_than_an_act_does(owner, helper):
    made = HelpRequestFactory(user=owner)

    (request,) = locked_by(lambda: services.put_helper_back(made.pk, helper_id=helper.pk))

    assert 'FROM "help_requests"' in request


# --- Changing and reading ------------------------------------------------------------------------------------------


def test_an_edit_changes_what_it_names_and_nothing_else(owner):
    made = HelpRequestFactory(user=owner, description="At noon")

    changed = services.edit(made.pk, by=owner, title="Two rides", urgency="urgent")

    assert (changed.title, changed.urgency, changed.description) == ("Two rides", "urgent", "At noon")
    assert (changed.created_at, changed.expires_at) == (made.created_at, made.expires_at)


def test_an_edit_of_nothing_changes_nothing(owner):
    made = HelpRequestFactory(user=owner)

    assert services.edit(made.pk, by=owner).updated_at == made.updated_at


def test_an_edit_that_is_not_well_formed_is_refused(owner):
    made = HelpRequestFactory(user=owner)

    with pytest.raises(refusals.ValidationFailed):
        services.edit(made.pk, by=owner, title="Ride")

    assert HelpRequest.objects.get().title == made.title


@pytest.mark.parametrize("status", STATUSES)
def test_a_request_is_found_by_who_may_see_it(status, owner):
    made = HelpRequestFactory(user=owner, status=status)

    assert services.find(made.pk, by=owner) == made
    with transaction.atomic():
        if status in ("open", "in_progress"):
            assert services.find(made.pk, by=MemberFactory()) == made
        else:
            with pytest.raises(refusals.HelpRequestNotFound):
                services.find(made.pk, by=MemberFactory())


def test_a_list_goes_on_over_every_request_once(owner):
    made = HelpRequestFactory.create_batch(5)
    board = HelpRequest.objects.on_the_board(owner).newest_first()

    first = services.listed(board, by=owner, cursor=None, limit=3)
    second = services.listed(board, by=owner, cursor=first.next, limit=3)

    assert [*first.results, *second.results] == made[::-1]
    assert (first.previous, second.next) == (None, None)


def test_the_marker_of_a_list_is_its_members_alone(owner, helper):
    HelpRequestFactory.create_batch(2)
    board = HelpRequest.objects.on_the_board(owner).newest_first()
    marker = services.listed(board, by=owner, cursor=None, limit=1).next

    with pytest.raises(refusals.InvalidCursor):
        services.listed(board, by=helper, cursor=marker, limit=1)
