"""Callers never say who they are: another's id in one of four fields is refused and written down.

Any other name, and any other carrier, is ignored; in the address it is no parameter that there is.
"""

import json
import re
import uuid

import pytest
from django.db import connection

from carecollective.accounts.models import ImpersonationAttempt, Member
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.tests.sql import refused
from carecollective.web.identity_fields import IDENTITY_FIELDS
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.api.views import OfferView
from messaging.models import Conversation, Message
from messaging.tests.factories import ConversationFactory

from .neighborhood import ABSENT, ASK, OFFER, neighborhood, outcome_of, rows
from .routes import routes

pytestmark = pytest.mark.thorough

FINE = ("absent", "null", "own", "own in capitals")
CLAIMS = ("other", "own in an array", "own in an object", "number", "zero", "empty", "false", "nonsense", "own padded")


def values(own, other):
    return {
        "null": None,
        "own": str(own.pk),
        "own in capitals": str(own.pk).upper(),
        "other": str(other.pk),
        "own in an array": [str(own.pk)],
        "own in an object": {"id": str(own.pk)},
        "number": 12345678901234567890,
        "zero": 0,
        "empty": "",
        "false": False,
        "nonsense": "\0nobody\u202e",
        "own padded": f" {own.pk}",
    }


# Each write: who may, where, what, and the code of its success.
WRITES = {
    "post a request": ("stranger", "POST", "/api/help-requests", ASK, 201),
    "edit": ("owner", "PATCH", "/api/help-requests/{ride}", {"title": "A ride home"}, 200),
    "complete": ("owner", "POST", "/api/help-requests/{ride}/complete", {}, 200),
    "cancel": ("owner", "POST", "/api/help-requests/{ride}/cancel", {"reason": "Found a ride"}, 200),
    "reopen": ("owner", "POST", "/api/help-requests/{fence}/reopen", {}, 200),
    "release": ("owner", "POST", "/api/help-requests/{ride}/release", {}, 200),
    "renew": ("owner", "POST", "/api/help-requests/{ride}/renew", {}, 200),
    "enough help": ("owner", "POST", "/api/help-requests/{ride}/enough-help", {}, 200),
    "offer": ("stranger", "POST", "/api/messaging/help-requests/{ride}/start-conversation", OFFER, 201),
    "archive": ("helper", "PATCH", "/api/messaging/conversations/{talk}", {"status": "archived"}, 200),
    # The ride has its helper already, and nothing was said just now: a 409 is past everything that is tried here.
    "accept": ("owner", "POST", "/api/messaging/conversations/{talk}/accept", {}, 409),
    "decline": ("owner", "POST", "/api/messaging/conversations/{offer}/decline", {"note": "No, thank you."}, 200),
    "withdraw": ("helper", "POST", "/api/messaging/conversations/{talk}/withdraw", {}, 200),
    "undo": ("helper", "POST", "/api/messaging/conversations/{talk}/answer/undo", {}, 409),
    "write": ("helper", "POST", "/api/messaging/conversations/{talk}/messages", {"content": "At nine."}, 201),
    "read": ("helper", "POST", "/api/messaging/conversations/{talk}/read", {"up_to": "{talk}"}, 204),
    "read a notice": ("owner", "POST", "/api/notifications/{notice}/read", {}, 204),
    "read all notices": ("owner", "POST", "/api/notifications/read-all", {}, 204),
    "report": ("owner", "POST", "/api/messaging/messages/{talk}/report", {"reason": "scam"}, 201),
    "block": ("owner", "POST", "/api/members/{stranger}/block", {}, 204),
    "unblock": ("owner", "DELETE", "/api/members/{stranger}/block", {}, 204),
    "sign out": ("stranger", "POST", "/api/auth/logout", {}, 204),
}


def ids_of(here):
    return {"notice": here.notice} | {
        name: getattr(here, name).pk for name in ("ride", "fence", "talk", "offer", "stranger")
    }


def send(here, write, extra, headers=None):
    role, method, path, body, _ = WRITES[write]
    ids = ids_of(here)
    filled = {name: value.format(**ids) for name, value in body.items()} | extra
    client = here.client(role)
    return client.generic(method, path.format(**ids), json.dumps(filled), "application/json", headers=headers or {})


def attempts():
    with acting_as_system("a test reads"):
        return list(ImpersonationAttempt.objects.order_by("pk").values_list("caller", "field", "claimed", "path"))


def test_every_write_is_tried_here():
    tried = {(method, path.removeprefix("/api/")) for _, method, path, _, _ in WRITES.values()}
    there = {
        (method, route) for route, methods in routes().items() for method in methods - {"GET"} if route != "auth/login"
    }

    assert {(method, re.sub(r"{\w+}", "{id}", path)) for method, path in tried} == there


