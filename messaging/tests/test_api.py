"""Offering help and talking, as a program sees it: exact shapes, paging, and the small print of the contract."""

import re
import uuid

import pytest

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import limits
from carecollective.tests.limits_taken import take_all_but
from helprequests import services as help_request_services
from helprequests.tests.factories import HelpRequestFactory
from messaging import services

from .factories import FIRST_WORDS, ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
ENTRY = {
    "id", "version", "legacy", "status", "help_request", "other", "last_message", "unread_count", "answer",
    "created_at", "updated_at",
}  # fmt: skip
MESSAGE = {"id", "conversation_id", "sender_id", "content", "created_at"}


@pytest.fixture
def owner():
    return MemberFactory(name="Olga Maria Ownerfield")


@pytest.fixture
def helper():
    return MemberFactory(name="Henry Helpworth")


@pytest.fixture
def ride(owner):
    return HelpRequestFactory(user=owner, title="A ride to the clinic")


@pytest.fixture
def talk(ride, helper):
    return ConversationFactory(help_request=ride, helper=helper)


def offer(client, help_request, text=FIRST_WORDS):
    path = f"/api/messaging/help-requests/{help_request.pk}/start-conversation"
    return client.post(path, {"initial_message": text}, format="json")


def at(conversation, more=""):
    return f"/api/messaging/conversations/{conversation.pk}{more}"


# --- Offering help ----------------------------------------------------------------------------------------------------


def test_an_offer_begins_a_conversation(api_as, ride, helper):
    response = offer(api_as(helper), ride)

    assert response.status_code == 201
    body = response.json()
    assert uuid.UUID(body["conversation_id"])
    assert body == {
        "success": True,
        "conversation_id": body["conversation_id"].lower(),
        "help_request_id": str(ride.pk),
        "version": "v2",
        "created": True,
        "message": "Your offer was sent.",
    }


def test_the_same_text_again_is_the_same_offer(api_as, ride, helper):
    first = offer(api_as(helper), ride).json()

    again = offer(api_as(helper), ride, f"  {FIRST_WORDS}\r\n")

    assert again.status_code == 200
    assert again.json() == first | {"created": False, "message": "You already sent this offer."}


def test_another_text_names_the_conversation_there_is(api_as, ride, talk, helper):
    response = offer(api_as(helper), ride, "I have a bigger car now.")

    assert response.status_code == 409
    assert response.json() == {
        "type": "/problems#conversation_exists",
        "title": "Conflict",
        "status": 409,
        "detail": "You already offered to help. Here is your conversation.",
        "code": "conversation_exists",
        "conversation_id": str(talk.pk),
    }


def test_a_request_that_someone_is_helping_with_takes_more_offers(api_as, ride, talk, owner, helper):
    help_request_services.accept(ride.pk, helper=helper, by=owner)

    assert offer(api_as(MemberFactory()), ride).status_code == 201


# --- The inbox --------------------------------------------------------------------------------------------------------


def test_an_inbox_row_has_what_the_contract_names_and_nothing_else(api_as, talk, ride, owner, helper):
    message = MessageFactory(conversation=talk, sender=helper, text="At nine?")

    (row,) = api_as(owner).get("/api/messaging/conversations").json()["results"]

    assert set(row) == ENTRY
    assert all(TIME.fullmatch(row[name]) for name in ("created_at", "updated_at"))
    assert row["updated_at"] > row["created_at"]
    assert row | {"created_at": None, "updated_at": None} == {
        "id": str(talk.pk),
        "version": "v2",
        "legacy": False,
        "status": "active",
        "help_request": {
            "id": str(ride.pk),
            "title": "A ride to the clinic",
            "status": "open",
            "category": "transportation-errands",
        },
        "other": {"id": str(helper.pk), "name": "Henry H."},
        "last_message": {
            "content": "At nine?",
            "sender_id": str(helper.pk),
            "created_at": message.created_at.isoformat().replace("+00:00", "Z"),
        },
        "unread_count": 2,
        "answer": None,
        "created_at": None,
        "updated_at": None,
    }


