"""What an open page asks for again: what came, the counts, who has seen what. And sending without leaving the page."""

import re
import uuid

import pytest
from django.db import connection
from django.test import Client

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import RateLimited
from carecollective.tests.pages import words
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, seen, services
from messaging.inbox import unread_total
from messaging.legacy.tests.factories import offered
from messaging.models import ReadMarker
from messaging.tests.factories import FIRST_WORDS, ConversationFactory, MessageFactory
from messaging.thread import thread

pytestmark = pytest.mark.django_db

ON_THE_PAGE = {"hx-request": "true"}


def address(conversation, part=""):
    return f"/messages/{conversation.pk}/{part}"


def stands_at(response):
    return re.search(r'data-after="([^"]+)"', response.content.decode()).group(1)


def shown(response):
    return re.findall(r'<p class="prose">([^<]+)</p>', response.content.decode())


def new(client, conversation, after):
    return client.get(address(conversation, "new/"), {"after": after})


def send(client, conversation, text, **more):
    return client.post(address(conversation, "send/"), {"content": text, **more}, headers=ON_THE_PAGE)


# --- What came ------------------------------------------------------------------------------------------------------


def test_what_came_after_the_page_is_there_once_and_then_nothing(as_owner, conversation):
    page = as_owner.get(address(conversation))
    MessageFactory.create_batch(3, conversation=conversation)

    first = new(as_owner, conversation, stands_at(page))
    second = new(as_owner, conversation, stands_at(first))

    assert shown(page) == [FIRST_WORDS]
    assert shown(first) == [message.content for message in thread(conversation.pk, by=conversation.helper).messages]
    assert (shown(second), stands_at(second)) == ([], stands_at(first))


def test_more_than_a_page_says_that_there_is_more(as_owner, conversation, settings):
    settings.RATE_LIMITS = False
    page = as_owner.get(address(conversation))
    MessageFactory.create_batch(51, conversation=conversation)

    first = new(as_owner, conversation, stands_at(page))
    second = new(as_owner, conversation, stands_at(first))

    assert [len(shown(part)) for part in (first, second)] == [50, 1]
    assert ["data-more" in part.content.decode() for part in (first, second)] == [True, False]


def test_what_is_only_fetched_is_not_read(as_owner, conversation, owner):
    page = as_owner.get(address(conversation))
    last = MessageFactory(conversation=conversation)

    new(as_owner, conversation, stands_at(page))
    as_owner.get("/messages/news/?list=active")
    assert unread_total(owner) == 1

    response = as_owner.post(address(conversation, "seen/"), {"up_to": last.pk})
    assert (response.status_code, unread_total(owner)) == (204, 0)


def test_an_answer_given_elsewhere_comes_with_its_sentence_and_its_panel(as_owner, client, conversation, owner, helper):
    client.force_login(helper)
    page = client.get(address(conversation))
    answers.accept(conversation.pk, by=owner)

    part = new(client, conversation, stands_at(page))

    assert "Nora Nelson accepted your offer" in words(part)
    assert "You are helping Nora Nelson" in words(part)


