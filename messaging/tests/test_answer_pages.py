"""Answers to an offer, as a browser without scripts sees them: the panel, what happened in sentences, the way back."""

import re
import uuid

import pytest
from django.contrib.sessions.models import Session

from carecollective.accounts.contacts.models import ContactDetail
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import RateLimited
from carecollective.tests.pages import heading, hidden, title, words, written_in
from carecollective.tests.sql import run
from helprequests import services as help_request_services
from messaging import answers, services
from messaging.models import OfferAnswer
from messaging.pages.answering import SENTENCES
from messaging.tests.factories import FIRST_WORDS, ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


def read(client, conversation):
    return client.get(f"/messages/{conversation.pk}/")


def act(client, conversation, name, **sent):
    return client.post(f"/messages/{conversation.pk}/{name}/", sent, follow=True)


def happened_in(page):
    return [thing.words for thing in page.context["said"] if hasattr(thing, "words")]


# --- Yes ------------------------------------------------------------------------------------------------------------


def test_the_requester_is_asked_at_the_top_of_the_thread(as_owner, conversation):
    text = words(read(as_owner, conversation))

    assert re.search(f"Hal H. offers to help. .* Accept this offer.* No thanks.* {FIRST_WORDS}", text)


def test_accepting_says_who_helps_by_full_name_and_what_is_next(as_owner, conversation, help_request):
    page = act(as_owner, conversation, "accept")

    assert page.redirect_chain == [(f"/messages/{conversation.pk}/", 303)]
    text = words(page)
    assert "You accepted this offer. Hal Hill has been told, and your request shows that someone is helping." in text
    assert "Hal Hill is helping you. Write here to agree on the day, the time and the place. Undo" in text
    assert happened_in(page) == ["You accepted this offer"]
    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id) == ("in_progress", conversation.helper_id)


def test_the_helper_reads_who_accepted(as_helper, conversation, owner):
    answers.accept(conversation.pk, by=owner)

    page = read(as_helper, conversation)

    assert "You are helping Nora Nelson" in words(page)
    assert happened_in(page) == ["Nora Nelson accepted your offer"]


def test_a_double_click_accepts_once_and_complains_about_nothing(as_owner, conversation):
    act(as_owner, conversation, "accept")

    page = act(as_owner, conversation, "accept")

    assert page.status_code == 200
    assert "Something changed" not in words(page)
    assert happened_in(page) == ["You accepted this offer"]


def test_accepting_what_was_taken_back_says_what_happened(as_owner, conversation, helper):
    answers.withdraw(conversation.pk, by=helper)

    page = act(as_owner, conversation, "accept")

    text = words(page)
    assert "Something changed in the meantime, so nothing was done." in text
    assert "Hal H. withdrew the offer." in text


def test_while_somebody_helps_the_way_to_another_yes_is_named(as_owner, conversation, help_request, owner):
    other = ConversationFactory(help_request=help_request)
    answers.accept(other.pk, by=owner)

    text = words(read(as_owner, conversation))

    assert "Someone is helping you already. To accept this offer, first open the request for others." in text
    assert "Accept this offer" not in text
    assert "No thanks" in text


# --- No thanks ------------------------------------------------------------------------------------------------------


def test_no_thanks_asks_first_and_offers_three_kind_words(as_owner, conversation):
    page = as_owner.get(f"/messages/{conversation.pk}/decline/")

    assert heading(page) == "Say no thanks to this offer?"
    text = words(page)
    assert "Hal H. can write one last message to you." in text
    assert "Thank you, that is very kind of you. I have found help already. Maybe another time." in text
    assert "(optional)" in text
    assert "You can write up to 300 characters" in text


def test_no_thanks_with_a_kind_word_leaves_it_in_the_thread(as_owner, conversation, helper):
    page = act(as_owner, conversation, "decline", note="Thank you.\r\nMaybe another time.")

    text = words(page)
    assert "You said no thanks. Hal H. has been told." in text
    assert "You said no thanks. Hal H. can write one last message here." in text
    assert "Undo" in text
    as_owner.force_login(helper)
    page = read(as_owner, conversation)
    assert "Nora N. said no thanks." in words(page)
    assert "You can write one last message here." in words(page)
    assert "Thank you. Maybe another time." in words(page)
    assert happened_in(page) == ["Nora N. said no thanks"]


def test_a_note_counts_as_a_person_counts(as_owner, conversation):
    fits, too_long = "🙂" * 298 + "\r\nx", "x" * 301

    refused = act(as_owner, conversation, "decline", note=too_long)
    assert refused.status_code == 422
    assert title(refused).startswith("Error:")
    assert words(refused).count("Your note must be 300 characters or fewer") == 2
    assert written_in(refused, "note") == too_long

    assert "You said no thanks." in words(act(as_owner, conversation, "decline", note=fits))


