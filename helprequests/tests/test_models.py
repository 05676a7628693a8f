"""What the database refuses of a help request, and what its querysets find."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import run
from helprequests import services
from helprequests.models import RUNS_FOR, HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

STATUSES = ["open", "in_progress", "completed", "cancelled", "closed"]
OVER = STATUSES[2:]


@pytest.fixture
def member():
    return MemberFactory()


# --- What can never be untrue --------------------------------------------------------------------------------------


def refusal_of(**fields):
    """The name of the constraint that refuses it, or "" where it is taken."""
    try:
        with transaction.atomic():
            HelpRequestFactory(**fields)
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name
    return ""


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"title": "Ride"}, "title_is_clean_and_5_to_100"),
        ({"title": "Rides"}, ""),
        ({"title": "x" * 100}, ""),
        ({"title": "A ride\nto the clinic"}, "title_is_clean_and_5_to_100"),
        ({"title": " A ride"}, "title_is_clean_and_5_to_100"),
        ({"title": "\u200b" * 5}, "title_is_clean_and_5_to_100"),
        ({"description": "\u2800"}, "description_is_clean_or_empty"),
        ({"description": "Two\nlines"}, ""),
        ({"subcategory": "a "}, "subcategory_is_clean_or_empty"),
        ({"exchange_offer": "\t"}, "exchange_offer_is_clean_or_empty"),
        ({"location_override": "a\r"}, "location_override_is_clean_or_empty"),
        ({"status": "cancelled", "cancel_reason": " "}, "cancel_reason_is_clean_or_empty"),
        ({"category": "groceries"}, "category_is_known"),
        ({"category": "groceries-meals"}, ""),
        ({"urgency": "soon"}, "urgency_is_known"),
        ({"urgency": "critical"}, ""),
        ({"status": "lost"}, "only_a_cancelled_request_has_cancelled_at"),  # asked by name, before its own
        ({"status": "in_progress"}, ""),
        ({"status": "completed", "completed_at": None}, "only_a_completed_request_has_completed_at"),
        ({"completed_at": timezone.now()}, "only_a_completed_request_has_completed_at"),
        ({"status": "cancelled", "cancelled_at": None}, "only_a_cancelled_request_has_cancelled_at"),
        ({"cancelled_at": timezone.now()}, "only_a_cancelled_request_has_cancelled_at"),
        ({"status": "closed", "completed_at": timezone.now()}, ""),
        ({"is_ongoing": True, "expires_at": timezone.now()}, "ongoing_requests_never_run_out"),
        ({"is_ongoing": False, "expires_at": None}, "ongoing_requests_never_run_out"),
        ({"is_ongoing": True}, ""),
    ],
)
def test_the_database_refuses_what_cannot_be_true(fields, constraint):
    assert refusal_of(**fields) == constraint


def test_an_open_request_has_no_helper(member):
    assert refusal_of(status="open", helper=member) == "open_request_has_no_helper"
    assert refusal_of(status="in_progress", helper=member) == ""


def test_nobody_helps_themselves(member):
    assert refusal_of(user=member, helper=member, status="in_progress") == "nobody_helps_themselves"


def test_defaults_live_in_the_database(member):
    run_as_owner("INSERT INTO help_requests (user_id, title, category) VALUES (%s, 'A ride', 'other')", member.pk)

    made = HelpRequest.objects.get()
    assert (made.status, made.urgency, made.description, made.is_ongoing) == ("open", "normal", "", False)
    assert (made.created_at, made.expires_at - made.created_at) == (made.updated_at, timedelta(days=30))


def test_a_member_brings_no_expiry_along(member):
    ask = "INSERT INTO help_requests (user_id, title, category, is_ongoing) VALUES (%s, 'A ride', 'other', %s)"
    with acting_as(member):
        run(ask, member.pk, False)
        run(ask, member.pk, True)

    once, always = HelpRequest.objects.order_by("is_ongoing")
    assert (once.expires_at - once.created_at, always.expires_at) == (timedelta(days=30), None)


def test_a_change_moves_updated_at_and_never_back(member):
    made = HelpRequestFactory()

    HelpRequest.objects.update(title="Two rides", updated_at="1999-01-01T00:00:00Z")

    assert HelpRequest.objects.get().updated_at > made.updated_at


def test_a_helper_who_goes_leaves_the_request(member):
    HelpRequestFactory(status="in_progress", helper=member)

    run_as_owner("DELETE FROM members WHERE id = %s", member.pk)

    assert HelpRequest.objects.get().helper_id is None


# --- Who may see it ------------------------------------------------------------------------------------------------


def seen_by(member):
    with acting_as(member):
        return HelpRequest.objects.visible_to(member).count()


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("whose", ["owner", "helper", "who talks about it"])
def test_who_has_part_in_a_request_sees_it_in_every_status(whose, status, member):
    if whose == "owner":
        HelpRequestFactory(user=member, status=status)
    elif whose == "helper":
        HelpRequestFactory(helper=None if status == "open" else member, status=status)
    else:
        ConversationFactory(helper=member)
        HelpRequest.objects.update(
            status=status,
            completed_at=timezone.now() if status == "completed" else None,
            cancelled_at=timezone.now() if status == "cancelled" else None,
        )

    assert seen_by(member) == 1


@pytest.mark.parametrize("status", STATUSES)
def test_a_stranger_sees_a_request_while_it_is_open_or_in_progress(status, member):
    HelpRequestFactory(status=status)

    assert seen_by(member) == (0 if status in OVER else 1)


def test_somebody_elses_talk_about_a_request_shows_it_to_nobody_else(member):
    ConversationFactory()
    HelpRequest.objects.update(status="closed")

    assert seen_by(member) == 0


# --- What the board shows ------------------------------------------------------------------------------------------


def found(queryset, member):
    with acting_as(member):
        return list(queryset)


def test_the_board_shows_what_takes_offers(member):
    open_one, in_progress = HelpRequestFactory(), HelpRequestFactory(status="in_progress")
    ongoing = HelpRequestFactory(is_ongoing=True)
    HelpRequestFactory(expires_at=timezone.now() - timedelta(seconds=1))
    for status in OVER:
        HelpRequestFactory(status=status)

    shown = found(HelpRequest.objects.on_the_board(member).newest_first(), member)

    assert shown == [ongoing, in_progress, open_one]


@pytest.mark.parametrize("status", ["open", "in_progress"])
def test_the_board_shows_one_status(status, member):
    made = {state: HelpRequestFactory(status=state) for state in STATUSES}

    assert found(HelpRequest.objects.on_the_board(member, status=status), member) == [made[status]]


@pytest.mark.parametrize("status", OVER)
def test_of_what_is_over_the_board_shows_ones_own_alone(status, member):
    own = HelpRequestFactory(status=status, user=member)
    HelpRequestFactory(status=status)

    assert found(HelpRequest.objects.on_the_board(member, status=status), member) == [own]


def test_the_most_urgent_can_come_first(member):
    normal, critical, urgent = (HelpRequestFactory(urgency=urgency) for urgency in ("normal", "critical", "urgent"))

    assert found(HelpRequest.objects.soonest_first(), member) == [critical, urgent, normal]


@pytest.mark.parametrize(
    ("words", "finds"),
    [
        ("clinic", True),
        ("CLIN", True),
        ("ride clinic", True),
        ("ride plumber", False),
        ("wheel", True),
        ("", True),
        ("& | ! ( ) :*", True),
        ("'clinic'", True),
        ("lini", False),
    ],
)
def test_words_find_a_request_by_their_beginnings(words, finds, member):
    made = HelpRequestFactory(title="A ride to the clinic", description="I use a wheelchair.")

    assert found(HelpRequest.objects.matching(words), member) == ([made] if finds else [])


def test_names_come_along_in_one_query_and_nothing_else_of_a_person(member):
    HelpRequestFactory.create_batch(3, status="in_progress", helper=MemberFactory())

    with acting_as(member), CaptureQueriesContext(connection) as queries:
        people = [(each.user.short_name, each.user.town, each.helper.name) for each in HelpRequest.objects.with_names()]

    assert (len(people), len(queries)) == (3, 1)


# --- What may be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES)
def test_a_request_takes_offers_while_it_is_open_or_in_progress(status):
    assert HelpRequestFactory(status=status).takes_offers is (status not in OVER)


def test_a_request_that_has_run_out_takes_none():
    over, ongoing = HelpRequestFactory(expires_at="2020-01-01T00:00Z"), HelpRequestFactory(is_ongoing=True)

    assert [(each.has_run_out, each.takes_offers) for each in (over, ongoing)] == [(True, False), (False, True)]


def test_an_act_is_open_to_its_people_in_its_statuses(member):
    made = HelpRequestFactory(status="in_progress", helper=member)

    can = {
        act: (made.can(act, made.user), made.can(act, member)) for act in ("complete", "cancel", "release", "reopen")
    }

    assert can == {
        "complete": (True, True),
        "cancel": (True, False),
        "release": (True, True),
        "reopen": (False, False),
    }


def test_a_request_is_called_by_its_title():
    assert str(HelpRequestFactory(title="A ride")) == "A ride"


# --- Time passes over what was urgent -------------------------------------------------------------------------------


def asked_ago(urgency, **ago):
    asked = timezone.now() - timedelta(**ago)
    help_request = HelpRequestFactory(urgency=urgency, expires_at=asked + RUNS_FOR)
    HelpRequest.objects.filter(pk=help_request.pk).update(created_at=asked)
    help_request.refresh_from_db()
    return help_request


@pytest.mark.parametrize(
    ("urgency", "ago", "still"),
    [
        ("critical", {"minutes": 0}, "critical"),
        ("critical", {"days": 1}, ""),
        ("urgent", {"hours": 23}, "urgent"),
        ("urgent", {"days": 12}, ""),
        ("normal", {"days": 6}, "normal"),
        ("normal", {"days": 12}, ""),
    ],
)
def test_what_was_urgent_then_is_said_while_it_holds(urgency, ago, still):
    help_request = asked_ago(urgency, **ago)

    assert help_request.still_urgent == still
    assert HelpRequest.objects.needed(urgency).exists() is bool(still)


def test_what_was_urgent_once_comes_with_all_others():
    old, new = asked_ago("critical", days=12), asked_ago("normal", days=1)
    now = asked_ago("urgent", hours=1)

    assert list(HelpRequest.objects.soonest_first()) == [now, new, old]


def test_an_ongoing_request_is_as_urgent_as_when_it_was_asked():
    help_request = HelpRequestFactory(urgency="urgent", is_ongoing=True)

    assert help_request.still_urgent == "urgent"
    HelpRequest.objects.update(created_at=timezone.now() - timedelta(days=12))
    help_request.refresh_from_db()
    assert help_request.still_urgent == ""


@pytest.mark.parametrize("act", [services.renew, services.reopen])
def test_keeping_it_open_does_not_make_it_urgent_again(act):
    help_request = asked_ago("critical", days=12)
    if act is services.reopen:
        services.cancel(help_request.pk, by=help_request.user)

    act(help_request.pk, by=help_request.user)

    help_request.refresh_from_db()
    assert (help_request.urgency, help_request.still_urgent) == ("normal", "normal")
