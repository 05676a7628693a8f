"""What an address asks for is what it answers: an unknown parameter, or one that comes twice, is never passed over."""

import pytest

from carecollective.web.api.views import ApiView

from .neighborhood import ABSENT, outcome_of
from .routes import routes, view_at
from .test_schema import operations

TAKE_ANY = ("health", "health/live", "health/ready", "schema", "docs")
CALLS = sorted((method, route) for route, methods in routes().items() for method in methods)
CALLS += [("HEAD", route) for method, route in CALLS if method == "GET"]


def ask(client, method, route, query):
    body = "{}" if method in ("POST", "PATCH", "DELETE") else ""
    return client.generic(method, f"/api/{route.replace('{id}', str(ABSENT))}?{query}", body, "application/json")


def errors(response):
    assert outcome_of(response) == "400 validation_error"
    return response.json()["errors"]


def declared(schema, method, route):
    operation = operations(schema)["GET" if method == "HEAD" else method, f"/api/{route}"]
    return sorted(each["name"] for each in operation.get("parameters", []) if each["in"] == "query")


@pytest.fixture
def schema(api):
    return api.get("/api/schema").json()


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", ["statsu", "Status", "x[]", "user_id"])
def test_an_unknown_parameter_is_refused_by_name_with_those_that_there_are(here, schema, name):
    for method, route in CALLS:
        response = ask(here.client("owner"), method, route, f"{name}=1")
        if route in TAKE_ANY:
            assert response.status_code == 200, (method, route)
        elif method == "HEAD":
            assert response.status_code == 400, route
        else:
            (error,) = errors(response)
            assert (error["field"], error["code"]) == (name, "unknown_parameter"), (method, route)
            names = ", ".join(declared(schema, method, route))
            assert error["detail"] == (
                f"This address takes these parameters: {names}." if names else "This address takes no parameters."
            ), (method, route)


def test_what_an_address_takes_is_what_the_schema_says_that_it_takes(here, schema):
    client = here.client("owner")
    taken = [(*call, name) for call in CALLS if call[0] != "HEAD" for name in declared(schema, *call)]
    assert len(taken) > 10
    for method, route, name in taken:
        assert ask(client, method, route, f"{name}=").status_code != 400, (method, route, name)
        (error,) = errors(ask(client, method, route, f"{name}=1&{name}=1"))
        assert (error["field"], error["code"]) == (name, "repeated"), (method, route)


def test_every_view_under_api_is_of_the_kind_that_refuses():
    assert all(issubclass(view_at(route), ApiView) for route in routes())
    assert {route for route in routes() if view_at(route).takes_any_query} == set(TAKE_ANY)


@pytest.mark.one_of_each
@pytest.mark.parametrize("query", ["page=7&x[]=1&%00=2&=3", "page", "page=", "%ff=1"])
def test_every_unknown_name_is_said_whatever_it_looks_like_and_with_no_value_too(here, query):
    found = errors(ask(here.client("owner"), "GET", "help-requests", query))

    assert [each["code"] for each in found] == ["unknown_parameter"] * len(query.split("&"))


def test_a_very_long_name_is_not_said_back_in_full(here):
    (error,) = errors(ask(here.client("owner"), "GET", "me", "x" * 5000))

    assert error["field"] == "x" * 100


def test_two_values_are_neither_the_first_nor_the_last(here):
    for query in ("status=open&status=in_progress", "status=open&status=open", "status=&status=open"):
        (error,) = errors(ask(here.client("owner"), "GET", "help-requests", query))
        assert error == {"field": "status", "code": "repeated", "detail": "Send this once."}


def test_a_refused_query_writes_nothing_and_is_said_in_its_turn(here):
    post = "/api/help-requests?dry_run=1"

    assert outcome_of(here.client("anonymous").post(post, {}, format="json")) == "401 unauthorized"
    assert outcome_of(here.client("pending").post(post, {}, format="json")) == "400 validation_error"
    assert outcome_of(here.client("owner").post(post, "<a/>", content_type="text/xml")) == "415 unsupported_media_type"
    assert outcome_of(here.client("owner").generic("POST", post, "{", "application/json")) == "400 malformed_request"
    assert outcome_of(here.client("owner").put(post, {}, format="json")) == "405 method_not_allowed"
    path = f"/api/help-requests/{ABSENT}?x=1"
    assert (
        outcome_of(here.client("stranger").patch(path, {"user_id": str(ABSENT)}, format="json"))
        == "400 validation_error"
    )
