"""What no line of the table says: methods that no address takes, ids that are none, bodies that are none, and what all
of the team's pages have in common.
"""

import re
import uuid
from urllib.parse import quote, unquote

import pytest
from django.urls import resolve

from carecollective.accounts import second_factor
from carecollective.tests.pages import heading

from .asking import PLACE, Call, Row, ask, filled, letter, outcome, send
from .reading import rows
from .world import ROLES, World

pytestmark = pytest.mark.thorough

ROWS = rows()

# --- Methods ----------------------------------------------------------------------------------------------------------

OTHERS = ("GET", "POST", "PUT", "DELETE", "BREW")
REFUSED = ("x", "-")
FEW = ("anonymous", "owner", "administrator")
# In the API these ask nobody who they are.
OPEN = re.compile(r"/api/(health.*|schema|docs|auth/login)$")


def one_of_each() -> dict[str, Row]:
    """A row of each address."""
    return {row.call.pattern: row for row in reversed(ROWS)}


@pytest.mark.parametrize("pattern", sorted(one_of_each()))
def test_a_method_that_no_row_has_is_refused_or_does_no_more_than_looking(world, pattern):
    calls = [row.call for row in ROWS if row.call.pattern == pattern]
    route, unknown = calls[0].route, sorted({*OTHERS} - {call.method for call in calls})
    for role in FEW:
        came = {method: came_of(world, role, method, route) for method in {"GET", *unknown}}
        for method in unknown:
            if pattern.startswith("/api/"):
                assert came[method] == ("?" if role == "anonymous" and not OPEN.match(route) else "x"), (method, role)
            else:
                assert came[method] in REFUSED or (method != "GET" and came[method] == came["GET"]), (method, role)


def came_of(world: World, role: str, method: str, route: str) -> str:
    return letter(send(world, role, Call(method, route), world.there, {}), "200")


VERBS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"}
OF_THE_API = sorted(pattern for pattern in one_of_each() if pattern.startswith("/api/") and "nothing" not in pattern)


@pytest.mark.parametrize("pattern", OF_THE_API)
def test_a_method_that_the_api_does_not_take_there_is_405_with_those_that_it_takes(world, pattern):
    calls = [row.call for row in ROWS if row.call.pattern == pattern]
    route, takes = calls[0].route, {call.method for call in calls}
    for method in VERBS - takes:
        answer, anonymous = (send(world, who, Call(method, route), world.there, {}) for who in ("owner", "anonymous"))

        assert outcome(answer) == "405 method_not_allowed", method
        assert set(answer["Allow"].replace(" ", "").split(",")) - {"HEAD"} == takes, method
        refused = "405 method_not_allowed" if OPEN.match(route) else "401 unauthorized"
        assert outcome(anonymous) == refused, method


@pytest.mark.parametrize("route", [row.call.route for row in ROWS if row.call.method == "GET" and not row.call.after])
def test_head_is_a_get_without_its_body(world, route):
    get, head = (send(world, "administrator", Call(method, route), world.there, {}) for method in ("GET", "HEAD"))

    kept = ("Location", "Content-Type")
    assert (head.status_code, *map(head.get, kept)) == (get.status_code, *map(get.get, kept))
    assert head.streaming or head.content == b""


def test_head_asks_as_strictly_as_get(world):
    assert send(world, "owner", Call("HEAD", "/api/help-requests?limit=many"), {}, {}).status_code == 400


# --- What is no id, and what is no body -------------------------------------------------------------------------------

NO_IDS = [
    "0",
    "-1",
    "9" * 30,
    "n\u00f6thing",
    "\u0660",
    "a%00b",
    "%ed%a0%80",
    "x" * 300,
    f"{uuid.UUID(int=7)}".upper() + "0",
]
LINKS = ("/link/", "/mail/stop/")  # they say that the link does not work, whatever stands in it
WITH_THINGS = [row for row in one_of_each().values() if row.call.things and "?" not in row.call.route]


def answered_as(row: Row, path: str) -> tuple[str, str]:
    """What an id that is none is answered as, in the table: the letters, and the status that + stands for."""
    if row.call.after:
        return row.answers["absent"], row.status
    if "%00" in path and not path.startswith(LINKS):
        path = "/nothing"
    found = "/" + re.sub(r"\(\?P<.*\)|<(\w+:)?\w+>", "{}", resolve(unquote(filled(path, {}))).route).rstrip("$")
    answering = one_of_each()[found]
    return answering.answers["absent"] or answering.answers["there"], answering.status