def test_a_note_that_comes_too_late_is_in_the_box(as_owner, conversation, helper):
    answers.withdraw(conversation.pk, by=helper)

    page = act(as_owner, conversation, "decline", note="Maybe another time.")

    assert "Something changed in the meantime, so nothing was done." in words(page)
    assert written_in(page, "content") == "Maybe another time."


def test_too_many_messages_keep_the_note_and_say_when(as_owner, conversation, monkeypatch):
    def refuse(*_):
        raise RateLimited(600)

    monkeypatch.setattr("carecollective.ground.limits.Limit.take", refuse)

    response = act(as_owner, conversation, "decline", note="Maybe another time.")

    assert response.status_code == 429
    assert re.search(r"You can send more at \d+:\d\d [AP]M\.", words(response))
    assert written_in(response, "note") == "Maybe another time."


def test_another_note_after_the_answer_is_not_lost(as_owner, conversation):
    act(as_owner, conversation, "decline", note="Thank you.")

    assert written_in(act(as_owner, conversation, "decline", note="Thank you."), "content") == ""
    page = act(as_owner, conversation, "decline", note="Maybe another time.")

    assert written_in(page, "content") == "Maybe another time."


def test_a_sign_in_that_ended_keeps_the_note(as_owner, conversation, owner):
    form = as_owner.get(f"/messages/{conversation.pk}/decline/")
    kept_for = hidden(form, "kept_for")
    Session.objects.all().delete()

    response = as_owner.post(f"/messages/{conversation.pk}/decline/", {"note": "Thank you.", "kept_for": kept_for})

    assert response.status_code == 302
    as_owner.force_login(owner)
    page = as_owner.get(f"/messages/{conversation.pk}/decline/")
    assert written_in(page, "note") == "Thank you."
    assert "You were signed out. Your message is safe." in words(page)


def test_a_declined_helper_has_one_last_message_and_is_told_when_it_is_written(as_helper, conversation, owner):
    answers.decline(conversation.pk, by=owner)
    assert "<textarea" in read(as_helper, conversation).content.decode()

    services.send_message(conversation.pk, by=conversation.helper, text="I wish you all the best.")

    page = read(as_helper, conversation)
    assert "<textarea" not in page.content.decode()
    assert "You have written your last message here. If Nora N. writes to you again, you can answer." in words(page)


def test_a_message_beyond_the_last_one_is_kept_and_explained(as_helper, conversation, owner):
    answers.decline(conversation.pk, by=owner)
    MessageFactory(conversation=conversation)

    response = as_helper.post(f"/messages/{conversation.pk}/send/", {"content": "And one more."})

    assert response.status_code == 409
    assert "You have already written your last message here." in words(response)
    assert "And one more." in words(response)


def test_when_the_requester_writes_again_the_helper_can_answer(as_helper, conversation, owner):
    answers.decline(conversation.pk, by=owner)
    MessageFactory(conversation=conversation)
    MessageFactory(conversation=conversation, sender=owner)

    assert "<textarea" in read(as_helper, conversation).content.decode()


# --- The helper's own side ------------------------------------------------------------------------------------------


def test_the_helper_waits_and_can_take_the_offer_back(as_helper, conversation, owner):
    text = words(read(as_helper, conversation))
    assert "Waiting for an answer Nora N. can read your offer." in text
    asked = as_helper.get(f"/messages/{conversation.pk}/withdraw/")
    assert heading(asked) == "Withdraw your offer?"

    page = act(as_helper, conversation, "withdraw")

    text = words(page)
    assert "You withdrew your offer. Nora N. has been told." in text
    assert "Offer to help again" in text
    assert happened_in(page) == ["You withdrew your offer"]
    as_helper.force_login(owner)
    assert "Hal H. withdrew the offer." in words(read(as_helper, conversation))


def test_the_helper_can_step_back(as_helper, conversation, owner, help_request):
    answers.accept(conversation.pk, by=owner)
    asked = as_helper.get(f"/messages/{conversation.pk}/withdraw/")
    assert heading(asked) == "Step back from helping Nora Nelson?"

    page = act(as_helper, conversation, "withdraw")

    assert "You stepped back. Nora N" in words(page)
    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id) == ("open", None)