def test_the_first_message_is_the_last_while_there_is_no_other(api_as, talk, helper):
    (row,) = api_as(helper).get("/api/messaging/conversations").json()["results"]

    assert row["last_message"]["content"] == FIRST_WORDS
    assert row["last_message"]["sender_id"] == str(helper.pk)
    assert row["unread_count"] == 0


def test_names_are_short_until_an_offer_is_accepted(api_as, talk, ride, owner, helper):
    def names():
        mine, theirs = (api_as(member).get(at(talk)).json()["conversation"]["other"] for member in (helper, owner))
        return (
            mine["name"],
            theirs["name"],
            api_as(helper).get(f"/api/help-requests/{ride.pk}").json()["requester"]["name"],
        )

    before = names()
    help_request_services.accept(ride.pk, helper=helper, by=owner)
    accepted = names()
    help_request_services.release(ride.pk, by=owner)

    assert before == ("Olga O.", "Henry H.", "Olga O.")
    assert accepted == ("Olga Maria Ownerfield", "Henry Helpworth", "Olga Maria Ownerfield")
    assert names() == before


def test_another_helper_still_sees_a_short_name_once_the_first_was_accepted(api_as, ride, talk, owner, helper):
    other = ConversationFactory(help_request=ride)
    help_request_services.accept(ride.pk, helper=helper, by=owner)

    assert api_as(other.helper).get(at(other)).json()["conversation"]["other"]["name"] == "Olga O."
    assert api_as(other.helper).get(f"/api/help-requests/{ride.pk}").json()["helper_id"] is None


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("query", "found"), [("", 1), ("?status=active", 1), ("?status=archived", 2), ("?status=all", 3)]
)
def test_the_inbox_shows_active_conversations_unless_asked(api_as, owner, query, found):
    talks = [ConversationFactory(help_request__user=owner) for _ in range(3)]
    for talk in talks[:2]:
        services.archive(talk.pk, by=owner)

    assert len(api_as(owner).get(f"/api/messaging/conversations{query}").json()["results"]) == found


def test_the_inbox_is_paged_both_ways_newest_activity_first(api_as, owner):
    talks = [ConversationFactory(help_request__user=owner) for _ in range(5)]
    MessageFactory(conversation=talks[0])
    expected = [str(talk.pk) for talk in (talks[0], talks[4], talks[3], talks[2], talks[1])]
    client = api_as(owner)

    def page(cursor=None):
        return client.get("/api/messaging/conversations", {"limit": 2} | ({"cursor": cursor} if cursor else {})).json()

    first = page()
    second = page(first["next"])
    third = page(second["next"])

    assert [row["id"] for each in (first, second, third) for row in each["results"]] == expected
    assert (first["previous"], third["next"]) == (None, None)
    assert page(third["previous"])["results"] == second["results"]
    assert page(page(third["previous"])["previous"]) == first
    assert "http" not in first["next"]


def test_an_inbox_page_holds_20_and_50_at_most(api_as, owner, settings):
    settings.RATE_LIMITS = False
    for _ in range(21):
        ConversationFactory(help_request__user=owner)

    assert len(api_as(owner).get("/api/messaging/conversations").json()["results"]) == 20
    assert len(api_as(owner).get("/api/messaging/conversations?limit=50").json()["results"]) == 21
    assert api_as(owner).get("/api/messaging/conversations?limit=51").status_code == 400


def test_an_empty_list_goes_nowhere(api_as):
    assert api_as(MemberFactory()).get("/api/messaging/conversations").json() == {
        "results": [], "next": None, "previous": None,
    }  # fmt: skip


def test_a_cursor_is_its_members_own(api_as, owner):
    for _ in range(2):
        ConversationFactory(help_request__user=owner)
    cursor = api_as(owner).get("/api/messaging/conversations?limit=1").json()["next"]

    response = api_as(MemberFactory()).get("/api/messaging/conversations", {"cursor": cursor})

    assert response.json()["code"] == "invalid_cursor"


def test_the_owner_sees_the_offers_on_a_request_on_one_page(api_as, ride, owner):
    talks = [ConversationFactory(help_request=ride) for _ in range(3)]
    ConversationFactory(help_request__user=owner)

    body = api_as(owner).get(f"/api/messaging/help-requests/{ride.pk}/conversations").json()

    assert [row["id"] for row in body["results"]] == [str(talk.pk) for talk in reversed(talks)]
    assert all(set(row) == ENTRY for row in body["results"])
    assert (body["next"], body["previous"]) == (None, None)


