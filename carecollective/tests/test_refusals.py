"""Every "no" has one code, one status and one sentence."""

import pytest

from carecollective.ground import refusals
from carecollective.ground.refusals import CATALOGUE, Refusal

# Other programs are written against these.
CODES = {
    400: "validation_error malformed_request invalid_cursor",
    401: "unauthorized second_factor_wrong",
    403: "permission_denied not_approved user_restricted own_help_request report_required csrf_failed",
    404: "not_found conversation_not_found help_request_not_found message_not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
    409: "conversation_exists help_request_unavailable conversation_archived conversation_declined legacy_read_only "
    "idempotency_conflict already_reported invalid_transition",
    429: "rate_limited",
    500: "server_error",
    503: "unavailable",
}


def test_the_catalogue_is_the_contracts():
    told = {code: status for status, codes in CODES.items() for code in codes.split()}

    assert {code: refusal.status for code, refusal in CATALOGUE.items()} == told


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_refusal_has_a_sentence(code):
    sentence = str(CATALOGUE[code].message)

    assert sentence.endswith(".")
    assert len(sentence) > 15


def test_a_refusal_carries_what_helps():
    refusal = refusals.ConversationExists(conversation_id="c")

    assert (refusal.extra, str(refusal)) == ({"conversation_id": "c"}, "conversation_exists")


def test_a_refusal_may_say_it_in_other_words():
    reworded = Refusal("Not today."), refusals.NotFound("No such thing.")

    assert [refusal.message for refusal in reworded] == ["Not today.", "No such thing."]
    assert refusals.NotFound().message == refusals.NotFound.message


def test_a_refusal_without_a_code_of_its_own_is_not_in_the_catalogue():
    class Softer(refusals.NotFound):
        message = "It is gone."

    assert (Softer.code, CATALOGUE["not_found"]) == ("not_found", refusals.NotFound)


def test_what_is_not_well_formed_names_its_errors():
    errors = [{"field": "title", "code": "blank", "detail": "Write something here."}]

    refusal = refusals.ValidationFailed(errors)

    assert (refusal.errors, refusal.extra) == (errors, {"errors": errors})


@pytest.mark.parametrize(("phone", "named"), [("555-0100", True), ("", False)])
def test_a_restricted_member_learns_whom_to_call(phone, named, settings):
    settings.COMMUNITY_PHONE = phone

    assert str(refusals.UserRestricted().message).endswith(f"{phone}") is True
    assert ("555-0100" in str(refusals.UserRestricted().message)) is named


def test_waiting_is_told_in_seconds():
    assert [refusals.RateLimited(7).retry_after, refusals.Unavailable().retry_after] == [7, 5]