@pytest.mark.one_of_each
@pytest.mark.parametrize("how", ["withdrawn", "released", "lapsed"])
def test_whoever_is_out_of_it_can_offer_again_on_the_request(as_helper, conversation, owner, help_request, how):
    if how == "withdrawn":
        answers.withdraw(conversation.pk, by=conversation.helper)
    elif how == "released":
        answers.accept(conversation.pk, by=owner)
        help_request_services.release(help_request.pk, by=owner)
    else:
        with acting_as_system("two weeks go by"):
            run("INSERT INTO offer_answers (conversation_id, kind) VALUES (%s, 'lapsed')", conversation.pk)
    assert f'href="/requests/{help_request.pk}/#offer-title"' in read(as_helper, conversation).content.decode()
    form = as_helper.get(f"/requests/{help_request.pk}/")
    assert "Offer to help Nora N. again" in words(form)

    sent = {"initial_message": "I can drive you on Friday."}
    page = as_helper.post(f"/requests/{help_request.pk}/offer/", sent, follow=True)

    assert page.redirect_chain[-1][0].startswith(f"/messages/{conversation.pk}/")
    assert "Your offer was sent. Nora N. has been told." in words(page)
    assert "I can drive you on Friday." in words(page)
    assert happened_in(page)[-1] == "You offered to help again"


# --- Undo -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["accept", "decline"])
def test_an_undo_puts_the_question_back(as_owner, conversation, given):
    act(as_owner, conversation, given)

    page = act(as_owner, conversation, "undo")

    text = words(page)
    assert "Undone." in text
    assert "Hal H. offers to help." in text
    assert happened_in(page)[-1] == "You undid that"


def test_the_helper_undoes_their_own_answer_only(as_helper, conversation, owner):
    act(as_helper, conversation, "withdraw")
    assert "Waiting for an answer" in words(act(as_helper, conversation, "undo"))

    answers.decline(conversation.pk, by=owner)
    page = act(as_helper, conversation, "undo")

    assert "There is nothing to undo here now." in words(page)
    assert "Nora N. said no thanks." in words(page)


# --- On the request -------------------------------------------------------------------------------------------------


def test_on_the_request_each_offer_shows_its_answer(as_owner, conversation, help_request, owner):
    waiting = ConversationFactory(help_request=help_request, helper=MemberFactory(name="Anna Berg"))
    answers.accept(conversation.pk, by=owner)

    page = as_owner.get(f"/requests/{help_request.pk}/")

    text = words(page)
    assert "Hal Hill is helping you." in text
    assert "Accepted" in text
    assert "Please answer" in text
    assert f'href="/messages/{waiting.pk}/decline/"' in page.content.decode()
    assert f'action="/messages/{waiting.pk}/accept/"' not in page.content.decode()


def test_an_open_request_takes_a_yes_and_a_no_beside_each_offer(as_owner, conversation, help_request):
    page = as_owner.get(f"/requests/{help_request.pk}/")

    assert f'action="/messages/{conversation.pk}/accept/"' in page.content.decode()
    assert f'href="/messages/{conversation.pk}/decline/"' in page.content.decode()


def test_enough_help_is_asked_for_then_said_to_those_who_wait(as_owner, conversation, help_request, owner):
    waiting = ConversationFactory(help_request=help_request)
    answers.accept(conversation.pk, by=owner)
    assert "I have enough help" in words(as_owner.get(f"/requests/{help_request.pk}/"))
    asked = as_owner.get(f"/requests/{help_request.pk}/enough-help/")
    assert heading(asked) == "Do you have enough help?"

    page = as_owner.post(f"/requests/{help_request.pk}/enough-help/", follow=True)

    assert "has been told" in words(page)
    assert "I have enough help" not in words(page)
    assert happened_in(read(as_owner, waiting)) == ["You said that you have enough help"]
    assert happened_in(read(as_owner, conversation)) == ["You accepted this offer"]
    as_owner.force_login(waiting.helper)
    assert happened_in(read(as_owner, waiting)) == ["Nora N. has enough help now"]


def test_the_helper_sees_on_the_request_how_the_offer_stands(as_helper, conversation, help_request, owner):
    assert "You offered to help Waiting for an answer" in words(as_helper.get(f"/requests/{help_request.pk}/"))

    answers.accept(conversation.pk, by=owner)

    assert "You are helping Nora Nelson" in words(as_helper.get(f"/requests/{help_request.pk}/"))


# --- In the list ----------------------------------------------------------------------------------------------------


def test_what_waits_for_an_answer_stands_above_the_list(as_owner, conversation, owner):
    text = words(as_owner.get("/messages/"))
    assert "Please answer Hal H. offers to help A ride to the clinic" in text

    answers.decline(conversation.pk, by=owner)

    assert "offers to help" not in words(as_owner.get("/messages/"))


def test_while_somebody_helps_nobody_else_waits_above_the_list(as_owner, conversation, help_request, owner):
    ConversationFactory(help_request=help_request)
    answers.accept(conversation.pk, by=owner)

    assert "offers to help" not in words(as_owner.get("/messages/"))


