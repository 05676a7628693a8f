"""Sharing a phone number, and being asked before one is posted, with scripts and without."""

import pytest

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging.tests.factories import ConversationFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def conversation():
    owner = MemberFactory(name="Nora Nelson", password=PASSWORD)
    helper = MemberFactory(name="Hal Hill", password=PASSWORD)
    made = ConversationFactory(help_request=HelpRequestFactory(user=owner), helper=helper)
    answers.accept(made.pk, by=owner)
    return made


@with_and_without_scripts
def test_a_number_is_shared_seen_by_the_other_and_taken_back(visit, conversation, scripts):
    there = f"/messages/{conversation.pk}/"
    helping = visit(conversation.helper, java_script_enabled=scripts).go(there)
    asking = visit(conversation.requester, java_script_enabled=scripts).go(there)

    asking.get_by_role("link", name="Share your phone number").click()
    asking.get_by_role("heading", name="Share your phone number with Hal Hill?").wait_for()
    asking.get_by_label("Your phone number").fill("(555) 010-2799")
    asking.get_by_role("button", name="Share my phone number").click()
    asking.get_by_text("You share your phone number with Hal Hill").wait_for()
    helping.reload()
    number = helping.get_by_role("link", name="(555) 010-2799")
    number.wait_for()
    assert number.get_attribute("href") == "tel:5550102799"

    asking.get_by_role("button", name="Stop sharing your phone number").click()
    asking.get_by_text("Your phone number is no longer shared here.").wait_for()
    helping.reload()
    helping.get_by_text("Nora Nelson stopped sharing a phone number").wait_for()
    number.wait_for(state="detached")


@with_and_without_scripts
def test_whoever_writes_down_their_address_is_asked_and_changes_it(visit, conversation, scripts):
    page = visit(conversation.helper, java_script_enabled=scripts).go("/requests/new/")
    page.get_by_label("What do you need?").fill("A ride to the clinic")
    page.get_by_label("Rides and errands").check()
    page.get_by_label("Within 24 hours").check()
    page.get_by_label("Tell people more").fill("I live at 12 Oak Street.\nTwo steps.")
    page.get_by_role("button", name="Post request").click()

    page.get_by_role("heading", name="Is this private?").wait_for()
    page.get_by_role("button", name="Change it").click()
    assert page.get_by_label("Tell people more").input_value() == "I live at 12 Oak Street.\nTwo steps."
    assert page.get_by_label("Rides and errands").is_checked()
    page.get_by_label("Tell people more").fill("Two steps.")
    page.get_by_role("button", name="Post request").click()

    page.get_by_text("Your request is posted.").wait_for()
    assert HelpRequest.objects.latest("created_at").description == "Two steps."
