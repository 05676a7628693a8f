"""Who gets what: one table, written by hand. A route that is not in it fails."""

import json

import pytest
from django.db import transaction
from django.urls import get_resolver

from .neighborhood import ABSENT, ASK, OFFER, ROLES, outcome_of

pytestmark = pytest.mark.thorough

STANDING = {
    "anonymous": "401 unauthorized",
    "banned": "401 unauthorized",
    "pending": "403 not_approved",
    "rejected": "403 not_approved",
    "suspended": "403 user_restricted",
}


def all_of(answer):
    return dict.fromkeys(ROLES, answer)


def members(answer="200", **others):
    """The same for everybody who is approved and not suspended, but for those named."""
    return all_of(answer) | STANDING | others


NO_REQUEST, NO_TALK = "404 help_request_not_found", "404 conversation_not_found"
NO_MESSAGE = "404 message_not_found"
NOT_YOURS, NOT_NOW, RESTRICTED = "403 permission_denied", "409 invalid_transition", "403 user_restricted"
BODIES = {
    "an ask": ASK,
    "an offer": OFFER,
    "a new title": {"title": "A ride home"},
    "nothing": {},
    "archived": {"status": "archived"},
    "a message": {"content": "Yes, at nine."},
    "a report": {"reason": "scam"},
    "an unknown message": {"up_to": str(ABSENT)},
}

