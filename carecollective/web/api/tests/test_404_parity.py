"""What one may not see answers like what is not there: to the byte, headers included."""

import uuid

import pytest
from rest_framework.test import APIClient

from messaging.tests.factories import ConversationFactory

from .neighborhood import outcome_of
from .routes import routes

pytestmark = pytest.mark.thorough

BODIES = {
    ("PATCH", "help-requests/{id}"): {"title": "Another title"},
    ("PATCH", "messaging/conversations/{id}"): {"status": "archived"},
    ("POST", "messaging/conversations/{id}/messages"): {"content": "Hello"},
    ("POST", "messaging/messages/{id}/report"): {"reason": "scam"},
    ("POST", "messaging/conversations/{id}/read"): {"up_to": str(uuid.uuid4())},
}
# Whoever knows the id of a closed request was shown it while it was open: an offer that comes too late is told so.
SAYS_THAT_IT_WAS_THERE = {("POST", "messaging/help-requests/{id}/start-conversation")}
WITH_ID = [(method, route) for route, methods in routes().items() if "{id}" in route for method in methods]


def answer(client, method, route, id):
    response = client.generic(
        method, f"/api/{route.format(id=id)}", APIClient()._encode_data(BODIES.get((method, route), {}), "json")[0],
        "application/json",
    )  # fmt: skip
    headers = {name: value for name, value in response.headers.items() if name != "X-Request-ID"}
    return response, (response.status_code, response.content, headers)


@pytest.mark.parametrize(("method", "route"), sorted({*WITH_ID} - SAYS_THAT_IT_WAS_THERE))
@pytest.mark.parametrize("role", ["stranger", "limited", "staff"])
def test_a_foreign_id_and_an_invented_one_have_the_same_answer(here, role, method, route):
    foreign_id = here.talk.pk if "messaging/" in route and "help-requests" not in route else here.fence.pk

    response, foreign = answer(here.client(role), method, route, foreign_id)
    _, absent = answer(here.client(role), method, route, uuid.uuid4())

    assert outcome_of(response).startswith("404 ")
    assert foreign == absent
    assert set(response.json()) == {"type", "title", "status", "detail", "code"}
    assert str(foreign_id).encode() not in response.content


@pytest.mark.parametrize("language", ["en", "es"])
def test_they_are_the_same_in_either_language(here, language):
    client = here.client("stranger")
    client.credentials(**client._credentials, HTTP_ACCEPT_LANGUAGE=language)

    _, foreign = answer(client, "GET", "messaging/conversations/{id}", here.talk.pk)
    _, absent = answer(client, "GET", "messaging/conversations/{id}", uuid.uuid4())

    assert foreign == absent


def test_a_message_of_another_conversation_is_none_of_this_one(here):
    other = ConversationFactory()
    path = f"/api/messaging/conversations/{here.talk.pk}/read"

    foreign = here.client("owner").post(path, {"up_to": str(other.pk)}, format="json")
    absent = here.client("owner").post(path, {"up_to": str(uuid.uuid4())}, format="json")

    assert outcome_of(foreign) == "404 message_not_found"
    assert foreign.content == absent.content


def test_an_id_of_a_foreign_message_is_no_more_free_than_one_that_was_never_used(here):
    """A client's id that somebody else used elsewhere: a conflict, and nothing about whose it is."""
    talk = ConversationFactory(helper=here.stranger)
    path = f"/api/messaging/conversations/{talk.pk}/messages"

    response = here.client("stranger").post(path, {"content": "Hello", "id": str(here.message.pk)}, format="json")

    assert outcome_of(response) == "409 idempotency_conflict"
    assert set(response.json()) == {"type", "title", "status", "detail", "code"}


@pytest.mark.parametrize("role", ["owner", "helper"])
def test_whose_it_is_gets_another_answer(here, role):
    """The twin: the same calls succeed for who may."""
    for method, route in (("GET", "messaging/conversations/{id}"), ("GET", "messaging/conversations/{id}/messages")):
        response, _ = answer(here.client(role), method, route, here.talk.pk)
        assert outcome_of(response) == "200"
