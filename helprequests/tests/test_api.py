"""Help requests, as a program sees them."""

import re
import uuid
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import limits
from helprequests import services
from helprequests.models import HelpRequest
from messaging.tests.factories import ConversationFactory

from .factories import HelpRequestFactory

pytestmark = pytest.mark.django_db

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
FIELDS = {
    "id", "title", "description", "category", "subcategory", "urgency", "status", "exchange_offer", "is_ongoing",
    "language", "requester", "helper_id", "created_at", "updated_at", "expires_at", "completed_at", "cancelled_at",
}  # fmt: skip
ASK = {"title": "A ride to the clinic", "category": "transportation-errands", "urgency": "urgent"}


def at(help_request, more=""):
    return f"/api/help-requests/{help_request.pk}{more}"


def ids(response):
    return [each["id"] for each in response.json()["results"]]


def days_from_now(text):
    return round((datetime.fromisoformat(text) - timezone.now()) / timedelta(days=1))


@pytest.fixture
def owner():
    return MemberFactory(name="Olga Maria Ownerfield", town="Riverside")


# --- Asking --------------------------------------------------------------------------------------------------------


def test_a_request_is_answered_with_what_the_contract_names_and_nothing_else(api_as, owner):
    response = api_as(owner).post(
        "/api/help-requests",
        ASK
        | {
            "description": " On Thursday.\r\nAt nine. ",
            "subcategory": "Clinic",
            "exchange_offer": "Soup",
            "location_override": "Main Street",
        },
        format="json",
    )

    body = response.json()
    assert response.status_code == 201
    assert set(body) == FIELDS
    assert str(uuid.UUID(body["id"])) == body["id"]
    assert all(TIME.fullmatch(body[name]) for name in ("created_at", "updated_at", "expires_at"))
    assert days_from_now(body["expires_at"]) == 30
    assert {name: body[name] for name in FIELDS - {"id", "created_at", "updated_at", "expires_at"}} == ASK | {
        "description": "On Thursday.\nAt nine.",
        "subcategory": "Clinic",
        "exchange_offer": "Soup",
        "status": "open",
        "is_ongoing": False,
        "language": "en",
        "requester": {"id": str(owner.pk), "name": "Olga Maria Ownerfield", "town": "Main Street"},
        "helper_id": None,
        "completed_at": None,
        "cancelled_at": None,
    }


def test_what_is_left_out_is_empty(api_as, owner):
    body = api_as(owner).post("/api/help-requests", ASK, format="json").json()

    assert (body["description"], body["subcategory"], body["exchange_offer"]) == ("", "", "")
    assert body["requester"]["town"] == "Riverside"


def test_an_ongoing_request_never_runs_out(api_as, owner):
    body = api_as(owner).post("/api/help-requests", ASK | {"is_ongoing": True}, format="json").json()

    assert (body["is_ongoing"], body["expires_at"]) == (True, None)


@pytest.mark.parametrize("carrier", ["body", "header"])
def test_an_id_from_the_client_posts_once(api_as, owner, carrier):
    id = str(uuid.uuid4())
    body, headers = (ASK | {"id": id}, {}) if carrier == "body" else (ASK, {"Idempotency-Key": id})

    first = api_as(owner).post("/api/help-requests", body, format="json", headers=headers)
    again = api_as(owner).post("/api/help-requests", body, format="json", headers=headers)
    other = api_as(owner).post("/api/help-requests", body | {"title": "A ride home"}, format="json", headers=headers)
    foreign = api_as(MemberFactory()).post("/api/help-requests", body, format="json", headers=headers)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == id
    assert again.json() == first.json()
    assert other.json()["code"] == foreign.json()["code"] == "idempotency_conflict"
    assert HelpRequest.objects.filter(user=owner).count() == 1


def test_the_eleventh_request_of_an_hour_waits(api_as, owner):
    for _ in range(limits.HELP_REQUESTS.most):
        limits.HELP_REQUESTS.take(owner.pk)

    response = api_as(owner).post("/api/help-requests", ASK, format="json")

    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert HelpRequest.objects.count() == 0


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("field", "longest"),
    [("title", 100), ("description", 1000), ("subcategory", 100), ("exchange_offer", 300), ("location_override", 200)],
)
def test_a_text_is_as_long_as_its_column(api_as, owner, field, longest):
    client = api_as(owner)

    fits = client.post("/api/help-requests", ASK | {field: f" {'é' * longest} "}, format="json")
    over = client.post("/api/help-requests", ASK | {field: "é" * (longest + 1)}, format="json")

    assert fits.status_code == 201
    assert over.json()["errors"] == [
        {"field": field, "code": "too_long", "detail": f"This must be {longest:,} characters or fewer."}
    ]


