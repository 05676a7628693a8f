"""A request with its offers, the list of conversations and one conversation, as a browser without scripts sees them."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.refusals import RateLimited
from carecollective.tests.pages import heading, hidden, title, words, written_in
from helprequests import services as help_request_services
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, services
from messaging.inbox import inbox, unread_total
from messaging.legacy.tests.factories import offered
from messaging.models import Conversation
from messaging.tests.factories import FIRST_WORDS, ConversationFactory, MessageFactory
from messaging.thread import thread

pytestmark = pytest.mark.django_db

# Taking on an identity for a page and, inside a test's own transaction, a savepoint around it, and giving it back.
READING = 4


def said_in(conversation, member):
    return [message.content for message in thread(conversation.pk, by=member).messages]


def one_conversation(member):
    (entry,) = inbox(member, status="all").results
    return entry


def refuse(*_args, **_kwargs):
    raise RateLimited(600)


# --- Offering -------------------------------------------------------------------------------------------------------


def offer(client, help_request, text=FIRST_WORDS):
    return client.post(f"/requests/{help_request.pk}/offer/", {"initial_message": text})


def test_two_taps_from_the_list_an_offer_is_sent(as_helper, help_request, helper):
    assert "Offer to help Nora N." in words(as_helper.get(f"/requests/{help_request.pk}/"))

    response = offer(as_helper, help_request)

    made = one_conversation(helper)
    assert (response.status_code, response["Location"]) == (303, f"/messages/{made.id}/")
    assert "Your offer was sent. Nora N. has been told. The answer will show here, and we will email you." in words(
        as_helper.get(response["Location"])
    )
    assert response.cookies["draft_done"].value == f"offer%3A{help_request.pk}"


def test_the_same_offer_again_ends_in_the_same_conversation(as_helper, help_request):
    first, second = offer(as_helper, help_request), offer(as_helper, help_request)

    assert first["Location"] == second["Location"]


def test_another_offer_ends_in_the_conversation_with_the_text_in_the_box(as_helper, help_request, conversation):
    response = offer(as_helper, help_request, "I could also bring soup.")

    assert (response.status_code, response["Location"]) == (303, f"/messages/{conversation.pk}/")
    page = as_helper.get(response["Location"])
    assert written_in(page, "content") == "I could also bring soup."
    assert "You already offered to help. Here is your conversation." in words(page)


def test_to_an_archived_conversation_the_text_comes_back_when_it_is_opened(
    as_helper, help_request, conversation, owner
):
    services.archive(conversation.pk, by=owner)

    offer(as_helper, help_request, "I could also bring soup.")
    as_helper.get(f"/messages/{conversation.pk}/")
    response = as_helper.post(f"/messages/{conversation.pk}/reopen/", follow=True)

    assert written_in(response, "content") == "I could also bring soup."


def test_closed_while_writing_keeps_the_text_and_leads_on(as_helper, help_request, conversation, owner):
    other = HelpRequestFactory(user=owner, status="in_progress", expires_at=timezone.now() - timedelta(days=1))

    response = offer(as_helper, other, "I can come on Monday.")

    assert response.status_code == 409
    text = words(response)
    assert "This request was closed while you were writing. Nora N. no longer needs help." in text
    assert "I can come on Monday." in text
    assert "?category=transportation-errands" in response.content.decode()


def test_too_many_offers_are_told_the_time(as_helper, help_request, monkeypatch):
    monkeypatch.setattr("carecollective.ground.limits.Limit.take", refuse)

    response = offer(as_helper, help_request)

    assert response.status_code == 429
    assert re.search(r"You have sent 10 offers in an hour\. You can send more at \d+:\d\d [AP]M\.", words(response))
    assert written_in(response, "initial_message") == FIRST_WORDS


def test_nobody_offers_to_help_themselves(as_owner, help_request):
    response = offer(as_owner, help_request)

    assert response.status_code == 403
    assert "This is your own request." in words(response)
    assert "No offers yet." in words(response)


def test_a_limited_member_sees_why_there_is_no_form(client, help_request):
    client.force_login(MemberFactory(limited=True))

    page, response = client.get(f"/requests/{help_request.pk}/"), offer(client, help_request)

    assert "You cannot start conversations right now" in words(page)
    assert response.status_code == 403
    assert FIRST_WORDS in words(response)


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n ", "Write a message before you send it"),
        ("\u2800\u200b" * 10, "Write a message before you send it"),
        ("Too short", "Your message needs at least 10 characters"),
        ("x" * 1001, "Your message must be 1,000 characters or fewer"),
    ],
)
def test_an_offer_that_does_not_fit_is_shown_again(as_helper, help_request, text, sentence):
    response = offer(as_helper, help_request, text)

    assert response.status_code == 422
    assert title(response).startswith("Error: A ride to the clinic")
    assert words(response).count(sentence) == 2
    assert written_in(response, "initial_message") == text


def test_an_offer_of_a_thousand_characters_with_line_ends_is_sent(as_helper, help_request, helper):
    offer(as_helper, help_request, "x" * 994 + "\r\n" * 5 + "🙂")

    assert len(one_conversation(helper).initial_message) == 1000


def test_who_has_offered_finds_the_way_to_the_conversation(as_helper, help_request, conversation):
    response = as_helper.get(f"/requests/{help_request.pk}/")

    assert "You offered to help" in words(response)
    assert f'href="/messages/{conversation.pk}/#newest"' in response.content.decode()
    assert "<textarea" not in response.content.decode()


def test_the_owner_sees_the_offers_and_what_to_do(as_owner, help_request, conversation):
    response = as_owner.get(f"/requests/{help_request.pk}/")

    text = words(response)
    assert "1 offer waiting Hal H." in text
    assert FIRST_WORDS in text
    for act in ("Edit request", "Mark as done", "Close request", "Read and reply"):
        assert act in text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_owners_page_asks_as_often_for_three_offers_as_for_one(
    as_owner, help_request, rows, django_assert_num_queries
):
    for _ in range(rows):
        ConversationFactory(help_request=help_request)

    # Who it is (2); what was kept, the request, its offers, notices read, and what is counted.
    with django_assert_num_queries(2 + READING + 5):
        as_owner.get(f"/requests/{help_request.pk}/")


# A refusal inside a scope ends its transaction: here as in life, it is not a test's.
@pytest.mark.one_of_each
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/requests/{}/", "/messages/{}/"])
def test_what_one_may_not_see_looks_like_what_does_not_exist(client, help_request, conversation, address):
    help_request_services.complete(help_request.pk, by=help_request.user)
    client.force_login(MemberFactory())

    there = client.get(address.format(help_request.pk if "requests" in address else conversation.pk))
    nowhere = client.get(address.format(uuid.uuid4()))

    assert (there.status_code, words(there)) == (404, words(nowhere))


# --- The list -------------------------------------------------------------------------------------------------------


def test_a_conversation_is_one_line(as_owner, conversation):
    response = as_owner.get("/messages/")

    text = words(response)
    assert heading(response) == "Messages"
    assert "Hal H." in text
    assert "A ride to the clinic" in text
    assert FIRST_WORDS in text
    assert "(1 unread)" in text


def test_each_line_says_where_its_offer_stands(as_owner, client, conversation, helper, owner):
    assert "Please answer" in row_of(conversation, as_owner.get("/messages/"))
    client.force_login(helper)
    assert "Waiting for an answer" in row_of(conversation, client.get("/messages/"))

    answers.accept(conversation.pk, by=owner)

    assert "Accepted" in row_of(conversation, client.get("/messages/"))


def row_of(conversation, response):
    return re.search(rf'(?s)id="conversation-{conversation.pk}".*?</a>', response.content.decode()).group()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("On Thursday\nat ten.", "On Thursday at ten."),
        ("word " * 40, " ".join(["word"] * 12) + "…"),
        ("x" * 200, "x" * 59 + "…"),
        ("a well-known " * 10, "a well-known a well-known a well-known a well-known a…"),
    ],
)
def test_the_last_words_are_whole_ones(as_owner, conversation, text, shown):
    MessageFactory(conversation=conversation, text=text)

    row = row_of(conversation, as_owner.get("/messages/"))

    assert re.search(r'two-lines"><bdi>([^<]*)</bdi><', row).group(1) == shown


def test_one_from_the_older_system_says_so(as_owner, help_request, helper):
    legacy = offered(help_request, helper)

    row = row_of(legacy, as_owner.get("/messages/"))
    thread_page = words(as_owner.get(f"/messages/{legacy.pk}/"))

    assert "Legacy conversation" in row
    assert "Started in our older system. You can read it here." in row
    assert "legacy conversation from our older system. You can read, save and report it." in thread_page


def test_archived_ones_stand_apart_and_are_counted(as_owner, conversation, owner):
    services.archive(conversation.pk, by=owner)

    assert "Archived (1)" in words(as_owner.get("/messages/"))
    assert "Hal H." not in words(as_owner.get("/messages/"))
    assert "Hal H." in words(as_owner.get("/messages/?status=archived"))


def test_an_empty_list_says_what_to_do(as_owner):
    assert "No conversations yet." in words(as_owner.get("/messages/"))


def test_the_list_goes_on_and_back(as_owner, help_request):
    for _ in range(21):
        ConversationFactory(help_request=help_request)

    first = as_owner.get("/messages/")
    second = as_owner.get(first.context["next_url"])

    assert (len(first.context["page"].results), len(second.context["page"].results)) == (20, 1)
    assert as_owner.get(second.context["previous_url"]).context["page"].results == first.context["page"].results


@pytest.mark.django_db(transaction=True)  # as above
def test_a_made_up_page_marker_gets_a_page(as_owner):
    assert as_owner.get("/messages/?cursor=made-up").status_code == 400


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_often_for_three_rows_as_for_one(as_owner, help_request, rows, django_assert_num_queries):
    for _ in range(rows):
        ConversationFactory(help_request=help_request)

    # Who it is (2); the list, what to answer (2), and all that is counted.
    with django_assert_num_queries(2 + READING + 4):
        as_owner.get("/messages/")


# --- One conversation -----------------------------------------------------------------------------------------------


def send(client, conversation, text, **more):
    return client.post(f"/messages/{conversation.pk}/send/", {"content": text, **more})


def test_both_write_and_read(as_owner, conversation, helper):
    response = send(as_owner, conversation, "Thank you.\r\nAt ten?")

    assert (response.status_code, response["Location"]) == (303, f"/messages/{conversation.pk}/#newest")
    assert said_in(conversation, helper) == ["Thank you.\nAt ten?"]
    as_owner.force_login(helper)
    page = as_owner.get(f"/messages/{conversation.pk}/")
    assert [message.content for message in page.context["said"]] == [FIRST_WORDS, "Thank you.\nAt ten?"]
    assert "You Thank you. At ten?" not in words(page)
    assert "Nora N. Thank you. At ten?" in words(page)


def test_reading_a_conversation_marks_it_read(as_owner, conversation, owner):
    assert unread_total(owner) == 1

    page = as_owner.get(f"/messages/{conversation.pk}/")

    assert unread_total(owner) == 0
    assert "unread" not in words(page)


def test_a_browser_that_only_fetches_ahead_marks_nothing(as_owner, conversation, owner):
    as_owner.get(f"/messages/{conversation.pk}/", headers={"sec-purpose": "prefetch;prerender"})

    assert unread_total(owner) == 1


def test_sending_the_form_twice_sends_once(as_owner, conversation, helper):
    client_id = hidden(as_owner.get(f"/messages/{conversation.pk}/"), "client_id")

    for _ in range(2):
        assert send(as_owner, conversation, "Thank you.", client_id=client_id).status_code == 303

    assert said_in(conversation, helper) == ["Thank you."]
    assert str(thread(conversation.pk, by=helper).messages[0].pk) == client_id


def test_another_text_from_the_same_form_is_kept_and_can_be_sent(as_owner, conversation, helper):
    client_id = str(uuid.uuid4())
    send(as_owner, conversation, "Thank you.", client_id=client_id)

    response = send(as_owner, conversation, "And please ring twice.", client_id=client_id)

    assert response.status_code == 409
    assert "You already sent a message from this page." in words(response)
    again = send(as_owner, conversation, written_in(response, "content"), client_id=hidden(response, "client_id"))
    assert again.status_code == 303
    assert said_in(conversation, helper) == ["Thank you.", "And please ring twice."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  ", "Write a message before you send it"),
        ("x" * 1001, "Your message must be 1,000 characters or fewer"),
    ],
)
def test_a_message_that_does_not_fit_is_shown_again(as_owner, conversation, text, sentence):
    response = send(as_owner, conversation, text)

    assert response.status_code == 422
    assert title(response).startswith("Error: Hal H.")
    assert words(response).count(sentence) == 2
    assert written_in(response, "content") == text


def test_too_many_messages_are_told_the_time(as_owner, conversation, monkeypatch):
    monkeypatch.setattr("carecollective.ground.limits.Limit.take", refuse)

    response = send(as_owner, conversation, "Thank you.")

    assert response.status_code == 429
    assert re.search(r"You can send more at \d+:\d\d [AP]M\.", words(response))
    assert written_in(response, "content") == "Thank you."


def test_either_archives_and_either_opens_it_again(as_owner, conversation, helper):
    archived = as_owner.post(f"/messages/{conversation.pk}/archive/", follow=True)
    assert "Neither of you can write here until one of you opens it again." in words(archived)
    assert "<textarea" not in archived.content.decode()

    as_owner.force_login(helper)
    opened = as_owner.post(f"/messages/{conversation.pk}/reopen/", follow=True)

    assert "This conversation is open again." in words(opened)
    assert "<textarea" in opened.content.decode()


def test_archived_while_writing_keeps_the_text_until_it_is_open_again(as_owner, conversation, helper):
    services.archive(conversation.pk, by=helper)

    response = send(as_owner, conversation, "Thank you.")

    assert response.status_code == 409
    assert "Thank you." in words(response)
    opened = as_owner.post(f"/messages/{conversation.pk}/reopen/", follow=True)
    assert written_in(opened, "content") == "Thank you."


@pytest.mark.parametrize("act", ["send", "archive", "reopen"])
def test_the_address_of_an_act_leads_to_the_conversation(as_owner, conversation, act):
    assert as_owner.get(f"/messages/{conversation.pk}/{act}/")["Location"] == f"/messages/{conversation.pk}/"


@pytest.mark.one_of_each
@pytest.mark.parametrize("act", ["send", "archive", "reopen"])
def test_a_conversation_is_not_a_strangers_to_change(client, conversation, owner, act):
    client.force_login(MemberFactory())

    response = client.post(f"/messages/{conversation.pk}/{act}/", {"content": "Let me in."})

    assert response.status_code == 404
    assert one_conversation(owner).status == Conversation.Status.ACTIVE
    assert said_in(conversation, owner) == []


def test_older_messages_are_a_link_away(as_owner, conversation, settings):
    settings.RATE_LIMITS = False
    for number in range(51):
        MessageFactory(conversation=conversation, text=f"This is number {number}.")

    newest = as_owner.get(f"/messages/{conversation.pk}/")
    (older,) = re.findall(r'href="(\?before=[^"]+)"', newest.content.decode())
    page = as_owner.get(f"/messages/{conversation.pk}/{older}")

    shown = [message.content for message in page.context["said"]]
    assert shown == [FIRST_WORDS, "This is number 0."]
    assert "Back to the newest message" in words(page)


def test_an_open_thread_gets_what_is_older_as_a_part(as_owner, conversation, owner, settings):
    settings.RATE_LIMITS = False
    MessageFactory.create_batch(51, conversation=conversation)
    newest = as_owner.get(f"/messages/{conversation.pk}/").content.decode()
    (older,) = re.findall(r'href="(\?before=[^"]+)"', newest)
    MessageFactory(conversation=conversation)

    part = as_owner.get(f"/messages/{conversation.pk}/{older}", headers={"hx-request": "true"}).content.decode()

    shown = re.findall(r'data-key="([^"]+)"', part)
    assert str(conversation.pk) in shown
    assert shown[0] == re.findall(r'data-key="([^"]+)"', newest)[0]  # the day, which began further back
    assert not set(shown[1:]) & set(re.findall(r'data-key="([^"]+)"', newest))
    assert 'id="newest"' not in part
    assert '<p class="row" id="older"' in part
    assert "?before" not in part
    assert unread_total(owner) == 1


def test_what_members_write_is_only_ever_text(as_owner, conversation, helper):
    MessageFactory(conversation=conversation, text='<script>alert("x")</script>')

    body = as_owner.get(f"/messages/{conversation.pk}/").content.decode()

    assert "&lt;script&gt;alert(&quot;x&quot;)" in body
    assert "<script>alert" not in body


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("headers", "has_list"),
    [
        ({}, True),
        ({"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}, True),
        ({"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605 Mobile/15E"}, False),
        ({"sec-ch-ua-mobile": "?1"}, False),
    ],
)
def test_the_list_stands_beside_a_thread_where_it_is_to_be_seen(as_owner, conversation, headers, has_list):
    page = as_owner.get(f"/messages/{conversation.pk}/", headers=headers).content.decode()

    assert (f'id="conversation-{conversation.pk}"' in page) is has_list
    assert ('<div id="conversations" data-query="list=active' in page, "All messages" in page) == (True, True)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_thread_asks_as_often_for_three_messages_as_for_one(as_owner, conversation, rows, django_assert_num_queries):
    MessageFactory.create_batch(rows, conversation=conversation)
    as_owner.get(f"/messages/{conversation.pk}/")

    # Who it is (2); the thread, what happened, what the team knows, what is seen, what was kept, notices read, the list
    # beside it, and all that is counted.
    with django_assert_num_queries(2 + READING + 8):
        as_owner.get(f"/messages/{conversation.pk}/")


@pytest.mark.parametrize("path", ["/requests/{request}/offer/", "/messages/{conversation}/send/"])
def test_a_form_that_claims_to_be_somebody_else_is_refused(as_helper, help_request, conversation, owner, path):
    sent = {"initial_message": FIRST_WORDS, "content": "Hello", "sender_id": str(owner.pk)}

    response = as_helper.post(path.format(request=help_request.pk, conversation=conversation.pk), sent)

    assert response.status_code == 403
    assert said_in(conversation, owner) == []
