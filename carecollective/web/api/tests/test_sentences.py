"""Each sentence is said where it is true: what was done, or what stands in the way, by where it is met."""

import pytest
from django.utils import translation

from helprequests import services as help_request_services
from helprequests.models import HelpRequest
from messaging import answers, blocking, services
from messaging.tests.factories import ConversationFactory
from messaging.tests.test_answers import age

from .neighborhood import ASK, OFFER


def offer(here, role, help_request, text=OFFER["initial_message"], **more):
    path = f"/api/messaging/help-requests/{help_request.pk}/start-conversation"
    return here.client(role).post(path, {"initial_message": text, **more}, format="json")


def talk(here, role, more, body=None, conversation=None):
    path = f"/api/messaging/conversations/{(conversation or here.talk).pk}{more}"
    return here.client(role).post(path, body or {}, format="json")


def reopen(here, role):
    return here.client(role).patch(f"/api/messaging/conversations/{here.talk.pk}", {"status": "active"}, format="json")


def new_offer(here):
    return offer(here, "stranger", here.ride)


def the_same_again(here):
    offer(here, "stranger", here.ride)
    return offer(here, "stranger", here.ride)


def again_after_a_withdrawal(here):
    answers.withdraw(here.offer.pk, by=here.other_helper)
    return offer(here, "other_helper", here.ride, "I have time after all.")


def the_same_again_after_a_withdrawal(here):
    again_after_a_withdrawal(here)
    return offer(here, "other_helper", here.ride, "I have time after all.")


def with_the_first_words_after_a_withdrawal(here):
    answers.withdraw(here.offer.pk, by=here.other_helper)
    return offer(here, "other_helper", here.ride, here.offer.initial_message)


def again_after_a_release(here):
    help_request_services.release(here.ride.pk, by=here.owner)
    return offer(here, "helper", here.ride, "I am free on Friday.")


def on_a_closed_one(here):
    return offer(here, "stranger", here.fence)


def on_one_that_ran_out(here):
    HelpRequest.objects.filter(pk=here.ride.pk).update(expires_at="2020-01-01T00:00:00Z")
    return offer(here, "stranger", here.ride)


def again_on_one_that_ran_out(here):
    answers.withdraw(here.offer.pk, by=here.other_helper)
    HelpRequest.objects.filter(pk=here.ride.pk).update(expires_at="2020-01-01T00:00:00Z")
    return offer(here, "other_helper", here.ride, "I have time after all.")


def as_somebody_else(here):
    return offer(here, "stranger", here.ride, helper_id=str(here.helper.pk))


def while_waiting(here):
    return here.client("pending").get("/api/help-requests")


def when_turned_down(here):
    return here.client("rejected").post("/api/help-requests", ASK, format="json")


def accepted_twice(here):
    asked = ConversationFactory(help_request__user=here.owner)
    answers.accept(asked.pk, by=here.owner)
    return talk(here, "owner", "/accept", conversation=asked)


def accepted_where_somebody_helps(here):
    return talk(here, "owner", "/accept", conversation=here.offer)


def undone_where_nothing_was_said(here):
    return talk(here, "owner", "/answer/undo")


def undone_too_late(here):
    answers.decline(here.offer.pk, by=here.owner)
    age(here.offer, minutes=11)
    return talk(here, "owner", "/answer/undo", conversation=here.offer)


def written_in_an_archived_one(here):
    services.archive(here.talk.pk, by=here.owner)
    return talk(here, "helper", "/messages", {"content": "Hello?"})


def opened_after_a_block(here):
    blocking.block(here.helper.pk, by=here.owner)
    return reopen(here, "helper")


def blocking_oneself(here):
    return here.client("owner").post(f"/api/members/{here.owner.pk}/block")


def completed_twice(here):
    return here.client("owner").post(f"/api/help-requests/{here.fence.pk}/complete")


def no_json(here):
    return here.client("owner").generic("POST", "/api/help-requests", "{", "application/json")


def another_host(here):
    return here.client("owner").get("/api/me", headers={"Host": "evil.example"})


def many_fields(here):
    return here.client("owner").get("/api/me?" + "&".join(f"a{n}=1" for n in range(201)))


def large(here):
    return here.client("owner").generic("POST", "/api/help-requests", "x" * 70_000, "application/json")


def wrong_password(here):
    return here.client("anonymous").post("/api/auth/login", {"email": "a@b.org", "password": "x"}, format="json")


def not_signed_in(here):
    return here.client("anonymous").get("/api/me")


def both_ways(here):
    path = f"/api/messaging/conversations/{here.talk.pk}/messages"
    cursor = here.client("owner").get(path).json()["after"]
    return here.client("owner").get(path, {"before": cursor, "after": cursor})


SAID = {
    new_offer: (201, "Your offer was sent."),
    the_same_again: (200, "You already sent this offer."),
    again_after_a_withdrawal: (200, "Your offer is open again."),
    the_same_again_after_a_withdrawal: (200, "You already sent this offer."),
    with_the_first_words_after_a_withdrawal: (200, "Your offer is open again."),
    again_after_a_release: (200, "Your offer is open again."),
    on_a_closed_one: (409, "This request was closed and takes no offers."),
    on_one_that_ran_out: (409, "This request has run out and takes no offers."),
    again_on_one_that_ran_out: (409, "This request has run out and takes no offers."),
    as_somebody_else: (403, "You can only act as yourself."),
    while_waiting: (403, "The team is still reading your application."),
    when_turned_down: (403, "Your application was not accepted."),
    accepted_twice: (409, "This cannot be done with the offer as it is now."),
    accepted_where_somebody_helps: (409, "This cannot be done with the request as it is now."),
    undone_where_nothing_was_said: (409, "There is nothing of yours to undo here."),
    undone_too_late: (409, "This can no longer be undone."),
    written_in_an_archived_one: (409, "This conversation is archived. Re-open it to write."),
    opened_after_a_block: (409, "This conversation is archived and cannot be opened again."),
    blocking_oneself: (403, "This is your own account."),
    completed_twice: (409, "This cannot be done with the request as it is now."),
    no_json: (400, "The body could not be read as JSON."),
    another_host: (400, "We could not read this request."),
    many_fields: (413, "That has too many fields."),
    large: (413, "That is too large. The limit is 64 KiB."),
    wrong_password: (401, "That email and password do not match. Check for typing mistakes."),
    not_signed_in: (401, "You need to sign in first."),
    both_ways: (400, "Ask for what is before or after, not for both."),
}


def sentence_of(response):
    body = response.json()
    if "errors" in body:
        return body["errors"][0]["detail"]
    return body.get("detail") or body["message"]


@pytest.mark.one_of_each
@pytest.mark.parametrize("met", SAID, ids=lambda met: met.__name__)
def test_each_sentence_is_said_where_it_is_true_and_in_the_readers_language(here, met):
    status, english = SAID[met]
    for role in ("anonymous", "pending", "rejected", "owner", "helper", "other_helper", "stranger"):
        here.client(role).credentials(**here.client(role)._credentials, HTTP_ACCEPT_LANGUAGE="es")

    response = met(here)

    with translation.override("es"):
        spanish = translation.gettext(english)
    assert spanish != english
    assert (response.status_code, sentence_of(response)) == (status, spanish)