# --- One conversation ---------------------------------------------------------------------------------------------


def test_a_conversation_comes_with_its_newest_messages_oldest_first(api_as, talk, owner, helper, settings):
    settings.RATE_LIMITS = False
    sent = [MessageFactory(conversation=talk, text=f"Number {n}") for n in range(52)]

    body = api_as(owner).get(at(talk)).json()

    assert set(body) == {"conversation", "messages", "before", "after"}
    assert set(body["conversation"]) == ENTRY | {"initial_message", "requester_id", "helper_id"}
    assert body["conversation"]["initial_message"] == FIRST_WORDS
    assert body["conversation"]["requester_id"] == str(owner.pk)
    assert body["conversation"]["helper_id"] == str(helper.pk)
    assert [message["content"] for message in body["messages"]] == [f"Number {n}" for n in range(2, 52)]
    assert all(set(message) == MESSAGE for message in body["messages"])
    assert body["messages"][-1] == {
        "id": str(sent[-1].pk),
        "conversation_id": str(talk.pk),
        "sender_id": str(helper.pk),
        "content": "Number 51",
        "created_at": sent[-1].created_at.isoformat().replace("+00:00", "Z"),
    }

    older = api_as(owner).get(at(talk, "/messages"), {"before": body["before"]}).json()
    assert [message["content"] for message in older["results"]] == ["Number 0", "Number 1"]
    assert older["before"] is None


def test_messages_are_paged_both_ways(api_as, talk, owner):
    for n in range(5):
        MessageFactory(conversation=talk, text=f"Number {n}")
    client = api_as(owner)

    def page(**query):
        body = client.get(at(talk, "/messages"), {"limit": 2, **query}).json()
        assert set(body) == {"results", "before", "after"}
        return [message["content"][-1] for message in body["results"]], body["before"], body["after"]

    newest, before, after = page()
    older, still_before, between = page(before=before)
    oldest, nothing_before, early = page(before=still_before)

    assert (newest, older, oldest) == (["3", "4"], ["1", "2"], ["0"])
    assert nothing_before is None
    assert page(after=early)[0] == ["1", "2"]
    assert page(after=between)[0] == ["3", "4"]
    assert page(after=after) == ([], None, after)


def test_after_is_never_null_so_one_can_always_ask_again(api_as, talk, owner, helper):
    client = api_as(owner)
    empty = client.get(at(talk, "/messages")).json()
    assert empty["results"] == []
    assert empty["after"] is not None

    MessageFactory(conversation=talk, text="At nine?")
    fresh = client.get(at(talk, "/messages"), {"after": empty["after"]}).json()
    again = client.get(at(talk, "/messages"), {"after": fresh["after"]}).json()

    assert [message["content"] for message in fresh["results"]] == ["At nine?"]
    assert (again["results"], again["after"]) == ([], fresh["after"])


@pytest.mark.one_of_each
@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x"])
def test_a_page_of_messages_holds_1_to_100(api_as, talk, owner, query):
    assert api_as(owner).get(at(talk, f"/messages?{query}")).status_code == 400
    assert api_as(owner).get(at(talk, "/messages?limit=100")).status_code == 200


def test_before_and_after_at_once_is_no_question(api_as, talk, owner):
    after = api_as(owner).get(at(talk)).json()["after"]

    response = api_as(owner).get(at(talk, "/messages"), {"after": after, "before": after})

    assert response.json()["code"] == "validation_error"


@pytest.mark.parametrize("number_of_messages", [1, 3])
def test_the_inbox_and_a_thread_ask_the_same_however_full_they_are(
    api_as, owner, number_of_messages, django_assert_num_queries
):
    for _ in range(number_of_messages):
        talk = ConversationFactory(help_request__user=owner)
        for _ in range(number_of_messages):
            MessageFactory(conversation=talk)
    client = api_as(owner)
    who_asks = 3 + 2  # session, member, limit; the scope's beginning and end

    with django_assert_num_queries(who_asks + 1):
        client.get("/api/messaging/conversations")
    with django_assert_num_queries(who_asks + 1):
        client.get(at(talk))