# --- The board -----------------------------------------------------------------------------------------------------


def test_the_board_shows_what_takes_offers(api_as, owner):
    open_one = HelpRequestFactory(user=owner)
    taken = HelpRequestFactory(user=owner)
    services.accept(taken.pk, helper=ConversationFactory(help_request=taken).helper, by=owner)
    HelpRequestFactory(status="completed")
    HelpRequestFactory(status="cancelled")
    HelpRequestFactory(expires_at=timezone.now() - timedelta(seconds=1))

    for member in (owner, MemberFactory()):
        assert ids(api_as(member).get("/api/help-requests")) == [str(taken.pk), str(open_one.pk)]


def test_mine_are_ones_own_in_every_status(api_as, owner):
    HelpRequestFactory()
    own = [HelpRequestFactory(user=owner, status=status) for status in ("open", "completed", "cancelled", "closed")]
    own.append(HelpRequestFactory(user=owner, expires_at=timezone.now() - timedelta(days=1)))
    client = api_as(owner)

    assert ids(client.get("/api/help-requests?mine=true")) == [str(each.pk) for each in reversed(own)]
    assert ids(client.get("/api/help-requests?mine=true&status=completed")) == [str(own[1].pk)]


def test_a_finished_request_is_listed_only_to_its_people(api_as, owner):
    helper = MemberFactory()
    done = HelpRequestFactory(user=owner)
    ConversationFactory(help_request=done, helper=helper)
    services.accept(done.pk, helper=helper, by=owner)
    services.complete(done.pk, by=owner)

    for member, seen in ((owner, 1), (helper, 1), (MemberFactory(), 0)):
        assert len(ids(api_as(member).get("/api/help-requests?status=completed"))) == seen


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=groceries-meals", "soup"),
        ("urgency=critical", "soup"),
        ("q=soup", "soup"),
        ("q=SOU", "soup"),
        ("q=chicken+soup", "soup"),
        ("q=noodle", "soup"),
        ("q=noodle+ladder", ""),
        ("category=groceries-meals&q=ladder", ""),
        ("status=in_progress", ""),
        ("status=open&urgency=normal", "ladder"),
    ],
)
def test_the_board_is_narrowed_down(api_as, query, found):
    made = {
        "soup": HelpRequestFactory(
            title="Chicken soup", description="With noodles", category="groceries-meals", urgency="critical"
        ),
        "ladder": HelpRequestFactory(title="Someone with a ladder", category="household-yard"),
    }

    response = api_as(MemberFactory()).get(f"/api/help-requests?{query}")

    assert ids(response) == ([str(made[found].pk)] if found else [])


def test_the_board_is_paged_both_ways(api_as, owner):
    made = [str(HelpRequestFactory(user=owner).pk) for _ in range(5)][::-1]
    client = api_as(MemberFactory())

    def page(cursor=""):
        return client.get("/api/help-requests", {"limit": 2, "cursor": cursor}).json()

    first = page()
    second = page(first["next"])
    third = page(second["next"])

    assert [each["id"] for part in (first, second, third) for each in part["results"]] == made
    assert set(first) == {"results", "next", "previous"}
    assert (first["previous"], third["next"]) == (None, None)
    assert page(third["previous"])["results"] == second["results"]
    assert page(page(third["previous"])["previous"]) == first


@pytest.mark.parametrize("number", [1, 3])
def test_the_board_asks_the_same_however_long_it_is(api_as, number, django_assert_num_queries):
    for _ in range(number):
        HelpRequestFactory()
    client = api_as(MemberFactory())

    with django_assert_num_queries(6):  # session, member, limit; the scope's beginning and end; the board
        client.get("/api/help-requests")


# --- One request ---------------------------------------------------------------------------------------------------


def test_who_helps_is_seen_by_the_two_and_by_nobody_else(api_as, owner):
    helper, stranger = MemberFactory(), MemberFactory()
    taken = HelpRequestFactory(user=owner)
    ConversationFactory(help_request=taken, helper=helper)
    services.accept(taken.pk, helper=helper, by=owner)

    seen = {member: api_as(member).get(at(taken)).json() for member in (owner, helper, stranger)}

    assert [body["helper_id"] for body in seen.values()] == [str(helper.pk), str(helper.pk), None]
    assert [body["requester"]["name"] for body in seen.values()] == [owner.name, owner.name, "Olga O."]