def test_an_archived_conversation_comes_without_its_box(as_owner, conversation, helper):
    page = as_owner.get(address(conversation))
    services.archive(conversation.pk, by=helper)

    part = new(as_owner, conversation, stands_at(page))

    assert ("data-can-write" in page.content.decode(), "data-can-write" in part.content.decode()) == (True, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", ["new/", "seen/"])
def test_a_part_of_what_one_may_not_see_looks_like_what_does_not_exist(client, conversation, part):
    client.force_login(MemberFactory())
    act = client.post if part == "seen/" else client.get
    sent = {"up_to": conversation.pk}

    there = act(address(conversation, part), sent)
    nowhere = act(f"/messages/{uuid.uuid4()}/{part}", sent)

    assert (there.status_code, words(there)) == (404, words(nowhere))
    assert unread_total(conversation.requester) == 1


@pytest.mark.one_of_each
@pytest.mark.parametrize("up_to", ["", "nonsense", "\0", "6f1c1f0e-0000-4000-8000-000000000000"])
def test_what_is_no_message_here_cannot_be_seen(as_owner, conversation, up_to):
    assert as_owner.post(address(conversation, "seen/"), {"up_to": up_to}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_cursor_of_somebody_else_is_none(as_owner, conversation, helper):
    after = thread(conversation.pk, by=helper).after

    assert new(as_owner, conversation, after).status_code == 400


def test_what_is_said_about_an_older_conversation_stays_true_on_an_open_page(as_owner, help_request, helper):
    older = offered(help_request, helper)

    page = as_owner.get(address(older))
    parts = new(as_owner, older, stands_at(page))

    for response in (page, parts):
        assert "This is a legacy conversation" in words(response)
        assert "No messages were saved" not in words(response)


def test_the_news_are_the_counts_and_the_list_where_it_is_asked_for(as_owner, conversation):
    counts, rows = as_owner.get("/messages/news/"), as_owner.get(f"/messages/news/?list=active&open={conversation.pk}")

    assert words(counts).startswith("1 (1 unread)")
    assert "A ride" not in words(counts)
    assert "A ride" in words(rows)
    assert 'aria-current="page"' in rows.content.decode()


def test_parts_are_for_members_and_never_kept_by_a_browser(client, conversation):
    for path in ("/messages/news/", address(conversation, "new/")):
        assert client.get(path)["Location"].startswith("/sign-in/")
    client.force_login(conversation.requester)
    for path in ("/messages/news/", address(conversation, "new/")):
        assert client.get(path)["Cache-Control"] == "no-store"


# --- Sending without leaving the page -------------------------------------------------------------------------------


def test_a_page_with_scripts_gets_the_one_message_back(as_owner, conversation, helper):
    client_id = str(uuid.uuid4())

    first, again = (send(as_owner, conversation, "Thank you.", client_id=client_id) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert shown(first) == shown(again) == ["Thank you."]
    assert f'data-key="{client_id}"' in first.content.decode()
    assert [message.content for message in thread(conversation.pk, by=helper).messages] == ["Thank you."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\u200b", "Write a message before you send it"),
        ("x" * 1001, "Your message must be 1,000 characters or fewer"),
    ],
)
def test_a_page_with_scripts_is_told_what_does_not_fit(as_owner, conversation, text, sentence):
    response = send(as_owner, conversation, text)

    assert (response.status_code, response.json()) == (422, {"detail": sentence})


def test_a_page_with_scripts_is_told_that_it_is_archived(as_owner, conversation, helper):
    services.archive(conversation.pk, by=helper)

    response = send(as_owner, conversation, "Thank you.")

    assert response.status_code == 409
    assert response.json() == {"detail": "This conversation was archived while you were writing."}


def test_a_page_with_scripts_is_told_the_time(as_owner, conversation, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise RateLimited(600)

    monkeypatch.setattr("carecollective.ground.limits.Limit.take", refuse)

    response = send(as_owner, conversation, "Thank you.")

    assert response.status_code == 429
    assert re.fullmatch(r"You can send more at \d+:\d\d [AP]M\.", response.json()["detail"])


def test_archived_while_writing_without_scripts_the_text_stands_at_the_top(as_owner, conversation, helper):
    services.archive(conversation.pk, by=helper)

    response = as_owner.post(address(conversation, "send/"), {"content": "I was just writing this."})

    body = response.content.decode()
    assert "<title>Error: Hal H." in body
    assert body.index("I was just writing this.") < body.index("<h1>")
    assert body.count("I was just writing this.") == 1


# --- Seen -----------------------------------------------------------------------------------------------------------


def states(client, conversation):
    return re.findall(r'<span class="sent">(\w+)</span>', client.get(address(conversation)).content.decode())


@pytest.fixture
def written(as_owner, conversation, owner):
    """Two messages of the owner's, the first of them read by the helper."""
    first = services.send_message(conversation.pk, by=owner, text="Hello.").message
    services.mark_read(conversation.pk, by=conversation.helper, up_to=first.pk)
    services.send_message(conversation.pk, by=owner, text="Are you there?")


def test_what_the_other_has_read_says_seen(as_owner, conversation, written):
    assert states(as_owner, conversation) == ["Seen", "Sent"]


def test_what_one_has_read_oneself_is_no_seen(as_owner, conversation, owner):
    services.send_message(conversation.pk, by=owner, text="Hello.")
    as_owner.get(address(conversation))

    assert states(as_owner, conversation) == ["Sent"]


@pytest.mark.one_of_each
@pytest.mark.parametrize("who", ["owner", "helper"])
def test_either_of_the_two_turns_seen_off_for_both(client, as_owner, conversation, written, who, request):
    services.mark_read(conversation.pk, by=conversation.requester, up_to=conversation.pk)
    seen.choose(request.getfixturevalue(who), shows_seen=False)

    assert states(as_owner, conversation) == ["Sent", "Sent"]
    client.force_login(conversation.helper)
    assert states(client, conversation) == ["Sent"]


def test_in_version_1_too(as_owner, owner, helper, settings):
    settings.MESSAGING_V2_ROLLOUT = "disabled"
    offered = services.offer_help(
        HelpRequestFactory(user=owner).pk, by=helper, text=FIRST_WORDS, version="v1"
    ).conversation
    sent = services.send_message(offered.pk, by=owner, text="Hello.").message
    assert states(as_owner, offered) == ["Sent"]

    services.mark_read(offered.pk, by=helper, up_to=sent.pk)
    assert states(as_owner, offered) == ["Seen"]
    seen.choose(helper, shows_seen=False)

    assert states(as_owner, offered) == ["Sent"]


def test_the_choice_is_made_on_ones_own_page(as_owner, owner):
    wishes = {"language": "en", "text_size": "normal", "theme": "device"}

    as_owner.post("/you/settings/", wishes)

    assert seen.is_shown_by(owner) is False
    as_owner.post("/you/settings/", wishes | {"shows_seen": "on"})
    assert seen.is_shown_by(owner) is True


def markers_seen_by(member):
    with acting_as(member):
        return set(ReadMarker.objects.values_list("member_id", flat=True))


def choices_seen_by(member):
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute("SELECT member_id FROM messaging_preferences")
        return {row[0] for row in cursor.fetchall()}


def test_the_database_itself_shows_a_place_to_the_two_and_hides_it_from_all_others(conversation, owner, helper):
    for member in (owner, helper):
        services.send_message(conversation.pk, by=member, text="Hello.")
        services.mark_read(conversation.pk, by=member, up_to=conversation.pk)
    stranger = ConversationFactory().helper

    assert markers_seen_by(owner) == markers_seen_by(helper) == {owner.pk, helper.pk}
    assert markers_seen_by(stranger) == set()
    seen.choose(helper, shows_seen=False)
    assert (markers_seen_by(owner), markers_seen_by(helper)) == ({owner.pk}, {helper.pk})
    assert (choices_seen_by(owner), choices_seen_by(stranger)) == ({helper.pk}, set())


def test_nobody_moves_anothers_place_or_makes_anothers_choice(conversation, owner, helper):
    services.mark_read(conversation.pk, by=helper, up_to=conversation.pk)
    seen.choose(helper, shows_seen=True)

    with acting_as(owner), connection.cursor() as cursor:
        cursor.execute("UPDATE conversation_read_markers SET read_up_to = now() WHERE member_id = %s", [helper.pk])
        moved = cursor.rowcount
        cursor.execute("UPDATE messaging_preferences SET shows_seen = false WHERE member_id = %s", [helper.pk])
        chosen = cursor.rowcount

    assert (moved, chosen) == (0, 0)


# --- What a page need not ask after -----------------------------------------------------------------------------------


def own_frames(response):
    return re.findall(r'data-own="([^"]*)"', response.content.decode())


def test_an_open_page_is_told_which_frames_its_own_doing_sends(as_helper, as_owner_too, conversation, helper):
    here = f"/messages/{conversation.pk}/"

    sent = as_helper.post(f"{here}send/", {"content": "Hello."}, headers=ON_THE_PAGE)
    up_to = re.search(r'data-key="([0-9a-f-]{36})"', sent.content.decode()).group(1)
    seen, again = (as_owner_too.post(f"{here}seen/", {"up_to": up_to}, headers=ON_THE_PAGE) for _ in range(2))

    frame = f"conversation {conversation.pk}"
    assert [own_frames(each) for each in (sent, seen, again)] == [
        [f"{frame} message"],
        [f"{frame} read,notification"],
        [],
    ]


def test_where_something_else_is_unread_a_message_of_ones_own_is_asked_after(as_helper, conversation, owner):
    services.send_message(conversation.pk, by=owner, text="At the same moment.")

    sent = as_helper.post(f"/messages/{conversation.pk}/send/", {"content": "Hello."}, headers=ON_THE_PAGE)

    assert (sent.status_code, own_frames(sent)) == (201, [])


@pytest.fixture
def as_owner_too(owner):
    client = Client()
    client.force_login(owner)
    return client
