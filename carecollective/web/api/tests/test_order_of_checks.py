"""401, then 413 / 415 / 400, then the account, then 404, then 403, then replay, then 429, then 409.

Each request here has two faults or more that stand side by side in that order: the first is the one that is said.
"""

import uuid

import pytest

from carecollective.accounts.models import ImpersonationAttempt, Member
from carecollective.ground import limits
from carecollective.ground.identity import acting_as_system
from carecollective.tests.limits_taken import take_all_but
from helprequests import services as help_request_services
from helprequests.tests.factories import HelpRequestFactory
from messaging import services

from .neighborhood import ABSENT, ASK, OFFER, outcome_of, rows, used_up

pytestmark = pytest.mark.thorough

FALSE = {"helper_id": str(ABSENT)}
TOO_LARGE = "x" * (64 * 1024 + 1)


def start(help_request):
    return f"/api/messaging/help-requests/{getattr(help_request, 'pk', help_request)}/start-conversation"


def write(conversation):
    return f"/api/messaging/conversations/{getattr(conversation, 'pk', conversation)}/messages"


def attempts():
    with acting_as_system("a test counts"):
        return ImpersonationAttempt.objects.count()


# --- 401 before what the body is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(TOO_LARGE, "application/json"), ("<a/>", "text/xml"), ("{", "application/json"), ("{}", "application/json")],
)
@pytest.mark.parametrize("role", ["anonymous", "banned"])
def test_who_is_nobody_learns_nothing_about_a_body(here, role, body, media_type):
    response = here.client(role).generic("POST", start(ABSENT), body, media_type)

    assert outcome_of(response) == "401 unauthorized"


# --- What the body is before the account's state ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "media_type", "answer"),
    [
        (TOO_LARGE, "application/json", "413 payload_too_large"),
        ("<a/>", "text/xml", "415 unsupported_media_type"),
        ("{", "application/json", "400 malformed_request"),
        ('{"helper_id": 7}', "application/json", "400 validation_error"),
    ],
)
@pytest.mark.parametrize("role", ["pending", "rejected", "suspended", "limited", "stranger"])
def test_a_bad_body_is_said_before_the_accounts_state_and_before_404_and_403(here, role, body, media_type, answer):
    response = here.client(role).generic("POST", start(ABSENT), body, media_type)

    assert outcome_of(response) == answer


def test_a_bad_idempotency_key_is_said_before_the_accounts_state(here):
    response = here.client("pending").post(
        write(ABSENT), {"content": "Hi", **FALSE}, format="json", headers={"Idempotency-Key": "seven"}
    )

    assert outcome_of(response) == "400 validation_error"


def test_a_bad_status_is_said_before_the_accounts_state_and_before_who_one_claims_to_be(here):
    response = here.client("suspended").patch(f"/api/messaging/conversations/{here.talk.pk}", FALSE, format="json")

    assert outcome_of(response) == "400 validation_error"


def test_a_bad_query_is_said_before_the_accounts_state(here):
    assert outcome_of(here.client("pending").get("/api/help-requests?limit=0")) == "400 validation_error"
    assert outcome_of(here.client("pending").get(f"{write(ABSENT)}?before=x&after=y")) == "400 validation_error"


# --- The account's state before 404 and before 403 ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "answer"),
    [
        ("pending", "403 not_approved"),
        ("rejected", "403 not_approved"),
        ("suspended", "403 user_restricted"),
        ("limited", "403 user_restricted"),
    ],
)
def test_the_accounts_state_is_said_before_404_and_is_no_attempt_to_be_somebody_else(here, role, answer):
    response = here.client(role).post(start(ABSENT), OFFER | FALSE, format="json")

    assert outcome_of(response) == answer
    assert attempts() == 0


def test_a_limited_member_who_asks_in_anothers_name_is_told_about_the_account(here):
    response = here.client("limited").post("/api/help-requests", ASK | {"user_id": str(here.owner.pk)}, format="json")

    assert outcome_of(response) == "403 user_restricted"


# --- 404 before 403 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["stranger", "helper", "owner"])
def test_what_is_not_there_is_said_before_who_one_claims_to_be(here, role):
    client = here.client(role)

    assert outcome_of(client.post(start(ABSENT), OFFER | FALSE, format="json")) == "404 help_request_not_found"
    assert (
        outcome_of(client.post(write(ABSENT), {"content": "Hi"} | FALSE, format="json")) == "404 conversation_not_found"
    )
    assert attempts() == 0