# (method, route, whose id, body): what each role gets. The owner asked for both; the helper is on both; another
# helper talked about both. `ride` is in progress, `fence` is completed.
TABLE = {
    ("GET", "health", "", None): all_of("200"),
    ("GET", "health/live", "", None): all_of("200"),
    ("GET", "health/ready", "", None): all_of("200"),
    ("GET", "schema", "", None): all_of("200"),
    ("GET", "docs", "", None): all_of("200"),
    ("POST", "auth/login", "", "wrong password"): all_of("401 unauthorized"),
    ("POST", "auth/logout", "", None): all_of("204") | {"anonymous": "401 unauthorized", "banned": "401 unauthorized"},
    ("GET", "me", "", None): all_of("200") | {"anonymous": "401 unauthorized", "banned": "401 unauthorized"},
    ("GET", "me/acts", "", None): all_of("200") | {"anonymous": "401 unauthorized", "banned": "401 unauthorized"},
    ("GET", "help-requests", "", None): members(),
    ("POST", "help-requests", "", "an ask"): members("201", limited=RESTRICTED),
    ("GET", "help-requests/{id}", "ride", None): members(),
    ("GET", "help-requests/{id}", "fence", None): members(stranger=NO_REQUEST, limited=NO_REQUEST, staff=NO_REQUEST),
    ("GET", "help-requests/{id}", "absent", None): members(NO_REQUEST),
    ("PATCH", "help-requests/{id}", "ride", "a new title"): members(NOT_YOURS, owner="200"),
    ("PATCH", "help-requests/{id}", "fence", "nothing"): members(
        NO_REQUEST, owner=NOT_NOW, helper=NOT_YOURS, other_helper=NOT_YOURS
    ),
    ("PATCH", "help-requests/{id}", "absent", "nothing"): members(NO_REQUEST),
    ("POST", "help-requests/{id}/complete", "ride", None): members(NOT_YOURS, owner="200", helper="200"),
    ("POST", "help-requests/{id}/complete", "fence", None): members(
        NO_REQUEST, owner=NOT_NOW, helper=NOT_NOW, other_helper=NOT_YOURS
    ),
    ("POST", "help-requests/{id}/complete", "absent", None): members(NO_REQUEST),
    ("POST", "help-requests/{id}/cancel", "ride", None): members(NOT_YOURS, owner="200"),
    ("POST", "help-requests/{id}/cancel", "fence", None): members(
        NO_REQUEST, owner=NOT_NOW, helper=NOT_YOURS, other_helper=NOT_YOURS
    ),
    ("POST", "help-requests/{id}/cancel", "absent", None): members(NO_REQUEST),
    ("POST", "help-requests/{id}/reopen", "ride", None): members(NOT_YOURS, owner=NOT_NOW),
    ("POST", "help-requests/{id}/reopen", "fence", None): members(
        NO_REQUEST, owner="200", helper=NOT_YOURS, other_helper=NOT_YOURS
    ),
    ("POST", "help-requests/{id}/reopen", "absent", None): members(NO_REQUEST),
    ("POST", "help-requests/{id}/release", "ride", None): members(NOT_YOURS, owner="200", helper="200"),
    ("POST", "help-requests/{id}/release", "fence", None): members(
        NO_REQUEST, owner=NOT_NOW, helper=NOT_NOW, other_helper=NOT_YOURS
    ),
    ("POST", "help-requests/{id}/release", "absent", None): members(NO_REQUEST),
    ("POST", "help-requests/{id}/renew", "ride", None): members(NOT_YOURS, owner="200"),
    ("POST", "help-requests/{id}/renew", "fence", None): members(
        NO_REQUEST, owner=NOT_NOW, helper=NOT_YOURS, other_helper=NOT_YOURS
    ),
    ("POST", "help-requests/{id}/renew", "absent", None): members(NO_REQUEST),
    ("POST", "help-requests/{id}/enough-help", "ride", None): members(NOT_YOURS, owner="200"),
    ("POST", "help-requests/{id}/enough-help", "fence", None): members(
        NO_REQUEST, owner=NOT_NOW, helper=NOT_YOURS, other_helper=NOT_YOURS
    ),
    ("POST", "help-requests/{id}/enough-help", "absent", None): members(NO_REQUEST),
    ("POST", "messaging/help-requests/{id}/start-conversation", "ride", "an offer"): members(
        "201",
        owner="403 own_help_request",
        helper="409 conversation_exists",
        other_helper="409 conversation_exists",
        limited=RESTRICTED,
    ),
    # A closed request says so to whoever was writing an offer; the owner's own comes first, and so does one's own.
    ("POST", "messaging/help-requests/{id}/start-conversation", "fence", "an offer"): members(
        "409 help_request_unavailable",
        owner="403 own_help_request",
        other_helper="409 conversation_exists",
        limited=RESTRICTED,
    ),
    ("POST", "messaging/help-requests/{id}/start-conversation", "absent", "an offer"): members(
        NO_REQUEST, limited=RESTRICTED
    ),
    ("GET", "messaging/help-requests/{id}/conversations", "ride", None): members(NOT_YOURS, owner="200"),
    ("GET", "messaging/help-requests/{id}/conversations", "fence", None): members(
        NO_REQUEST, owner="200", helper=NOT_YOURS, other_helper=NOT_YOURS
    ),
    ("GET", "messaging/help-requests/{id}/conversations", "absent", None): members(NO_REQUEST),
    ("GET", "notifications", "", None): members(),
    ("GET", "notifications/unread-count", "", None): members(),
    ("POST", "notifications/read-all", "", None): members("204"),
    ("POST", "notifications/{id}/read", "notice", None): members("404 not_found", owner="204"),
    ("POST", "notifications/{id}/read", "absent", None): members("404 not_found"),
    ("GET", "messaging/rollout", "", None): members(),
    ("GET", "messaging/conversations", "", None): members(),
    ("GET", "messaging/conversations/{id}", "talk", None): members(NO_TALK, owner="200", helper="200"),
    ("GET", "messaging/conversations/{id}", "absent", None): members(NO_TALK),
    ("PATCH", "messaging/conversations/{id}", "talk", "archived"): members(NO_TALK, owner="200", helper="200"),
    ("PATCH", "messaging/conversations/{id}", "absent", "archived"): members(NO_TALK),
    # The ride has its helper, whose offer `talk` is: nobody else is accepted, and nothing was just said.
    ("POST", "messaging/conversations/{id}/accept", "talk", None): members(NO_TALK, owner=NOT_NOW, helper=NOT_YOURS),
    ("POST", "messaging/conversations/{id}/accept", "absent", None): members(NO_TALK),
    ("POST", "messaging/conversations/{id}/decline", "talk", None): members(NO_TALK, owner=NOT_NOW, helper=NOT_YOURS),
    ("POST", "messaging/conversations/{id}/decline", "absent", None): members(NO_TALK),
    ("POST", "messaging/conversations/{id}/withdraw", "talk", None): members(NO_TALK, owner=NOT_YOURS, helper="200"),
    ("POST", "messaging/conversations/{id}/withdraw", "absent", None): members(NO_TALK),
    ("POST", "messaging/conversations/{id}/answer/undo", "talk", None): members(NO_TALK, owner=NOT_NOW, helper=NOT_NOW),
    ("POST", "messaging/conversations/{id}/answer/undo", "absent", None): members(NO_TALK),
    ("GET", "messaging/conversations/{id}/messages", "talk", None): members(NO_TALK, owner="200", helper="200"),
    ("GET", "messaging/conversations/{id}/messages", "absent", None): members(NO_TALK),
    ("POST", "messaging/conversations/{id}/messages", "talk", "a message"): members(NO_TALK, owner="201", helper="201"),
    ("POST", "messaging/conversations/{id}/messages", "absent", "a message"): members(NO_TALK),
    ("POST", "messaging/conversations/{id}/read", "talk", "an unknown message"): members(
        NO_TALK, owner="404 message_not_found", helper="404 message_not_found"
    ),
    ("POST", "messaging/conversations/{id}/read", "talk", "the message"): members(NO_TALK, owner="204", helper="204"),
    ("POST", "messaging/conversations/{id}/read", "absent", "an unknown message"): members(NO_TALK),
    # The conversation's own id names its first message, which the helper wrote.
    ("POST", "messaging/messages/{id}/report", "talk", "a report"): members(NO_MESSAGE, owner="201", helper=NOT_YOURS),
    ("POST", "messaging/messages/{id}/report", "absent", "a report"): members(NO_MESSAGE),
    ("POST", "members/{id}/block", "stranger", None): members("204", stranger=NOT_YOURS),
    ("POST", "members/{id}/block", "absent", None): members("404 not_found"),
    ("DELETE", "members/{id}/block", "stranger", None): members("204"),
    ("DELETE", "members/{id}/block", "absent", None): members("404 not_found"),
}