@pytest.mark.parametrize("field", IDENTITY_FIELDS)
@pytest.mark.parametrize("write", WRITES)
def test_a_claim_to_be_somebody_else_is_refused_written_down_and_changes_nothing(here, write, field):
    role, _, path, _, success = WRITES[write]
    own, other = here.members[role], here.other_helper
    before, path = rows(), path.format(**ids_of(here))

    for claim in CLAIMS:
        claimed = values(own, other)[claim]
        response = send(here, write, {field: claimed})
        assert outcome_of(response) == "403 permission_denied", claim
        caller, said_field, kept, said_path = attempts()[-1]
        assert (caller, said_field, said_path) == (own.pk, field, path), claim
        if claim == "other":
            assert kept == str(other.pk)
    assert len(attempts()) == len(CLAIMS)
    assert rows() == before

    # The twin: the same without the claim goes through.
    assert send(here, write, {}).status_code == success
    assert len(attempts()) == len(CLAIMS)


@pytest.mark.parametrize("fine", FINE)
@pytest.mark.parametrize("field", IDENTITY_FIELDS)
def test_nothing_and_ones_own_id_are_fine(here, field, fine):
    extra = {} if fine == "absent" else {field: values(here.stranger, here.owner)[fine]}

    response = send(here, "offer", extra)

    assert response.status_code == 201
    assert attempts() == []
    with acting_as_system("a test reads"):
        kept = Conversation.objects.get(pk=response.json()["conversation_id"])
    assert (kept.helper_id, kept.requester_id) == (here.stranger.pk, here.owner.pk)


OTHER_NAMES = [
    "helper",
    "requester",
    "sender",
    "user",
    "owner",
    "author",
    "id_user",
    "userId",
    "helperId",
    "member",
    "member_id",
    "acting_as",
    "on_behalf_of",
    "as",
    "caller",
    "created_by",
    "from",
    "actor",
    "profile_id",
    "account",
    "sub",
    "uid",
    "HELPER_ID",
    "helper_id[]",
    "helper-id",
]


@pytest.mark.parametrize("carrier", ["body", "nested", "header", "cookie"])
def test_any_other_name_and_any_other_carrier_is_ignored(here, carrier):
    other = str(here.other_helper.pk)
    names = [*OTHER_NAMES, *(IDENTITY_FIELDS if carrier != "body" else ())]
    extra, headers, client = {}, {}, here.client("stranger")
    if carrier == "body":
        extra = dict.fromkeys(names, other)
    elif carrier == "nested":
        extra = {"data": dict.fromkeys(names, other), "items": [dict.fromkeys(names, other)]}
    elif carrier == "header":
        headers = {f"X-{name.strip('[]').replace('_', '-')}": other for name in names}
        headers |= {"X-User-ID": other, "X-Remote-User": here.other_helper.email, "Remote-User": other, "From": other}
    else:
        for name in [*(n.strip("[]") for n in names), "user", "userid"]:
            client.cookies[name] = other

    asked = send(here, "post a request", extra, headers)
    offered = send(here, "offer", extra, headers)
    written = client.post(
        f"/api/messaging/conversations/{offered.json()['conversation_id']}/messages",
        {"content": "Hello", **extra},
        format="json",
        headers=headers,
    )

    assert [response.status_code for response in (asked, offered, written)] == [201, 201, 201]
    with acting_as_system("a test reads"):
        assert HelpRequest.objects.get(pk=asked.json()["id"]).user_id == here.stranger.pk
        assert Conversation.objects.get(pk=offered.json()["conversation_id"]).helper_id == here.stranger.pk
        assert Message.objects.get(pk=written.json()["id"]).sender_id == here.stranger.pk
    assert attempts() == []


@pytest.mark.parametrize("name", [*OTHER_NAMES, *IDENTITY_FIELDS])
def test_nobody_says_in_the_address_who_they_are(here, name):
    path = f"/api/messaging/help-requests/{here.ride.pk}/start-conversation"

    response = here.client("stranger").post(f"{path}?{name}={here.other_helper.pk}", OFFER, format="json")

    assert outcome_of(response) == "400 validation_error"
    assert attempts() == []


def test_a_field_that_comes_twice_is_neither_the_one_nor_the_other(here):
    own, other = here.stranger.pk, here.other_helper.pk
    path = f"/api/messaging/help-requests/{here.ride.pk}/start-conversation"
    for first, last in ((own, other), (other, own)):
        body = f'{{"initial_message": "I can come by.", "helper_id": "{first}", "helper_id": "{last}"}}'

        response = here.client("stranger").generic("POST", path, body, "application/json")

        assert outcome_of(response) == "400 malformed_request"