def test_what_one_cannot_see_is_said_before_who_one_claims_to_be(here):
    client = here.client("stranger")
    talk, fence = f"/api/messaging/conversations/{here.talk.pk}", f"/api/help-requests/{here.fence.pk}"

    assert outcome_of(client.post(f"{talk}/messages", {"content": "Hi"} | FALSE, format="json")).startswith("404")
    assert outcome_of(client.post(f"{talk}/read", {"up_to": str(ABSENT)} | FALSE, format="json")).startswith("404")
    assert outcome_of(client.patch(talk, {"status": "archived"} | FALSE, format="json")).startswith("404")
    assert outcome_of(client.patch(fence, {"title": "My fence"} | FALSE, format="json")).startswith("404")
    for act in ("complete", "cancel", "reopen", "release", "renew", "enough-help"):
        assert outcome_of(client.post(f"{fence}/{act}", FALSE, format="json")) == "404 help_request_not_found"
    for act in ("accept", "decline", "withdraw", "answer/undo"):
        assert outcome_of(client.post(f"{talk}/{act}", FALSE, format="json")) == "404 conversation_not_found"
    assert attempts() == 0


# --- 403 before replay, 429 and 409 -------------------------------------------------------------------------------


def test_who_one_claims_to_be_is_said_before_the_replay_of_an_offer(here):
    same = {"initial_message": here.talk.initial_message}

    assert (
        outcome_of(here.client("helper").post(start(here.ride), same | FALSE, format="json")) == "403 permission_denied"
    )
    assert outcome_of(here.client("helper").post(start(here.ride), same, format="json")) == "200"


def test_who_one_claims_to_be_is_said_before_the_limit_and_before_the_conflict(here):
    used_up(limits.OFFERS, here.helper)

    assert (
        outcome_of(here.client("helper").post(start(here.ride), OFFER | FALSE, format="json"))
        == "403 permission_denied"
    )


def test_ones_own_request_is_said_before_the_limit_and_before_that_it_is_closed(here):
    used_up(limits.OFFERS, here.owner)

    assert outcome_of(here.client("owner").post(start(here.fence), OFFER, format="json")) == "403 own_help_request"


def test_not_yours_is_said_before_not_now(here):
    assert (
        outcome_of(here.client("helper").post(f"/api/help-requests/{here.fence.pk}/reopen")) == "403 permission_denied"
    )
    assert outcome_of(here.client("other_helper").post(f"/api/help-requests/{here.fence.pk}/complete")).startswith(
        "403"
    )


# --- Replay before 429 --------------------------------------------------------------------------------------------


def test_an_offer_that_arrived_before_is_no_new_try(here):
    used_up(limits.OFFERS, here.helper)

    response = here.client("helper").post(
        start(here.ride), {"initial_message": here.talk.initial_message}, format="json"
    )

    assert outcome_of(response) == "200"


def test_a_message_that_arrived_before_is_no_new_try_even_where_the_conversation_was_archived_since(here):
    sent = {"content": "On my way", "id": str(uuid.uuid4())}
    first = here.client("helper").post(write(here.talk), sent, format="json")
    services.archive(here.talk.pk, by=here.owner)
    used_up(limits.MESSAGES, here.helper)

    again = here.client("helper").post(write(here.talk), sent, format="json")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_a_request_that_was_posted_before_is_no_new_try(here):
    sent = ASK | {"id": str(uuid.uuid4())}
    first = here.client("stranger").post("/api/help-requests", sent, format="json")
    used_up(limits.HELP_REQUESTS, here.stranger)

    again = here.client("stranger").post("/api/help-requests", sent, format="json")
    new = here.client("stranger").post("/api/help-requests", ASK, format="json")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert outcome_of(new) == "429 rate_limited"


# --- 429 before 409 -----------------------------------------------------------------------------------------------


def test_the_limit_on_offers_is_said_before_any_conflict(here):
    used_up(limits.OFFERS, here.helper)
    used_up(limits.OFFERS, here.stranger)

    assert outcome_of(here.client("helper").post(start(here.ride), OFFER, format="json")) == "429 rate_limited"
    assert outcome_of(here.client("stranger").post(start(here.fence), OFFER, format="json")) == "429 rate_limited"


