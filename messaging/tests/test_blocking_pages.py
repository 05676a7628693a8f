"""Blocking by page: it says what follows, does it, and can be taken back."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of
from carecollective.tests.pages import heading, words
from messaging import answers, blocking
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation():
    return ConversationFactory(helper=MemberFactory(name="Nora Nelson"))


def test_a_block_is_asked_about_and_then_made(conversation):
    client = browser_of(conversation.requester)
    address = f"/messages/{conversation.pk}/block/"

    asked = client.get(address)
    done = client.post(address, follow=True)

    assert (heading(asked), "They are not told" in words(asked)) == ("Block Nora N.?", True)
    assert "Nora N. is blocked." in words(done)
    assert "This conversation is archived" in words(done)


def test_a_block_is_listed_and_taken_back(conversation):
    client = browser_of(conversation.requester)
    assert "Nobody. You can block a person" in words(client.get("/you/privacy/"))
    client.post(f"/messages/{conversation.pk}/block/")

    listed = client.get("/you/privacy/")
    undone = client.post(f"/you/privacy/unblock/{conversation.helper.pk}/", follow=True)

    assert "Unblock Nora N." in words(listed)
    assert "No longer blocked." in words(undone)
    assert "Nora" not in words(undone)


@pytest.mark.django_db(transaction=True)
def test_a_foreign_conversation_has_no_such_page(conversation):
    for method in ("get", "post"):
        answer = getattr(browser_of(MemberFactory()), method)(f"/messages/{conversation.pk}/block/")
        assert answer.status_code == 404


def test_who_is_blocked_sees_an_archived_conversation_and_no_reason(conversation):
    browser_of(conversation.requester).post(f"/messages/{conversation.pk}/block/")

    theirs = browser_of(conversation.helper).get(f"/messages/{conversation.pk}/")
    tried = browser_of(conversation.helper).post(f"/messages/{conversation.pk}/reopen/", follow=True)

    assert tried.status_code == 409

    assert "This conversation is archived" in words(theirs)


def test_an_archived_conversation_promises_nobody_that_they_can_write(conversation):
    answers.accept(conversation.pk, by=conversation.requester)
    blocking.block(conversation.helper_id, by=conversation.requester)

    for member in (conversation.requester, conversation.helper):
        page = words(browser_of(member).get(f"/messages/{conversation.pk}/"))
        assert "This conversation is archived" in page
        assert "You can still write" not in page
