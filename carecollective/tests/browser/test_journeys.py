"""What members do from end to end, each journey with scripts and without."""

import re

import pytest
from django.contrib.sessions.models import Session

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from helprequests.tests.factories import HelpRequestFactory
from messaging.inbox import inbox
from messaging.tests.factories import FIRST_WORDS, ConversationFactory
from messaging.thread import thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def owner():
    return MemberFactory(name="Nora Nelson", password=PASSWORD)


@pytest.fixture
def helper():
    return MemberFactory(name="Hal Hill", password=PASSWORD)


@pytest.fixture
def help_request(owner):
    return HelpRequestFactory(user=owner, title="A ride to the clinic")


@with_and_without_scripts
def test_two_members_find_each_other_talk_archive_and_reopen(visit, help_request, owner, helper, scripts):
    helping, asking = (visit(member, java_script_enabled=scripts) for member in (helper, owner))

    page = helping.go("/requests/")
    helping.documents.clear()
    page.get_by_role("link", name="A ride to the clinic").click()
    page.get_by_label("Your message").fill("I can drive you on Thursday.\nI have a car.")
    page.get_by_role("button", name="Send offer").click()
    page.get_by_text("Your offer was sent.").wait_for()
    assert [method for method, _ in helping.documents] == ["GET", "POST", "GET"]

    page = asking.go("/home/")
    page.get_by_role("link", name="Hal H. offers to help").click()
    page.get_by_label("Write a message").fill("Thank you. At ten?")
    page.get_by_role("button", name="Send").click()
    page.locator("#newest", has_text="Thank you. At ten?").wait_for()
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("heading", name="This conversation is archived").wait_for()

    page = helping.go("/messages/?status=archived")
    page.get_by_role("link", name="Nora N.").click()
    assert page.locator(".message .author").all_inner_texts() == ["You", "Nora N."]
    page.get_by_role("button", name="Open it again").click()
    page.get_by_label("Write a message").fill("At ten.")
    page.get_by_role("button", name="Send").click()
    page.locator("#newest", has_text="At ten.").wait_for()
    page.go_back()
    page.go_forward()

    assert (helping.errors, helping.complaints, helping.foreign) == ([], [], [])
    assert (asking.errors, asking.complaints, asking.foreign) == ([], [], [])
    (entry,) = inbox(helper).results
    assert [message.content for message in thread(entry.id, by=owner).messages] == ["Thank you. At ten?", "At ten."]


@with_and_without_scripts
def test_an_error_is_named_the_text_is_kept_and_the_way_on_works(visit, help_request, helper, scripts):
    visitor = visit(helper, java_script_enabled=scripts)
    page = visitor.go(f"/requests/{help_request.pk}/")

    page.get_by_label("Your message").fill("Hello")
    page.get_by_role("button", name="Send offer").click()

    summary = page.locator(".error-summary")
    assert "Your message needs at least 10 characters" in summary.inner_text()
    assert page.title().startswith("Error:")
    assert page.get_by_label("Your message").input_value() == "Hello"
    if scripts:
        assert page.evaluate("document.activeElement.className") == "error-summary"
        assert page.locator(".count-shown").inner_text() == "Write at least 5 more characters"
    summary.get_by_role("link").click()
    assert page.evaluate("document.activeElement.name") == "initial_message"
    page.get_by_label("Your message").fill("Hello, I can drive you.")
    page.get_by_role("button", name="Send offer").click()
    page.get_by_text("Your offer was sent.").wait_for()


