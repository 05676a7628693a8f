"""What members do from beginning to end, through the API, and the answers that were open to choice."""

import pytest

from carecollective.accounts.models import ImpersonationAttempt
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.tests.races import at_once
from helprequests.tests.factories import HelpRequestFactory
from messaging.models import Conversation, Message

pytestmark = pytest.mark.django_db

HELLO = "Hi! I can help with your groceries. When do you need them?"


@pytest.fixture
def user_a():
    return MemberFactory()


@pytest.fixture
def user_b():
    return MemberFactory()


@pytest.fixture
def user_c():
    return MemberFactory()


@pytest.fixture
def help_request(user_a):
    return HelpRequestFactory(user=user_a, title="Need groceries", category="groceries-meals")


@pytest.fixture
def offer(api_as, help_request):
    def offer(member, text=HELLO, on=help_request, **more):
        path = f"/api/messaging/help-requests/{on.pk}/start-conversation"
        return api_as(member).post(path, {"initial_message": text, **more}, format="json")

    return offer


@pytest.fixture
def send(api_as):
    def send(member, conversation_id, text):
        path = f"/api/messaging/conversations/{conversation_id}/messages"
        return api_as(member).post(path, {"content": text}, format="json")

    return send


@pytest.fixture
def read(api_as):
    def read(member, conversation_id):
        return api_as(member).get(f"/api/messaging/conversations/{conversation_id}")

    return read


def conversations():
    with acting_as_system("look"):
        return list(Conversation.objects.values_list("id", "requester_id", "helper_id", "initial_message"))


# --- Functional tests 1 to 6 ---------------------------------------------------------------------------------------


def test_1_create_conversation_happy_path(offer, user_a, user_b, help_request):
    answer = offer(user_b)

    ((id, *rest),) = conversations()
    assert rest == [user_a.pk, user_b.pk, HELLO]
    assert answer.status_code == 201
    assert answer.json() == {
        "success": True,
        "conversation_id": str(id),
        "help_request_id": str(help_request.pk),
        "version": "v2",
        "created": True,
        "message": "Your offer was sent.",
    }


def test_2_duplicate_conversation_prevention_with_another_text(offer, user_b):
    """With plain success the second text would be lost, so it is 409 and names the first."""
    first = offer(user_b, "First message").json()

    again = offer(user_b, "Duplicate message")

    assert (again.status_code, again.json()["code"]) == (409, "conversation_exists")
    assert again.json()["conversation_id"] == first["conversation_id"]
    assert len(conversations()) == 1


def test_2_duplicate_conversation_prevention_with_the_same_text(offer, user_b):
    first = offer(user_b, "First message").json()

    again = offer(user_b, "First message")

    assert (again.status_code, again.json()["created"]) == (200, False)
    assert (again.json()["success"], again.json()["conversation_id"]) == (True, first["conversation_id"])
    assert len(conversations()) == 1


def test_3_self_help_prevention(offer, user_a):
    answer = offer(user_a, "I will help myself")

    assert (answer.status_code, answer.json()["code"]) == (403, "own_help_request")
    assert conversations() == []


def test_4_closed_help_request(offer, user_a, user_b):
    closed = HelpRequestFactory(user=user_a, status="completed")

    answer = offer(user_b, "Can I still help?", on=closed)

    assert (answer.status_code, answer.json()["code"]) == (409, "help_request_unavailable")
    assert conversations() == []


def test_5_send_message_happy_path(offer, send, user_a, user_b):
    id = offer(user_b, "Initial message").json()["conversation_id"]

    answer = send(user_a, id, "Thank you for offering to help!")

    with acting_as_system("look"):
        (message,) = Message.objects.all()
    assert (answer.status_code, answer.json()["id"]) == (201, str(message.pk))
    assert (message.sender_id, message.content) == (user_a.pk, "Thank you for offering to help!")


def test_6_rls_policy_participant_access(offer, read, user_a, user_b, user_c):
    id = offer(user_b).json()["conversation_id"]

    seen = []
    for member in (user_a, user_b, user_c):
        with acting_as(member):
            seen.append(Conversation.objects.filter(pk=id).count())

    assert seen == [1, 1, 0]
    assert [read(member, id).status_code for member in (user_a, user_b, user_c)] == [200, 200, 404]


# --- Flows 1 to 3 --------------------------------------------------------------------------------------------------


def test_flow_1_complete_help_request_journey(api_as, send, read, user_a, user_b):
    asked = api_as(user_a).post(
        "/api/help-requests",
        {"title": "Need ride to grocery store", "category": "transportation-errands", "urgency": "normal"},
        format="json",
    )
    board = api_as(user_b).get("/api/help-requests").json()["results"]
    path = f"/api/messaging/help-requests/{asked.json()['id']}/start-conversation"
    offered = api_as(user_b).post(path, {"initial_message": "I can drive you!"}, format="json")
    id = offered.json()["conversation_id"]
    opened = read(user_a, id)
    replied = send(user_a, id, "Thank you! Tomorrow at 2pm?")
    agreed = send(user_b, id, "Sounds good!")
    completed = api_as(user_a).post(f"/api/help-requests/{asked.json()['id']}/complete", format="json")
    afterwards = send(user_b, id, "It was a pleasure.")

    steps = [asked, offered, opened, replied, agreed, completed, afterwards]
    assert [step.status_code for step in steps] == [201, 201, 200, 201, 201, 200, 201]
    assert [row["id"] for row in board] == [asked.json()["id"]]
    assert opened.json()["conversation"]["initial_message"] == "I can drive you!"
    for member in (user_a, user_b):
        thread = read(member, id).json()
        assert (thread["conversation"]["status"], thread["conversation"]["help_request"]["status"]) == (
            "active",
            "completed",
        )
        assert [message["content"] for message in thread["messages"]] == [
            "Thank you! Tomorrow at 2pm?",
            "Sounds good!",
            "It was a pleasure.",
        ]


@pytest.mark.django_db(transaction=True)
def test_flow_2_double_click(offer, user_b):
    first, second = at_once(lambda: offer(user_b), lambda: offer(user_b))

    assert sorted([first.status_code, second.status_code]) == [200, 201]
    assert [answer.json()["success"] for answer in (first, second)] == [True, True]
    assert first.json()["conversation_id"] == second.json()["conversation_id"]
    assert len(conversations()) == 1


def test_flow_3_impersonation_attempt(offer, user_b, user_c, help_request):
    """It is refused and recorded, and nothing is begun."""
    answer = offer(user_c, "Fake offer of help", helper_id=str(user_b.pk))

    with acting_as_system("look"):
        attempts = list(ImpersonationAttempt.objects.values_list("caller_id", "claimed", "field", "path"))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert conversations() == []
    path = f"/api/messaging/help-requests/{help_request.pk}/start-conversation"
    assert attempts == [(user_c.pk, str(user_b.pk), "helper_id", path)]


def test_flow_3_ones_own_id_is_no_impersonation(offer, user_c):
    answer = offer(user_c, "A true offer of help", helper_id=str(user_c.pk))

    with acting_as_system("look"):
        assert ImpersonationAttempt.objects.count() == 0
    assert answer.status_code == 201