def test_what_a_body_may_not_set_stays_as_it_is(here):
    """Every column there is, sent along: nothing of it arrives but what the contract names."""
    mine = HelpRequestFactory(user=here.owner)
    extra = {
        "status": "completed",
        "created_at": "1999-01-01T00:00:00Z",
        "updated_at": "1999-01-01T00:00:00Z",
        "expires_at": "2999-01-01T00:00:00Z",
        "completed_at": "1999-01-01T00:00:00Z",
        "cancelled_at": "1999-01-01T00:00:00Z",
        "cancel_reason": "Because",
        "helper": str(here.other_helper.pk),
        "user": str(here.other_helper.pk),
        "is_staff": True,
        "verification_status": "rejected",
        "requester": {"id": str(here.other_helper.pk)},
    }
    edited = here.client("owner").patch(
        f"/api/help-requests/{mine.pk}", extra | {"id": str(uuid.uuid4()), "title": "A new title"}, format="json"
    )
    posted = here.client("owner").post("/api/help-requests", ASK | extra, format="json")

    for response in (edited, posted):
        kept = HelpRequest.objects.get(pk=response.json()["id"])
        assert (kept.user_id, kept.helper_id, kept.status, kept.cancel_reason) == (here.owner.pk, None, "open", "")
        assert (kept.completed_at, kept.cancelled_at) == (None, None)
        assert kept.created_at.year != 1999
        assert kept.expires_at.year != 2999
    assert edited.json()["id"] == str(mine.pk)
    assert Member.objects.get(pk=here.owner.pk).is_staff is False


FORMS = {
    "/requests/new/": {**ASK, "urgency": "urgent"},
    "/requests/{ride}/offer/": OFFER,
    "/messages/{talk}/send/": {"content": "Hello"},
    "/messages/{talk}/archive/": {},
    "/messages/{talk}/reopen/": {},
    "/requests/{ride}/edit/": ASK,
    "/requests/{ride}/complete/": {},
    "/requests/{ride}/cancel/": {},
    "/requests/{ride}/release/": {},
    "/requests/{ride}/renew/": {},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_claims_to_be_somebody_else_is_refused_and_written_down(here, api_as, form):
    client = api_as(here.owner)
    path = form.format(ride=here.ride.pk, talk=here.talk.pk)
    before = rows()

    for field in IDENTITY_FIELDS:
        for claimed in (str(here.other_helper.pk), "nonsense", [str(here.other_helper.pk), str(here.owner.pk)]):
            response = client.post(path, FORMS[form] | {field: claimed}, format="multipart")
            assert response.status_code == 403, (field, claimed)
            assert attempts()[-1][:2] == (here.owner.pk, field)
    assert rows() == before
    assert len(attempts()) == len(IDENTITY_FIELDS) * 3


def test_staff_read_the_attempts_and_members_do_not(here):
    send(here, "offer", {"user_id": str(here.owner.pk)})

    with acting_as_staff(here.staff, "looking at attempts"):
        assert ImpersonationAttempt.objects.count() == 1
    with refused():
        ImpersonationAttempt.objects.count()
    with connection.cursor() as cursor, acting_as(here.stranger):
        cursor.execute("SELECT has_table_privilege('impersonation_attempts', 'SELECT')")
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db(transaction=True)
def test_the_record_stays_where_everything_else_is_taken_back(monkeypatch):
    here = neighborhood()
    inside = []
    monkeypatch.setattr(OfferView, "refuse_unseen", lambda *_, **__: inside.append(connection.in_atomic_block))

    before = rows()

    response = send(here, "offer", {"user_id": str(here.owner.pk)})
    connection.close()

    assert outcome_of(response) == "403 permission_denied"
    assert inside == [False]
    assert [attempt[:3] for attempt in attempts()] == [(here.stranger.pk, "user_id", str(here.owner.pk))]
    assert rows() == before


def test_an_invented_id_is_an_attempt_too(here):
    assert outcome_of(send(here, "offer", {"helper_id": str(ABSENT)})) == "403 permission_denied"
    assert attempts()[0][2] == str(ABSENT)


def test_an_attempt_of_any_length_is_written_down_as_far_as_there_is_room(here):
    assert outcome_of(send(here, "offer", {"helper_id": "\0\n" * 5_000})) == "403 permission_denied"
    assert attempts()[0][2].startswith("\\0")
    assert len(attempts()[0][2]) == 100


def test_the_ids_in_an_answer_are_who_the_two_are(here):
    mine = ConversationFactory(help_request=HelpRequestFactory(user=here.owner), helper=here.stranger)

    shown = here.client("stranger").get(f"/api/messaging/conversations/{mine.pk}").json()["conversation"]

    assert (shown["requester_id"], shown["helper_id"]) == (str(here.owner.pk), str(here.stranger.pk))