def test_a_request_shows_no_address_and_no_standing(api_as, owner):
    body = str(api_as(MemberFactory()).get(at(HelpRequestFactory(user=owner))).json())

    assert owner.email not in body
    assert "Ownerfield" not in body


def test_a_patch_changes_what_it_names(api_as, owner):
    asked = HelpRequestFactory(user=owner, description="On Thursday", exchange_offer="Soup")

    body = api_as(owner).patch(at(asked), {"description": "", "urgency": "critical"}, format="json").json()

    assert (body["description"], body["urgency"]) == ("", "critical")
    assert (body["title"], body["exchange_offer"]) == (asked.title, "Soup")


@pytest.mark.parametrize("change", [{"title": "Ride"}, {"title": None}, {"category": "rides"}, {"is_ongoing": "yes"}])
def test_each_field_of_a_patch_is_looked_at(api_as, owner, change):
    asked = HelpRequestFactory(user=owner)

    response = api_as(owner).patch(at(asked), {"urgency": "critical"} | change, format="json")

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == list(change)
    asked.refresh_from_db()
    assert asked.urgency == "normal"


def test_a_request_becomes_ongoing_and_back(api_as, owner):
    asked = HelpRequestFactory(user=owner)

    ongoing = api_as(owner).patch(at(asked), {"is_ongoing": True}, format="json").json()
    once = api_as(owner).patch(at(asked), {"is_ongoing": False}, format="json").json()

    assert ongoing["expires_at"] is None
    assert days_from_now(once["expires_at"]) == 30


# --- Its life ------------------------------------------------------------------------------------------------------


def test_the_life_of_a_request(api_as, owner):
    helper = MemberFactory()
    asked = HelpRequestFactory(user=owner)
    ConversationFactory(help_request=asked, helper=helper)
    services.accept(asked.pk, helper=helper, by=owner)

    released = api_as(helper).post(at(asked, "/release")).json()
    services.accept(asked.pk, helper=helper, by=owner)
    completed = api_as(helper).post(at(asked, "/complete")).json()
    reopened = api_as(owner).post(at(asked, "/reopen")).json()
    cancelled = api_as(owner).post(at(asked, "/cancel"), {"reason": "Found a ride"}, format="json").json()

    assert (released["status"], released["helper_id"]) == ("open", None)
    assert (completed["status"], completed["helper_id"]) == ("completed", str(helper.pk))
    assert TIME.fullmatch(completed["completed_at"])
    assert (reopened["status"], reopened["helper_id"], reopened["completed_at"]) == ("open", None, None)
    assert (cancelled["status"], set(cancelled)) == ("cancelled", FIELDS)
    assert TIME.fullmatch(cancelled["cancelled_at"])
    asked.refresh_from_db()
    assert asked.cancel_reason == "Found a ride"


ALLOWED = {
    "complete": {"open", "in_progress"},
    "cancel": {"open", "in_progress"},
    "release": {"in_progress"},
    "reopen": {"completed", "cancelled"},
    "renew": {"open", "in_progress"},
}


@pytest.mark.one_of_each("act", "status")
@pytest.mark.parametrize("status", ["open", "in_progress", "completed", "cancelled", "closed"])
@pytest.mark.parametrize("act", ALLOWED)
def test_what_may_follow_what(api_as, owner, act, status):
    asked = HelpRequestFactory(user=owner, status=status)

    response = api_as(owner).post(at(asked, f"/{act}"))

    if status in ALLOWED[act]:
        assert response.status_code == 200
    else:
        assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")


def test_a_request_that_ran_out_is_renewed_for_30_days(api_as, owner):
    asked = HelpRequestFactory(user=owner, expires_at=timezone.now() - timedelta(days=1))

    body = api_as(owner).post(at(asked, "/renew")).json()

    assert days_from_now(body["expires_at"]) == 30
    assert ids(api_as(MemberFactory()).get("/api/help-requests")) == [str(asked.pk)]


def test_a_reason_has_500_characters_at_most(api_as, owner):
    asked = HelpRequestFactory(user=owner)

    response = api_as(owner).post(at(asked, "/cancel"), {"reason": "x" * 501}, format="json")

    assert response.json()["errors"][0]["code"] == "too_long"