# --- Writing -------------------------------------------------------------------------------------------------------


def test_a_message_is_answered_with_where_to_go_on_reading(api_as, talk, owner, helper):
    response = api_as(owner).post(at(talk, "/messages"), {"content": "Yes, at nine."}, format="json")
    MessageFactory(conversation=talk, sender=helper, text="Good.")

    body = response.json()
    assert response.status_code == 201
    assert set(body) == MESSAGE | {"cursor"}
    assert (body["conversation_id"], body["sender_id"]) == (str(talk.pk), str(owner.pk))
    assert body["content"] == "Yes, at nine."
    assert TIME.fullmatch(body["created_at"])
    following = api_as(owner).get(at(talk, "/messages"), {"after": body["cursor"]}).json()
    assert [message["content"] for message in following["results"]] == ["Good."]


@pytest.mark.one_of_each
@pytest.mark.parametrize("carrier", ["body", "header", "quoted header", "both"])
def test_an_id_from_the_client_becomes_the_messages_and_sends_it_once(api_as, talk, owner, carrier):
    id = str(uuid.uuid4())
    body = {"content": "Yes."} | ({"id": id.upper()} if carrier in ("body", "both") else {})
    key = {"header": id, "quoted header": f'"{id}"', "both": id}.get(carrier)
    headers = {"Idempotency-Key": key} if key else {}

    first = api_as(owner).post(at(talk, "/messages"), body, format="json", headers=headers)
    again = api_as(owner).post(at(talk, "/messages"), body, format="json", headers=headers)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == id
    assert again.json() == first.json()


@pytest.mark.one_of_each
@pytest.mark.parametrize("other", ["text", "sender", "conversation", "first message"])
def test_an_id_that_was_used_for_something_else_is_a_conflict(api_as, talk, owner, helper, other):
    id = str(talk.pk) if other == "first message" else str(uuid.uuid4())
    if other != "first message":
        api_as(owner).post(at(talk, "/messages"), {"content": "Yes.", "id": id}, format="json")
    sender = helper if other in ("sender", "first message") else owner
    there = ConversationFactory(help_request__user=owner) if other == "conversation" else talk
    content = {"text": "No.", "first message": FIRST_WORDS}.get(other, "Yes.")

    response = api_as(sender).post(at(there, "/messages"), {"content": content, "id": id}, format="json")

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_conflict")


def test_nobody_writes_in_an_archived_conversation_until_it_is_open_again(api_as, talk, owner, helper):
    archived = api_as(owner).patch(at(talk), {"status": "archived"}, format="json")
    refused = api_as(helper).post(at(talk, "/messages"), {"content": "Hello?"}, format="json")
    opened = api_as(helper).patch(at(talk), {"status": "active"}, format="json")
    written = api_as(helper).post(at(talk, "/messages"), {"content": "Hello!"}, format="json")

    assert (archived.status_code, archived.json()["status"]) == (200, "archived")
    assert set(archived.json()) == ENTRY | {"initial_message", "requester_id", "helper_id"}
    assert refused.json()["code"] == "conversation_archived"
    assert (opened.status_code, opened.json()["status"]) == (200, "active")
    assert written.status_code == 201


def test_archiving_twice_is_archiving(api_as, talk, owner):
    for _ in range(2):
        assert api_as(owner).patch(at(talk), {"status": "archived"}, format="json").status_code == 200


def test_a_limited_member_goes_on_with_the_conversations_there_are(api_as, talk, helper):
    Member.objects.filter(pk=helper.pk).update(restriction="limited")

    response = api_as(helper).post(at(talk, "/messages"), {"content": "On my way."}, format="json")

    assert response.status_code == 201


def test_the_51st_message_of_a_minute_waits(api_as, talk, owner):
    take_all_but(0, limits.MESSAGES, owner.pk, lasting=limits.MESSAGES.period)

    response = api_as(owner).post(at(talk, "/messages"), {"content": "Hello?"}, format="json")

    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert 1 <= response.json()["retry_after"] <= 60


# --- Reading ----------------------------------------------------------------------------------------------------


