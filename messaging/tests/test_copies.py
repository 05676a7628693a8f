"""A copy of a conversation: all of it, for the two whose it is, as it stands in the thread."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.tests.pages import heading, words
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking, services
from messaging import thread as threads
from messaging.legacy.tests.factories import left_behind

from .factories import FIRST_WORDS, ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation():
    owner = MemberFactory(name="Nora Nelson")
    return ConversationFactory(
        help_request=HelpRequestFactory(user=owner, title="A ride to the clinic"), helper__name="Hal Hill"
    )


@pytest.fixture
def as_owner(client, conversation):
    client.force_login(conversation.requester)
    return client


def page_of(conversation):
    return f"/messages/{conversation.pk}/copy/"


def file_of(conversation):
    return f"/messages/{conversation.pk}/copy.txt"


def lines_of(response):
    return response.content.decode().split("\r\n")


BOTH = pytest.mark.parametrize("address", [page_of, file_of])


def test_the_page_shows_everything_that_was_said_and_what_happened(as_owner, conversation):
    MessageFactory(conversation=conversation, text="Is Thursday good?")
    services.send_message(conversation.pk, by=conversation.requester, text="It is.")
    answers.accept(conversation.pk, by=conversation.requester)

    response = as_owner.get(page_of(conversation))

    text = words(response)
    assert heading(response) == "Conversation with Hal Hill"
    assert "About: A ride to the clinic" in text
    order = [FIRST_WORDS, "Is Thursday good?", "You It is.", "You accepted this offer"]
    assert sorted(order, key=text.index) == order


def test_the_file_has_the_same_with_every_line_of_a_text_set_in(as_owner, conversation):
    forged = "Hello.\n\nYou, 9:00 AM\n    I owe you money."
    MessageFactory(conversation=conversation, text=forged)

    lines = lines_of(as_owner.get(file_of(conversation)))

    assert lines[0] == "Conversation with Hal H."
    assert "“You” means Nora Nelson in this copy." in lines
    assert lines[lines.index("    Hello.") :][:4] == [
        "    Hello.",
        "    ",
        "    You, 9:00 AM",
        "        I owe you money.",
    ]
    assert [line.partition(",")[0] for line in lines if line.endswith(("AM", "PM"))][:2] == ["Hal H.", "Hal H."]


def test_the_file_is_a_download_whose_name_holds_no_word_of_anybody(as_owner, conversation):
    conversation.help_request.title = 'A "ride"; ../../etc'
    conversation.help_request.save()

    response = as_owner.get(file_of(conversation))

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    kind, _, name = response["Content-Disposition"].partition("; filename=")
    assert kind == "attachment"
    assert name.strip('"').startswith("conversation-20")
    assert name.strip('"').endswith(f"-{str(conversation.pk)[:8]}.txt")


@BOTH
def test_it_is_never_stored_and_marks_nothing_as_read(as_owner, conversation, address):
    response = as_owner.get(address(conversation))

    assert response["Cache-Control"] == "no-store"
    with_thread = threads.thread(conversation.pk, by=conversation.requester)
    assert with_thread.conversation.unread_count == 1


@BOTH
def test_every_message_is_there_and_each_500_take_one_question(as_owner, conversation, address, monkeypatch):
    monkeypatch.setattr(threads, "COPY_SIZE", 5)
    MessageFactory.create_batch(4, conversation=conversation)
    with CaptureQueriesContext(connection) as few:
        as_owner.get(address(conversation))
    for number in range(9):
        MessageFactory(conversation=conversation, text=f"This is number {number}.")

    with CaptureQueriesContext(connection) as many:
        response = as_owner.get(address(conversation))

    body = response.content.decode()
    assert [number for number in range(9) if body.count(f"This is number {number}.") != 1] == []
    assert len(many) - len(few) == 2


@BOTH
@pytest.mark.django_db(transaction=True)  # a refusal ends the scope's own transaction
def test_nobody_elses_conversation_is_there_and_an_unknown_one_is_the_same(client, conversation, address):
    client.force_login(MemberFactory())
    unknown = HelpRequestFactory()  # any id that is no conversation's

    foreign, nobodys = client.get(address(conversation)), client.get(address(unknown))

    assert foreign.status_code == nobodys.status_code == 404
    assert cleaned(foreign, conversation.pk) == cleaned(nobodys, unknown.pk)


def cleaned(response, id):
    """Without what differs from one request to the next, whatever was asked for."""
    body = response.content.decode().replace(str(id), "ID")
    return [line for line in body.splitlines() if "csrfmiddlewaretoken" not in line]


@BOTH
@pytest.mark.parametrize("standing", ["pending", "suspended"])
def test_who_may_not_take_part_gets_none(client, conversation, address, standing):
    client.force_login(MemberFactory(**{standing: True}))

    assert client.get(address(conversation)).status_code == 403


@pytest.mark.one_of_each
@BOTH
@pytest.mark.parametrize("ending", ["archived", "declined", "blocked"])
def test_it_can_be_kept_however_the_conversation_ended(as_owner, conversation, address, ending):
    me = conversation.requester
    if ending == "archived":
        services.archive(conversation.pk, by=me)
    elif ending == "declined":
        answers.decline(conversation.pk, by=me)
    else:
        blocking.block(conversation.helper_id, by=me)

    response = as_owner.get(address(conversation))

    assert (response.status_code, FIRST_WORDS in response.content.decode()) == (200, True)


@pytest.mark.one_of_each
@BOTH
@pytest.mark.parametrize("status", ["active", "closed", "blocked"])
def test_a_conversation_of_version_1_too_without_what_the_thread_leaves_out(client, address, status):
    helper, hidden = MemberFactory(), {"content": "Hidden words.", "moderation_status": "hidden"}
    conversation = left_behind(HelpRequestFactory(), helper, FIRST_WORDS, "Thank you!", hidden, status=status)
    client.force_login(helper)

    body = client.get(address(conversation)).content.decode()

    assert [FIRST_WORDS in body, "Thank you!" in body, "Hidden words." in body] == [True, True, False]


@BOTH
def test_one_without_a_message_says_so(client, address):
    helper = MemberFactory()
    conversation = left_behind(HelpRequestFactory(), helper)
    client.force_login(helper)

    assert "No messages were saved in this older conversation." in client.get(address(conversation)).content.decode()


def test_a_day_on_paper_is_a_whole_date(as_owner, conversation):
    text = words(as_owner.get(page_of(conversation)))

    assert "Today" not in text
    assert text.count(f", {timezone.localtime(conversation.created_at).year}") == 2  # the copy's, and the message's


def test_the_thread_leads_to_it(as_owner, conversation):
    assert f'href="{page_of(conversation)}"' in as_owner.get(f"/messages/{conversation.pk}/").content.decode()
    assert file_of(conversation) in as_owner.get(page_of(conversation)).content.decode()


def test_what_members_write_is_only_ever_text(as_owner, conversation):
    MessageFactory(conversation=conversation, text='<script>alert("x")</script>')

    assert "<script>alert" not in as_owner.get(page_of(conversation)).content.decode()
