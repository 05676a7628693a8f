"""What members write and choose: sent once however often it is tapped, and there again after a reload."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.tests.factories import ConversationFactory, MessageFactory
from messaging.thread import thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('draft:'))"


@pytest.fixture
def owner():
    return MemberFactory(name="Nora Nelson")


def ask(page):
    page.get_by_label("What do you need?").fill("A ride to the clinic")
    page.get_by_label("Rides and errands").check()
    page.get_by_label("Within 24 hours").check()


@with_and_without_scripts
def test_a_double_tap_asks_once_and_closes_once(visit, owner, scripts):
    visitor = visit(owner, java_script_enabled=scripts)
    page = visitor.go("/requests/new/")

    ask(page)
    page.get_by_role("button", name="Post request").dblclick()
    page.get_by_role("link", name="Close request").click()
    page.get_by_role("button", name="Close request").dblclick()
    page.get_by_role("button", name="Open it again").dblclick()
    page.get_by_role("link", name="Close request").wait_for()

    (help_request,) = HelpRequest.objects.all()
    assert help_request.status == "open"
    assert visitor.errors == []


@with_and_without_scripts
def test_a_double_tap_offers_once_and_says_no_once(visit, owner, scripts):
    help_request, helper = HelpRequestFactory(user=owner), MemberFactory()
    helping, asking = (visit(member, java_script_enabled=scripts) for member in (helper, owner))
    page = helping.go(f"/requests/{help_request.pk}/")
    page.get_by_label("Your message").fill("I can drive you on Thursday.")
    page.get_by_role("button", name="Send offer").dblclick()
    page.locator(".message", has_text="I can drive you on Thursday.").wait_for()

    page = asking.go(page.url.removeprefix(asking.origin) + "decline/")
    page.get_by_label("A kind word").fill("Maybe another time.")
    page.get_by_role("button", name="No thanks").dblclick()
    page.get_by_role("heading", name="You said no thanks.").wait_for()

    assert page.locator(".message", has_text="Maybe another time.").count() == 1
    assert page.get_by_label("Write a message").input_value() == ""
    assert (helping.errors, asking.errors) == ([], [])


def test_what_is_asked_for_outlives_a_reload_choices_and_all(visit, owner):
    page = visit(owner).go("/requests/new/")
    ask(page)
    page.get_by_label("More detail").select_option("A ride to the doctor")
    page.get_by_label("I need this regularly").check()

    page.goto("/home/")
    page.goto("/requests/new/")

    assert page.get_by_label("What do you need?").input_value() == "A ride to the clinic"
    assert page.get_by_label("Rides and errands").is_checked()
    assert page.get_by_label("More detail").input_value() == "to-the-doctor"
    assert page.get_by_label("I need this regularly").is_checked()
    page.get_by_role("button", name="Post request").click()
    page.get_by_text("Your request is posted.").wait_for()
    assert page.evaluate(KEPT) == []


def test_a_change_outlives_a_reload_until_it_is_saved(visit, owner):
    help_request = HelpRequestFactory(user=owner, title="A ride", description="Two steps.")
    path = f"/requests/{help_request.pk}/edit/"
    page = visit(owner).go(path)
    page.get_by_label("Tell people more").fill("Two steps and a dog.")

    page.reload()
    assert page.get_by_label("Tell people more").input_value() == "Two steps and a dog."
    page.get_by_text("We kept what you wrote").wait_for()
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Your changes are saved.").wait_for()

    assert page.evaluate(KEPT) == []
    HelpRequest.objects.update(description="Three steps.")
    page.goto(path)
    assert page.get_by_label("Tell people more").input_value() == "Three steps."


@with_and_without_scripts
def test_the_kind_is_said_more_exactly_in_a_list_that_goes_with_it(visit, owner, scripts):
    page = visit(owner, java_script_enabled=scripts).go("/requests/new/")
    exactly = page.get_by_label("More detail")

    if scripts:
        assert not exactly.is_visible()
        page.get_by_label("Groceries and meals").check()
        options = exactly.locator("option").all_inner_texts()
        assert options == ["Not sure, or something else", "Shopping", "Cooking", "A meal brought over"]
        exactly.select_option("Cooking")
        page.get_by_label("Something else").check()
        assert not exactly.is_visible()
        page.get_by_label("Rides and errands").check()
        assert exactly.input_value() == ""
    else:
        assert exactly.locator("optgroup").count() == 6
        exactly.select_option("A ride to the doctor")
    ask(page)
    exactly.select_option("A ride to the doctor")
    page.get_by_role("button", name="Post request").click()
    page.get_by_text("Rides and errands: A ride to the doctor").wait_for()


def test_older_messages_come_above_and_the_reader_stays(visit, owner, settings):
    settings.RATE_LIMITS = False
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=owner))
    MessageFactory.create_batch(110, conversation=conversation)
    visitor = visit(owner)
    page = visitor.go(f"/messages/{conversation.pk}/")
    shown = page.locator(".message")
    page.get_by_role("link", name="Show older messages").scroll_into_view_if_needed()
    first = page.locator(f"[id='{shown.first.get_attribute('id')}']")
    before = first.bounding_box()["y"]

    page.get_by_role("link", name="Show older messages").click()
    shown.nth(99).wait_for()
    assert abs(first.bounding_box()["y"] - before) < 2
    assert page.evaluate("document.activeElement.id") == "show-older"
    page.get_by_role("link", name="Show older messages").click()
    shown.nth(110).wait_for()

    assert page.get_by_role("link", name="Show older messages").count() == 0
    assert page.locator(".day-line").count() == 1
    keys = shown.evaluate_all("items => items.map(item => item.dataset.key)")
    assert keys == [str(conversation.pk), *sent_in_order(conversation)]
    assert (visitor.documents[1:], visitor.violations()) == ([], [])


def sent_in_order(conversation):
    page, older = [], None
    while older != "":
        found = thread(conversation.pk, by=conversation.helper, before=older)
        page, older = [str(message.pk) for message in found.messages] + page, found.before or ""
    return page


def test_where_older_messages_cannot_be_had_the_thread_stays(visit, owner, settings):
    settings.RATE_LIMITS = False
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=owner))
    MessageFactory.create_batch(51, conversation=conversation)
    page = visit(owner).go(f"/messages/{conversation.pk}/")
    page.route("**/?before=*", lambda route: route.abort())

    page.get_by_role("link", name="Show older messages").click()

    page.get_by_text("We could not get them. Try again.").wait_for()
    assert page.locator(".message").count() == 50


def test_home_shows_what_came_while_it_is_open(visit, owner):
    visitor = visit(owner)
    visitor.page.clock.install()
    page = visitor.go("/home/")
    page.get_by_text("Nothing is waiting for you.").wait_for()

    ConversationFactory(help_request=HelpRequestFactory(user=owner), helper=MemberFactory(name="Hal Hill"))
    page.clock.fast_forward(31_000)

    page.get_by_role("link", name="Hal H. offers to help").wait_for()
    page.locator("#messages-count", has_text="1").wait_for()
    page.clock.run_for(500)
    page.locator("#live [role=status]", has_text="1 new message").wait_for(state="attached")
    assert visitor.documents == [("GET", "/home/")]