def call(here, role, method, route, whose, body):
    ids = {"ride": here.ride.pk, "fence": here.fence.pk, "talk": here.talk.pk, "notice": here.notice} | {
        "stranger": here.stranger.pk,
        "absent": ABSENT,
    }
    bodies = BODIES | {
        "wrong password": {"email": here.stranger.email, "password": "not this one"},
        "the message": {"up_to": str(here.message.pk)},
    }
    path = f"/api/{route.format(id=ids.get(whose))}"
    sent = json.dumps(bodies[body]) if body else ""
    return here.client(role).generic(method, path, sent, "application/json")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: " ".join(row[:3]))
def test_everybody_gets_what_the_table_says(here, row):
    got = {}
    for role in ROLES:
        here.client(role)
        with transaction.atomic():
            got[role] = outcome_of(call(here, role, *row))
            transaction.set_rollback(True)

    assert got == TABLE[row]


def routes():
    """What there is, from the addresses themselves: route -> its methods."""
    found = {}

    def look(patterns, before):
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                look(pattern.url_patterns, path)
            elif path.startswith("api/"):
                view = pattern.callback.view_class
                methods = {name.upper() for name in view.http_method_names if name != "head" and hasattr(view, name)}
                found[path.removeprefix("api/").replace("<uuid:id>", "{id}")] = methods

    look(get_resolver().url_patterns, "")
    return found


def view_at(route):
    return get_resolver().resolve(f"/api/{route.replace('{id}', str(ABSENT))}").func.view_class


def test_every_route_and_method_is_in_the_table():
    listed = {}
    for method, route, *_ in TABLE:
        listed.setdefault(route, set()).add(method)

    assert listed == routes()


def test_every_route_with_an_id_is_asked_for_one_that_is_not_there():
    with_id = {(method, route) for route, methods in routes().items() if "{id}" in route for method in methods}

    assert with_id == {(method, route) for method, route, whose, _ in TABLE if whose == "absent"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_a_route_does_not_take_is_405_with_those_that_it_takes(here, method):
    for route, methods in routes().items():
        if method in methods:
            continue
        path = f"/api/{route.format(id=here.talk.pk)}"
        is_public = route in ("auth/login", "schema", "docs") or route.startswith("health")

        signed_in = here.client("owner").generic(method, path)
        anonymous = here.client("anonymous").generic(method, path)

        assert outcome_of(signed_in) == "405 method_not_allowed", path
        assert set(signed_in["Allow"].replace(" ", "").split(",")) - {"HEAD"} == methods
        assert outcome_of(anonymous) == ("405 method_not_allowed" if is_public else "401 unauthorized"), path


def test_head_is_a_get_without_its_body(here):
    client = here.client("owner")
    for route, methods in routes().items():
        if "GET" not in methods:
            continue
        path = f"/api/{route.format(id=here.ride.pk if 'help-requests/' in route else here.talk.pk)}"

        get, head = client.get(path), client.head(path)

        assert (head.status_code, head["Content-Type"]) == (get.status_code, get["Content-Type"]), path
        assert head.content == b""


def test_head_asks_as_strictly_as_get(here):
    assert here.client("owner").head("/api/help-requests?limit=many").status_code == 400


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/me/", "/api/help-requests/", "/api/health/x"])
def test_an_address_that_is_none_is_a_problem_too(here, path):
    for role in ("anonymous", "owner"):
        assert outcome_of(here.client(role).get(path)) == "404 not_found"


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/api/help-requests/not-a-uuid"])
def test_nor_is_it_a_developers_page_while_debug_is_on(here, path, settings):
    settings.DEBUG = True

    assert outcome_of(here.client("owner").get(path)) == "404 not_found"
