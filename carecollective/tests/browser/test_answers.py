"""An offer and its answers in a real browser: accepted, undone, declined with a kind word, one last message."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from helprequests.tests.factories import HelpRequestFactory
from messaging.inbox import inbox
from messaging.tests.factories import ConversationFactory
from messaging.thread import thread

from .test_looks import looks_right

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def complaints_of(visitor):
    """This server has pages and no sockets."""
    return [complaint for complaint in visitor.complaints if "WebSocket" not in complaint]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_accept_undo_decline_with_a_kind_word_and_the_last_message(visit, scripts):
    owner, helper = MemberFactory(name="Nora Nelson"), MemberFactory(name="Hal Hill")
    help_request = HelpRequestFactory(user=owner, title="A ride to the clinic")
    here = f"/messages/{ConversationFactory(help_request=help_request, helper=helper).pk}/"
    asking, helping = (visit(member, java_script_enabled=scripts) for member in (owner, helper))

    page = asking.go("/messages/")
    page.get_by_role("link", name="Hal H. offers to help").click()
    page.get_by_role("button", name="Accept this offer").click()
    page.get_by_role("heading", name="Hal Hill is helping you.").wait_for()
    assert page.locator(".event").all_inner_texts()[0].startswith("You accepted this offer")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Hal H. offers to help.").wait_for()
    page.get_by_role("link", name="No thanks").click()
    if scripts:
        page.get_by_role("button", name="Maybe another time.").click()
    else:
        page.get_by_label("A kind word").fill("Maybe another time.")
    page.get_by_role("button", name="No thanks").click()
    page.get_by_role("heading", name="You said no thanks.").wait_for()

    page = helping.go(here)
    page.get_by_role("heading", name="Nora N. said no thanks.").wait_for()
    page.get_by_label("Write a message").fill("All the best to you.")
    page.get_by_role("button", name="Send").click()
    page.locator(".message-mine", has_text="All the best to you.").wait_for()
    page.goto(here)
    page.get_by_text("You have written your last message here.").wait_for()
    assert page.get_by_label("Write a message").count() == 0

    for visitor in (asking, helping):
        assert (visitor.errors, complaints_of(visitor), visitor.foreign) == ([], [], [])
    (entry,) = inbox(helper).results
    said = [message.content for message in thread(entry.id, by=owner).messages]
    assert (entry.answer, said) == ("declined", ["Maybe another time.", "All the best to you."])


@pytest.mark.thorough
def test_each_state_of_an_offer_looks_right_to_both(visit):
    owner, helper = MemberFactory(name="Nora Nelson"), MemberFactory(name="Bartholomew Featherstonehaugh")
    help_request = HelpRequestFactory(user=owner, title="A ride to the clinic")
    conversation = ConversationFactory(help_request=help_request, helper=helper)
    ConversationFactory(help_request=help_request)
    request, here = f"/requests/{help_request.pk}/", f"/messages/{conversation.pk}/"
    asking, helping = visit(owner), visit(helper)

    def look(visitor, *places):
        for place in places:
            visitor.go(place)
            looks_right(visitor, place)

    look(asking, "/messages/", here, request, f"{here}decline/", f"{request}enough-help/")
    look(helping, here, request, f"{here}withdraw/")
    asking.press(asking.go(here).get_by_role("button", name="Accept this offer"))
    looks_right(asking, "just accepted")
    look(asking, here, request)
    look(helping, here, request, f"{here}withdraw/")
    helping.press(helping.page.get_by_role("button", name="Step back"))
    looks_right(helping, "just stepped back")
    look(helping, request)
    look(asking, here)
    helping.go(here).get_by_role("button", name="Undo").click()
    asking.go(f"{request}release/").get_by_role("button", name="Open it for others").click()
    look(asking, here)
    look(helping, here)
    helping.go(request).get_by_label("Your message").fill("I can come after all.")
    helping.page.get_by_role("button", name="Send offer").click()
    asking.go(f"{here}decline/").get_by_label("A kind word").fill("x" * 301)
    asking.press(asking.page.get_by_role("button", name="No thanks"))
    looks_right(asking, "a note too long")
    asking.page.get_by_label("A kind word").fill("Thank you.")
    asking.press(asking.page.get_by_role("button", name="No thanks"))
    looks_right(asking, "just declined")
    look(helping, here)
    helping.page.get_by_label("Write a message").fill("All the best to you.")
    helping.page.get_by_role("button", name="Send").click()
    helping.page.locator(".message-mine", has_text="All the best to you.").wait_for()
    look(helping, here)
    assert (complaints_of(asking), complaints_of(helping)) == ([], [])
