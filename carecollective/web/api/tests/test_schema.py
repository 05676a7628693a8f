"""The schema says everything that the API does, and the page to try it is wholly our own."""

import inspect
import re
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from openapi_spec_validator import OpenAPIV31SpecValidator

from carecollective.ground.refusals import CATALOGUE
from carecollective.tests.access.asking import LETTERS
from carecollective.tests.access.reading import rows

from .routes import routes, view_at

# Every path there is.
PATHS = [
    "/api/auth/login",
    "/api/auth/logout",
    "/api/me",
    "/api/me/acts",
    "/api/help-requests",
    "/api/help-requests/{id}",
    "/api/help-requests/{id}/complete",
    "/api/help-requests/{id}/cancel",
    "/api/help-requests/{id}/reopen",
    "/api/help-requests/{id}/release",
    "/api/help-requests/{id}/renew",
    "/api/help-requests/{id}/enough-help",
    "/api/messaging/help-requests/{id}/start-conversation",
    "/api/messaging/help-requests/{id}/conversations",
    "/api/messaging/conversations",
    "/api/messaging/conversations/{id}",
    "/api/messaging/conversations/{id}/accept",
    "/api/messaging/conversations/{id}/decline",
    "/api/messaging/conversations/{id}/withdraw",
    "/api/messaging/conversations/{id}/answer/undo",
    "/api/messaging/conversations/{id}/messages",
    "/api/messaging/conversations/{id}/read",
    "/api/messaging/messages/{id}/report",
    "/api/members/{id}/block",
    "/api/messaging/rollout",
    "/api/notifications",
    "/api/notifications/unread-count",
    "/api/notifications/read-all",
    "/api/notifications/{id}/read",
    "/api/health",
    "/api/health/live",
    "/api/health/ready",
    "/api/schema",
    "/api/docs",
]
CODES = [
    "validation_error",
    "malformed_request",
    "invalid_cursor",
    "unauthorized",
    "second_factor_wrong",
    "permission_denied",
    "not_approved",
    "user_restricted",
    "own_help_request",
    "report_required",
    "csrf_failed",
    "not_found",
    "conversation_not_found",
    "help_request_not_found",
    "message_not_found",
    "method_not_allowed",
    "payload_too_large",
    "unsupported_media_type",
    "conversation_exists",
    "help_request_unavailable",
    "conversation_archived",
    "conversation_declined",
    "legacy_read_only",
    "idempotency_conflict",
    "already_reported",
    "invalid_transition",
    "rate_limited",
    "server_error",
    "unavailable",
]
STATUSES = {200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503}


@pytest.fixture
def schema(api):
    return api.get("/api/schema").json()


def operations(schema):
    return {
        (method.upper(), path): operation
        for path, each in schema["paths"].items()
        for method, operation in each.items()
    }


def codes_of(operation):
    return {
        code
        for response in operation["responses"].values()
        if "application/problem+json" in response.get("content", {})
        for code in response["description"].split(", ")
    }