def test_five_at_most_wait_above_the_list_and_only_above_its_first_page(as_owner, help_request):
    for _ in range(22):
        ConversationFactory(help_request=help_request)

    first = as_owner.get("/messages/")

    assert words(first).count("offers to help") == 5
    assert "Please answer</h2>" not in as_owner.get(first.context["next_url"]).content.decode()
    assert "Please answer" not in words(as_owner.get("/messages/?status=archived"))


# --- The request ends -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "owners", "helpers"),
    [
        ("complete", "You marked the request as done", "Nora N. marked the request as done"),
        ("cancel", "You closed the request", "The request was closed by Nora N."),
    ],
)
def test_the_end_of_a_request_is_told_in_its_threads(as_owner, conversation, helper, ending, owners, helpers):
    as_owner.post(f"/requests/{conversation.help_request_id}/{ending}/", {"reason": ""})

    page = read(as_owner, conversation)
    assert happened_in(page) == [owners]
    assert "offers to help." not in words(page)
    as_owner.force_login(helper)
    assert happened_in(read(as_owner, conversation)) == [helpers]


# --- Where it stands in the thread ----------------------------------------------------------------------------------


def test_what_happened_stands_among_the_messages_of_its_time_and_on_one_page_only(
    as_owner, conversation, owner, settings
):
    settings.RATE_LIMITS = False
    MessageFactory(conversation=conversation, text="Before.")
    answers.decline(conversation.pk, by=owner)
    MessageFactory.create_batch(49, conversation=conversation, sender=owner)
    answers.accept(conversation.pk, by=owner)
    MessageFactory(conversation=conversation, text="After.")

    newest = read(as_owner, conversation)
    older = as_owner.get(f"/messages/{conversation.pk}/?before={newest.context['older']}")

    assert happened_in(newest) == ["You accepted this offer"]
    assert [getattr(thing, "words", None) for thing in newest.context["said"]][-2:] == ["You accepted this offer", None]
    assert happened_in(older) == ["You said no thanks"]


def test_the_newest_place_is_there_when_the_last_thing_is_no_message(as_owner, conversation):
    page = act(as_owner, conversation, "accept")

    assert page.content.decode().count('id="newest"') == 1


# --- In our older system --------------------------------------------------------------------------------------------


def test_an_offer_in_the_older_system_is_answered_alike(as_owner, help_request):
    older = services.offer_help(help_request.pk, by=MemberFactory(name="Ida Ivers"), text=FIRST_WORDS, version="v1")
    assert "Please answer Ida I. offers to help" in words(as_owner.get("/messages/"))
    assert "Ida I. offers to help." in words(read(as_owner, older.conversation))

    page = act(as_owner, older.conversation, "accept")

    assert "Ida Ivers is helping you." in words(page)
    assert happened_in(page) == ["You accepted this offer"]


# --- Whose it is ----------------------------------------------------------------------------------------------------

ACTS = ["accept", "decline", "withdraw", "undo"]


@pytest.mark.one_of_each
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ACTS)
def test_a_stranger_answers_nothing_and_learns_nothing(client, conversation, name):
    client.force_login(MemberFactory())

    there, nowhere = (client.post(f"/messages/{id}/{name}/") for id in (conversation.pk, uuid.uuid4()))

    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert words(there) == words(nowhere)


@pytest.mark.parametrize(("name", "side"), [("accept", "helper"), ("decline", "helper"), ("withdraw", "owner")])
def test_the_wrong_side_gets_a_page_and_changes_nothing(client, conversation, helper, owner, name, side):
    client.force_login({"helper": helper, "owner": owner}[side])

    response = client.post(f"/messages/{conversation.pk}/{name}/")

    assert response.status_code == 403
    assert "This is not yours to do." in words(response)
    assert happened_in(read(client, conversation)) == []


def test_only_the_owner_has_enough_help(as_helper, conversation, help_request):
    for response in (
        as_helper.get(f"/requests/{help_request.pk}/enough-help/"),
        as_helper.post(f"/requests/{help_request.pk}/enough-help/"),
    ):
        assert response.status_code == 403


@pytest.mark.parametrize("name", ["accept", "undo"])
def test_the_address_of_an_answer_leads_to_the_conversation(as_owner, conversation, name):
    response = as_owner.get(f"/messages/{conversation.pk}/{name}/")

    assert (response.status_code, response["Location"]) == (303, f"/messages/{conversation.pk}/")


def test_there_are_words_for_everything_that_can_happen():
    shared = {f"{what}_{kind}" for what in ("shared", "stopped") for kind in ContactDetail.Kind.values}

    assert set(SENTENCES) == set(OfferAnswer.Kind.values) | shared | {"stepped_back"}