@pytest.mark.parametrize("row", WITH_THINGS, ids=lambda row: str(row.call))
def test_what_is_no_id_is_answered_as_nothing(world, row):
    for no_id in NO_IDS:
        call = Call(row.call.method, PLACE.sub(no_id, row.call.route), PLACE.sub("nothing", row.call.after))
        said, status = answered_as(row, call.route)
        for role in FEW[1:]:
            answer = send(world, role, call, world.absent, {})
            assert letter(answer, status) == said.replace(" ", "")[ROLES.index(role)], (no_id, role, outcome(answer))


@pytest.mark.parametrize("row", WITH_THINGS, ids=lambda row: str(row.call))
def test_an_id_of_another_kind_is_an_absent_one(world, row):
    wrong = {name: world.there["notice" if "notice" not in name else "stranger"] for name in world.there}
    for role in ("owner", "administrator"):
        if isinstance(world.there[row.call.things[0]], uuid.UUID):
            expected = row.answers["absent"].replace(" ", "")[ROLES.index(role)]
            assert letter(ask(world, role, row.call, wrong), row.status) == expected, role


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/me/", "/api/help-requests/", "/api/health/x"])
def test_an_address_of_the_api_that_is_none_is_a_problem_too(world, path):
    for role in ("anonymous", "owner"):
        assert outcome(send(world, role, Call("GET", path), {}, {})) == "404 not_found"


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/api/help-requests/not-a-uuid"])
def test_nor_is_it_a_developers_page_while_debug_is_on(world, path, settings):
    settings.DEBUG = True

    assert outcome(send(world, "owner", Call("GET", path), {}, {})) == "404 not_found"


JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NO_BODIES = [
    (b"", JSON), (b"[]", JSON), (b"\xff\xfe", JSON), (b"[" * 30_000, JSON), (b'{"a":' * 10_000, JSON),
    (b'{"content": {"a": []}, "title": [1], "status": {}, "up_to": 7, "id": "\\ud800", "reason": null}', JSON),
    (b"\xff=\xfe&%00=%00&content=%ed%a0%80&title=%00&reason=%00&id=0&act=&to=&_selected_action=x&action=", FORM),
    (b"x" * 70_000, FORM), (b"a", "multipart/form-data"), (b"{}", "text/plain"),
]  # fmt: skip
SENDING = [row for row in ROWS if row.call.method in ("POST", "PATCH") and set(row.answers["there"]) & {"+", "v"}]


@pytest.mark.parametrize("row", SENDING, ids=lambda row: str(row.call))
def test_what_is_no_body_is_never_a_fault(world, row):
    letters = row.answers["there"].replace(" ", "")
    whoever_may = next(role for role, said in reversed(list(zip(ROLES, letters, strict=True))) if said in "+v")
    for body, media_type in NO_BODIES:
        answer = send(world, whoever_may, row.call, world.there, body, media_type)
        assert answer.status_code < 500, (body[:40], media_type)
        assert (
            not row.call.route.startswith("/api/")
            or media_type == JSON
            or answer.status_code in (204, 200, 400, 413, 415)
        )


# --- The team's pages -------------------------------------------------------------------------------------------------


def of_the_team() -> list[Call]:
    """What an administrator reads there and nobody without signing in."""
    expected = {"anonymous": "?", "administrator": "+"}
    return [
        row.call
        for row in ROWS
        if row.call.method == "GET" and row.call.route.startswith("/admin/") and not row.call.after
        and row.status == "200"
        and {role: row.answers["there"].replace(" ", "")[ROLES.index(role)] for role in expected} == expected
    ]  # fmt: skip


@pytest.mark.parametrize("call", of_the_team(), ids=str)
def test_whoever_is_not_signed_in_is_asked_to_and_led_back(world, call):
    path = filled(call.route, world.there)

    answer = world.client("anonymous", path).get(path, follow=True)

    assert answer.redirect_chain[-1][0] == f"/sign-in/?next={quote(path)}"


@pytest.mark.parametrize("call", of_the_team(), ids=str)
def test_without_the_second_step_nobody_comes_in(world, call, monkeypatch):
    monkeypatch.setattr(second_factor, "is_missing", lambda member: True)

    answer = send(world, "administrator", call, world.there, {})

    assert (answer.status_code, answer["Location"]) == (302, "/you/second-step/")


@pytest.mark.parametrize("call", of_the_team(), ids=str)
def test_no_page_of_the_teams_is_kept_and_each_has_one_heading_and_one_main_part(world, call):
    answer = send(world, "administrator", call, world.there, {})

    assert "no-store" in answer["Cache-Control"]
    if answer["Content-Type"].startswith("text/html"):
        assert heading(answer)
        assert answer.content.count(b"<main") == 1