def test_the_limit_on_messages_is_said_before_any_conflict(here):
    taken = {"content": "Another text", "id": str(here.message.pk)}
    used_up(limits.MESSAGES, here.helper)

    conflict = here.client("helper").post(write(here.talk), taken, format="json")
    services.archive(here.talk.pk, by=here.owner)
    archived = here.client("helper").post(write(here.talk), {"content": "Hello?"}, format="json")

    assert (outcome_of(conflict), outcome_of(archived)) == ("429 rate_limited", "429 rate_limited")


def test_every_429_says_how_long_to_wait(here):
    used_up(limits.OFFERS, here.stranger)

    response = here.client("stranger").post(start(here.ride), OFFER, format="json")

    assert 0 < response.json()["retry_after"] <= 3600
    assert response["Retry-After"] == str(response.json()["retry_after"])


# --- The limit on the API as a whole: said after what is wrong with the request and the account -----------------------


def test_the_limit_on_calls_is_said_after_a_bad_body_and_the_accounts_state_and_instead_of_the_act(here):
    for role in ("stranger", "pending"):
        used_up(limits.API, here.members[role])
    before = rows()

    assert outcome_of(here.client("stranger").post("/api/help-requests", {}, format="json")) == "400 validation_error"
    assert outcome_of(here.client("pending").post("/api/help-requests", ASK, format="json")) == "403 not_approved"
    assert outcome_of(here.client("stranger").post("/api/help-requests", ASK, format="json")) == "429 rate_limited"
    assert outcome_of(here.client("stranger").get("/api/me")) == "429 rate_limited"
    assert rows() == before


def test_a_bad_request_counts_as_a_call(here):
    take_all_but(1, limits.API, here.stranger.pk)

    assert outcome_of(here.client("stranger").post("/api/help-requests", {}, format="json")) == "400 validation_error"
    assert outcome_of(here.client("stranger").get("/api/help-requests")) == "429 rate_limited"


def test_refusals_do_not_count_as_offers_or_messages(here):
    for _ in range(limits.OFFERS.most + 1):
        assert (
            outcome_of(here.client("helper").post(start(here.ride), OFFER, format="json")) == "409 conversation_exists"
        )
        assert outcome_of(here.client("stranger").post(start(here.fence), OFFER, format="json")).startswith("409")
    services.archive(here.talk.pk, by=here.owner)
    for _ in range(limits.MESSAGES.most + 1):
        assert outcome_of(here.client("owner").post(write(here.talk), {"content": "Hi"}, format="json")).startswith(
            "409"
        )
    services.reopen(here.talk.pk, by=here.owner)

    assert outcome_of(here.client("stranger").post(start(here.ride), OFFER, format="json")) == "201"
    assert outcome_of(here.client("owner").post(write(here.talk), {"content": "Hi"}, format="json")) == "201"


def test_a_request_that_ran_out_takes_no_offers(here):
    HelpRequestFactory._meta.model.objects.filter(pk=here.ride.pk).update(expires_at="2020-01-01T00:00:00Z")

    assert (
        outcome_of(here.client("stranger").post(start(here.ride), OFFER, format="json"))
        == "409 help_request_unavailable"
    )


def test_an_offer_on_a_request_closed_a_moment_ago_says_so_to_who_claims_nothing(here):
    open_request = HelpRequestFactory(user=here.owner)
    help_request_services.cancel(open_request.pk, by=here.owner)
    client = here.client("stranger")

    assert outcome_of(client.post(start(open_request), OFFER, format="json")) == "409 help_request_unavailable"
    assert outcome_of(client.post(start(open_request), OFFER | FALSE, format="json")) == "403 permission_denied"


def test_a_restriction_set_meanwhile_holds_for_the_next_call(here):
    client = here.client("helper")
    assert outcome_of(client.get("/api/help-requests")) == "200"

    Member.objects.filter(pk=here.helper.pk).update(restriction="suspended")

    assert outcome_of(client.get("/api/help-requests")) == "403 user_restricted"
    assert outcome_of(client.get("/api/me")) == "200"