@with_and_without_scripts
def test_a_sign_in_that_ended_loses_nothing(visit, help_request, helper, scripts):
    visitor = visit(helper, java_script_enabled=scripts)
    page = visitor.go(f"/requests/{help_request.pk}/")
    page.get_by_label("Your message").fill(FIRST_WORDS)
    Session.objects.all().delete()

    page.get_by_role("button", name="Send offer").click()
    page.get_by_text("Your message is safe").wait_for()
    page.get_by_label("Email").fill(helper.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_text("You were signed out. Your message is safe.").wait_for()
    assert page.get_by_label("Your message").input_value() == FIRST_WORDS
    page.get_by_role("button", name="Send offer").click()
    page.get_by_text("Your offer was sent.").wait_for()
    assert visitor.errors == []


def test_a_double_click_sends_once(visit, helper, owner, help_request):
    conversation = ConversationFactory(help_request=help_request, helper=helper)
    visitor = visit(owner)
    page = visitor.go(f"/messages/{conversation.pk}/")

    page.get_by_label("Write a message").fill("Thank you.")
    sent = []
    page.on("request", lambda request: request.method == "POST" and request.url.endswith("/send/") and sent.append(1))
    page.get_by_role("button", name="Send").dblclick()
    page.locator("#newest", has_text="Thank you.").get_by_text("Sent").wait_for()

    assert len(sent) == 1
    assert len(thread(conversation.pk, by=owner).messages) == 1


def test_only_the_keyboard_from_the_list_to_a_sent_offer(visit, help_request, helper):
    page = visit(helper).go("/requests/")

    presses = 0

    def tab_to(sought):
        nonlocal presses
        while sought not in page.evaluate(FOCUSED_WORDS):
            page.keyboard.press("Tab")
            presses += 1
            assert presses <= 40

    tab_to("A ride to the clinic")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to("Your message")
    page.keyboard.type(FIRST_WORDS)
    tab_to("Send offer")
    page.keyboard.press("Enter")

    page.get_by_text("Your offer was sent.").wait_for()
    assert presses <= 25


FOCUSED_WORDS = """(focused => focused === document.body ? "" : (focused.labels?.[0] ?? focused).innerText)(
    document.activeElement)"""


def test_a_draft_outlives_the_page_and_not_the_sending(visit, help_request, helper):
    visitor = visit(helper)
    page = visitor.go(f"/requests/{help_request.pk}/")
    page.get_by_label("Your message").fill(FIRST_WORDS)

    page.reload()
    assert page.get_by_label("Your message").input_value() == FIRST_WORDS
    page.get_by_text("We kept what you wrote").wait_for()
    page.get_by_role("button", name="Send offer").click()
    page.get_by_text("Your offer was sent.").wait_for()

    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []
    assert "draft_done" not in page.evaluate("document.cookie")


def test_signing_out_takes_every_draft_away(visit, help_request, helper):
    page = visit(helper).go(f"/requests/{help_request.pk}/")
    page.get_by_label("Your message").fill(FIRST_WORDS)

    page.goto("/you/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")

    assert page.evaluate("Object.keys(localStorage)") == []


def test_a_shared_computer_keeps_no_draft(visit, help_request, helper):
    page = visit().go("/sign-in/")
    page.get_by_label("Email").fill(helper.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("This is a shared computer").check()
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/home/")

    page.goto(f"/requests/{help_request.pk}/")
    page.get_by_label("Your message").fill(FIRST_WORDS)

    assert page.evaluate("Object.keys(localStorage)") == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("🙂" * 10, "You have 990 characters left"),
        ("x" * 995 + "\n" * 4 + "x", "You have 0 characters left"),
        ("x" * 1012, "You have 12 characters too many"),
        ("x" * 999, "You have 1 character left"),
        ("\u00a0\u2003  e\u0301" * 1 + "x" * 9, "You have 990 characters left"),
    ],
)
def test_the_browser_counts_as_the_database_does(visit, help_request, helper, text, sentence):
    page = visit(helper).go(f"/requests/{help_request.pk}/")

    page.get_by_label("Your message").fill(text)

    assert page.locator(".count-shown").inner_text() == sentence


def test_a_starter_adds_its_words_to_what_stands_there(visit, help_request, helper):
    page = visit(helper).go(f"/requests/{help_request.pk}/")

    page.get_by_label("Your message").fill("Hello Nora.")
    page.get_by_role("button", name="I have a car.").click()

    assert page.get_by_label("Your message").input_value() == "Hello Nora. I have a car."


def test_the_password_can_be_shown(visit):
    page = visit().go("/sign-in/")
    page.get_by_label("Password", exact=True).fill("a secret")

    page.get_by_role("button", name="Show password").click()

    assert page.locator("[name=password]").get_attribute("type") == "text"
    page.get_by_role("button", name="Hide password").click()
    assert page.locator("[name=password]").get_attribute("type") == "password"


def test_the_language_is_one_tap_away_on_every_page(visit, helper):
    page = visit(helper).go("/messages/")

    page.get_by_role("button", name="Español").click()

    page.get_by_role("heading", name="Mensajes", level=1).wait_for()
    assert page.url.endswith("/messages/")
    assert re.search(r"\bes\b", page.evaluate("document.documentElement.lang"))