def test_it_is_made_without_a_warning(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def test_it_is_openapi_3_1_and_valid(schema):
    assert schema["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(schema).iter_errors()) == []


def test_it_lists_every_path_of_the_contract_that_there_is(schema):
    assert sorted(schema["paths"]) == sorted(PATHS)


def test_it_lists_every_method_that_a_path_takes(schema):
    assert {(method, path.removeprefix("/api/")) for method, path in operations(schema)} == {
        (method, route) for route, methods in routes().items() for method in methods
    }


def test_every_code_of_the_contract_is_one_that_a_problem_can_have(schema):
    (reference,) = schema["components"]["schemas"]["Problem"]["properties"]["code"]["allOf"]
    known = schema["components"]["schemas"][reference["$ref"].split("/")[-1]]

    assert sorted(known["enum"]) == sorted(CODES)
    assert sorted(CATALOGUE) == sorted(CODES)


def test_every_status_of_the_contract_is_listed(schema):
    assert {int(status) for each in operations(schema).values() for status in each["responses"]} == STATUSES


def test_every_answer_of_the_access_table_is_listed(schema):
    spoken = {said: answer for answer, said in LETTERS.items() if re.match(r"\d+ ", answer)}
    of_the_api = [row for row in rows() if row.call.route.startswith("/api/")]
    for row in of_the_api:
        listed = operations(schema)[row.call.method, row.call.pattern.replace("{}", "{id}")]
        for said in set("".join(row.answers.values())) - {" "}:
            status, _, code = spoken.get(said, row.status).partition(" ")
            assert status in listed["responses"], (row.call, status)
            if code:
                assert code in codes_of(listed), (row.call, code)
    assert len(of_the_api) > 60


def test_every_problem_has_an_example_that_is_what_is_answered(schema):
    examples = operations(schema)["POST", "/api/messaging/help-requests/{id}/start-conversation"]["responses"]["409"]

    shown = examples["content"]["application/problem+json"]["examples"]

    assert {each["value"]["code"] for each in shown.values()} == {"conversation_exists", "help_request_unavailable"}
    for each in shown.values():
        assert each["value"]["type"] == f"/problems#{each['value']['code']}"
        assert each["value"]["title"] == "Conflict"


def test_health_and_schema_and_signing_in_need_no_sign_in(schema):
    for (method, path), operation in operations(schema).items():
        is_open = path in ("/api/auth/login", "/api/schema", "/api/docs") or path.startswith("/api/health")
        needs = [each for each in operation.get("security", []) if each]
        assert bool(needs) != is_open, (method, path)


# --- Words for strangers ---------------------------------------------------------------------------------------------

# What clients are generated from: a name that changes breaks them.
OPERATIONS = {
    "auth_login_create", "auth_logout_create", "docs", "health_live_retrieve", "health_ready_retrieve",
    "health_retrieve", "help_requests_cancel_create", "help_requests_complete_create", "help_requests_create",
    "help_requests_enough_help_create", "help_requests_list", "help_requests_partial_update",
    "help_requests_release_create", "help_requests_renew_create", "help_requests_reopen_create",
    "help_requests_retrieve", "me_acts_retrieve", "me_retrieve", "members_block", "members_unblock",
    "messaging_conversations_accept_create", "messaging_conversations_answer_undo_create",
    "messaging_conversations_decline_create", "messaging_conversations_list",
    "messaging_conversations_messages_create", "messaging_conversations_messages_retrieve",
    "messaging_conversations_partial_update", "messaging_conversations_read_create",
    "messaging_conversations_retrieve", "messaging_conversations_withdraw_create",
    "messaging_help_requests_conversations_retrieve", "messaging_help_requests_start_conversation_create",
    "messaging_messages_report_create", "messaging_rollout_retrieve", "notifications_list",
    "notifications_read_all_create", "notifications_read_create", "notifications_unread_count_retrieve", "schema",
}  # fmt: skip
# Words that mean something to whoever reads our code, and nothing to whoever calls it.
INTERNAL = re.compile(
    r"\b(self|serializers?|querysets?|views?|django|drf|rest_framework|verbs?|doors?|walls?|scopes?|rows?|probes?"
    r"|heads|trips?|drills?|wakes?|followers?|kept texts?|migrations?|mixins?|docstrings?|python|sql|todo)\b|\.py\b|__",
    re.IGNORECASE,
)


def docstrings():
    """Of every view, of each of its methods, and of what they come from."""
    views = {view_at(route) for route in routes()}
    classes = {each for view in views for each in view.__mro__}
    found = [*classes, *(getattr(each, name) for each in classes for name in ("get", "post") if hasattr(each, name))]
    return {inspect.cleandoc(each.__doc__) for each in found if each.__doc__}


def every_text(part, at="schema"):
    """Everything in the schema that somebody reads, with where it stands."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name in ("summary", "description") and isinstance(inner, str):
                yield f"{at}/{name}", inner
            elif name not in ("example", "examples"):
                yield from every_text(inner, f"{at}/{name}")
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from every_text(inner, f"{at}/{number}")


def test_the_names_of_operations_stay(schema):
    named = [operation["operationId"] for operation in operations(schema).values()]

    assert sorted(named) == sorted(OPERATIONS)


def test_every_operation_says_what_it_does_in_a_few_words_and_in_a_sentence(schema):
    summaries = [operation.get("summary", "") for operation in operations(schema).values()]

    assert len(set(summaries)) == len(summaries)
    for name, operation in operations(schema).items():
        assert 5 < len(operation["summary"]) <= 60, name
        assert len(operation["description"]) > 20, name
        assert operation["description"].endswith("."), name
        assert operation["description"] != operation["summary"], name


def test_no_operation_is_described_by_a_docstring(schema):
    ours = docstrings()
    assert len(ours) > 3

    for name, operation in operations(schema).items():
        assert not [doc for doc in ours if doc in operation["description"] or operation["description"] in doc], name


def test_nothing_in_it_is_in_words_of_our_own_house(schema):
    texts = dict(every_text(schema))
    assert len(texts) > 300

    assert {at: text for at, text in texts.items() if INTERNAL.search(text)} == {}


def test_every_parameter_answer_and_field_is_described(schema):
    bare = [
        *(
            (name, parameter["name"])
            for name, described in operations(schema).items()
            for parameter in described.get("parameters", [])
            if not parameter.get("description")
        ),
        *(
            (name, status)
            for name, described in operations(schema).items()
            for status, answer in described["responses"].items()
            if not answer["description"]
        ),
        *(
            (component, field)
            for component, described in schema["components"]["schemas"].items()
            for field, what in described.get("properties", {}).items()
            if not what.get("description")
        ),
    ]

    assert bare == []


def enumerations(part, above=""):
    """Every list of values, with the words that stand nearest to it."""
    if isinstance(part, dict):
        words = part.get("description", above)
        if "enum" in part:
            yield [value for value in part["enum"] if value is not None], words
        for inner in part.values():
            yield from enumerations(inner, words)
    elif isinstance(part, list):
        for inner in part:
            yield from enumerations(inner, above)


def test_every_value_of_an_enumeration_is_explained(schema):
    found = list(enumerations(schema))
    assert len(found) > 15

    for values, words in found:
        explained = dict(re.findall(r"^\* `(\S+)`: (.+)$", words, re.MULTILINE))
        assert list(explained) == values or set(explained) == set(values), values
        assert all(meaning != value for value, meaning in explained.items())


def test_a_component_of_values_says_that_there_may_be_more(schema):
    listed = [
        component
        for component in schema["components"]["schemas"].values()
        if "enum" in component and None not in component["enum"]
    ]

    assert all("More values may be added" in component["description"] for component in listed)
    assert "Enumerations are open" in schema["info"]["description"]


def test_every_tag_is_described(schema):
    used = {tag for operation in operations(schema).values() for tag in operation["tags"]}

    assert {tag["name"] for tag in schema["tags"] if tag["description"]} == used


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_is_drawn_in_either_language_and_only_once(db, api, language, django_assert_num_queries):
    api.get("/api/schema", headers={"Accept-Language": language})

    with django_assert_num_queries(0):
        response = api.get("/api/schema", headers={"Accept-Language": language})

    assert response["Content-Type"] == "application/json"


def test_the_page_to_try_it_names_no_other_host(api):
    page = api.get("/api/docs").content.decode()
    start = api.get("/api/docs?start")

    assert re.findall(r'(?:https?:)?//[^"\s]*', page) == []
    assert all(address.startswith("/") for address in re.findall(r'(?:src|href)="([^"]*)"', page))
    assert "http" not in start.content.decode()
    assert start["Content-Type"].startswith("text/javascript")
    assert page.count("<main>") == page.count("<h1") == 1
    assert "<style" not in page
    assert "onload" not in page


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def address():
    """The application on loopback, without a database: the page needs none."""
    server = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_the_page_works_under_our_own_policy(address, chromium, tmp_path):
    page = chromium.new_page(viewport={"width": 1200, "height": 1600})
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/api/docs")
    page.get_by_text("/api/messaging/conversations", exact=True).first.wait_for()
    page.locator("#operations-health-health_live_retrieve button").first.click()
    page.get_by_role("button", name="Try it out").click()
    with page.expect_response(f"{address}/api/health/live") as answer:
        page.get_by_role("button", name="Execute").click()
    assert answer.value.json() == {"status": "ok"}
    page.screenshot(path=tmp_path / "docs.png")
    page.close()

    assert complaints == []
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {address.split("/")[2]}