def test_what_is_read_is_no_longer_unread_and_the_mark_only_moves_forward(api_as, talk, owner):
    sent = [MessageFactory(conversation=talk) for _ in range(3)]
    client = api_as(owner)
    counts = [client.get(at(talk)).json()["conversation"]["unread_count"]]

    for up_to in (talk.pk, sent[1].pk, talk.pk, sent[0].pk, sent[2].pk):
        assert client.post(at(talk, "/read"), {"up_to": str(up_to)}, format="json").status_code == 204
        counts.append(client.get(at(talk)).json()["conversation"]["unread_count"])

    assert counts == [4, 3, 1, 1, 1, 0]


def test_reading_answers_with_nothing(api_as, talk, owner):
    response = api_as(owner).post(at(talk, "/read"), {"up_to": str(talk.pk)}, format="json")

    assert (response.status_code, response.content) == (204, b"")


# --- Answers ----------------------------------------------------------------------------------------------------------


def answered(client, talk, verb, body=None):
    response = client.post(at(talk, f"/{verb}"), body or {}, format="json")
    if response.status_code >= 400:
        return response.status_code, response.json()["code"]
    return response.status_code, response.json()["answer"]


def test_accepting_answers_with_the_conversation_as_it_is_now(api_as, talk, ride, owner, helper):
    response = api_as(owner).post(at(talk, "/accept"))

    body = response.json()
    assert response.status_code == 200
    assert set(body) == ENTRY | {"initial_message", "requester_id", "helper_id"}
    assert (body["answer"], body["help_request"]["status"]) == ("accepted", "in_progress")
    assert body["other"]["name"] == "Henry Helpworth"
    assert api_as(helper).get(f"/api/help-requests/{ride.pk}").json()["helper_id"] == str(helper.pk)


def test_an_offer_is_answered_taken_back_and_undone(api_as, talk, owner, helper):
    as_owner, as_helper = api_as(owner), api_as(helper)

    assert [
        answered(as_owner, talk, "decline", {"note": "Thank you, my sister can do it."}),
        answered(as_owner, talk, "decline"),
        answered(as_owner, talk, "answer/undo"),
        answered(as_owner, talk, "answer/undo"),
        answered(as_helper, talk, "accept"),
        answered(as_helper, talk, "withdraw"),
        answered(as_owner, talk, "accept"),
    ] == [
        (200, "declined"),
        (409, "invalid_transition"),
        (200, None),
        (409, "invalid_transition"),
        (403, "permission_denied"),
        (200, "withdrawn"),
        (409, "invalid_transition"),
    ]
    (note,) = as_helper.get(at(talk, "/messages")).json()["results"]
    assert (note["content"], note["sender_id"]) == ("Thank you, my sister can do it.", str(owner.pk))


def test_a_note_is_no_longer_than_300_and_may_be_empty(api_as, talk, owner):
    assert answered(api_as(owner), talk, "decline", {"note": "x" * 301}) == (400, "validation_error")
    assert answered(api_as(owner), talk, "decline", {"note": ""}) == (200, "declined")


def test_a_declined_helper_is_told_when_the_last_word_is_said(api_as, talk, owner, helper):
    answered(api_as(owner), talk, "decline")
    write = lambda: api_as(helper).post(at(talk, "/messages"), {"content": "All the best."}, format="json")  # noqa: E731

    assert write().status_code == 201
    refused = write()
    assert (refused.status_code, refused.json()["code"]) == (409, "conversation_declined")


def test_offering_again_answers_as_an_offer_that_was_there(api_as, talk, ride, owner, helper):
    answered(api_as(helper), talk, "withdraw")

    response = offer(api_as(helper), ride, "I could come on Friday instead.")

    assert response.status_code == 200
    assert (response.json()["conversation_id"], response.json()["created"]) == (str(talk.pk), False)
    assert api_as(owner).get(at(talk)).json()["conversation"]["answer"] is None


def test_enough_help_answers_with_the_request_and_declines_who_waits(api_as, talk, ride, owner):
    response = api_as(owner).post(f"/api/help-requests/{ride.pk}/enough-help")

    assert (response.status_code, response.json()["id"], response.json()["status"]) == (200, str(ride.pk), "open")
    assert api_as(owner).get(at(talk)).json()["conversation"]["answer"] == "declined"
