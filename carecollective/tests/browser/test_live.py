"""Two people with a conversation open, over real sockets: what one does, the other sees without doing anything."""

import mimetypes
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils.module_loading import import_string

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.ground.refusals import RateLimited
from carecollective.tests.databases import copied_database
from carecollective.tests.waiting import on_page, time_goes_by
from carecollective.web.live.tests.conftest import Server
from helprequests.tests.factories import HelpRequestFactory
from messaging import seen, services
from messaging.inbox import inbox
from messaging.models import Conversation
from messaging.tests.factories import FIRST_WORDS, ConversationFactory
from messaging.thread import thread

from .test_looks import BY_THEME, BY_WIDTH, DESK, PHONE

pytestmark = pytest.mark.browser

SECONDS_OFFLINE = float(os.environ.get("SECONDS_OFFLINE", "6"))
SEND = re.compile(r"/messages/[^/]+/send/(\?|$)")


async def pages_and_files(scope, receive, send):
    """Ours, with the static files read at once: how the library streams them is a warning in Django's eyes."""
    if not scope.get("path", "").startswith("/static/"):
        return await import_string("carecollective.asgi.application")(scope, receive, send)
    path = finders.find(scope["path"].removeprefix("/static/"))
    kind = mimetypes.guess_type(path)[0].encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": Path(path).read_bytes()})


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("live_pages"), Server(pages_and_files).running() as server:
        yield server


@pytest.fixture
def origin(server):
    return server.origin


@pytest.fixture
def owner():
    return MemberFactory(name="Nora Nelson", password=PASSWORD)


@pytest.fixture
def helper():
    return MemberFactory(name="Hal Hill", password=PASSWORD)


@pytest.fixture
def help_request(owner):
    return HelpRequestFactory(user=owner, title="A ride to the clinic")


@pytest.fixture
def conversation(help_request, helper):
    return ConversationFactory(help_request=help_request, helper=helper)


@pytest.fixture
def opened(visit, conversation):
    """A browser of this member's with the conversation open and connected."""

    def open_by(member, **options):
        visitor = visit(member, **options)
        visitor.page.add_init_script(REMEMBER_WHAT_IS_SAID)
        with visitor.page.expect_response(lambda response: "/new/?after=" in response.url):
            visitor.go(f"/messages/{conversation.pk}/")
        return visitor

    return open_by


# Each text that a status element was given, in order.
REMEMBER_WHAT_IS_SAID = """addEventListener("DOMContentLoaded", () => {
    window.said = [];
    document.querySelectorAll("#live [role=status]").forEach((status) => new MutationObserver(() =>
        status.textContent && window.said.push(status.textContent)).observe(status, {childList: true}));
})"""


def write(page, text):
    page.get_by_label("Write a message").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def message(page, text):
    return page.locator(".message", has_text=text)


def shown(page):
    return page.locator(".message .prose").all_inner_texts()


def kept(page):
    return page.evaluate("Object.keys(localStorage).filter(key => /^(draft|unsent)/.test(key))")


def said_in(conversation, member):
    said = thread(conversation.pk, by=member)
    return [said.conversation.initial_message, *(message.content for message in said.messages)]


def looks_right(visitor, name):
    """In light and dark, on a phone and a desk."""
    before = visitor.page.viewport_size
    for size, rules in ((DESK, None), (PHONE, BY_WIDTH)):
        visitor.page.set_viewport_size(size)
        visitor.page.emulate_media(color_scheme="light")
        assert (name, size["width"], visitor.violations(only=rules)) == (name, size["width"], [])
        assert (name, size["width"], visitor.overflow()) == (name, size["width"], 0)
        assert (name, size["width"], visitor.small_targets()) == (name, size["width"], [])
        visitor.page.emulate_media(color_scheme="dark")
        assert (name, "dark", visitor.violations(only=BY_THEME)) == (name, "dark", [])
    visitor.page.emulate_media(color_scheme="light")
    visitor.page.set_viewport_size(before)


# --- Side by side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_offer_arrival_answer_seen_and_a_while_offline(visit, help_request, owner, helper, size):
    asking, helping = visit(owner, **size), visit(helper, **size)
    page = asking.go("/messages/")
    page.get_by_text("No conversations yet.").wait_for()

    there = helping.go(f"/requests/{help_request.pk}/")
    there.get_by_label("Your message").fill(FIRST_WORDS)
    there.get_by_role("button", name="Send offer").click()
    there.get_by_text("Your offer was sent.").wait_for()

    page.locator(".conversation-row", has_text="Hal H.").click()  # it came by itself
    page.get_by_role("button", name="Accept this offer").wait_for()
    there.locator(".message-mine .sent", has_text="Seen").wait_for()

    write(page, "Thank you. At ten?")
    message(there, "Thank you. At ten?").wait_for()
    there.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator(".message-mine", has_text="At ten?").locator(".sent", has_text="Seen").wait_for()

    page.get_by_role("button", name="Accept this offer").click()
    there.locator(".event", has_text="accepted your offer").wait_for()
    there.get_by_role("heading", name="You are helping").wait_for()

    helping.page.context.set_offline(True)
    write(there, "Ten is fine.")
    write(there, "I have a red car.")
    write(page, "Ring twice, please.")
    there.get_by_text("You are offline. Keep writing; we keep it here.").wait_for()
    on_page(there, time_goes_by(SECONDS_OFFLINE - 5))  # the bar came after five
    assert there.locator(".is-unsent").count() == 2
    helping.page.context.set_offline(False)

    page.locator(".message", has_text="I have a red car.").wait_for()
    message(there, "Ring twice").wait_for()
    there.locator(".message-mine", has_text="red car").locator(".sent", has_text="Seen").wait_for()
    (entry,) = inbox(owner).results
    expected = said_in(Conversation(pk=entry.id), owner)
    assert expected == [
        FIRST_WORDS, "Thank you. At ten?", "Ring twice, please.", "Ten is fine.", "I have a red car."
    ]  # fmt: skip
    assert (shown(page), shown(there)) == (expected, expected)
    assert there.locator(".live-bar").inner_text() == ""
    assert kept(there) == []
    assert (asking.errors, helping.errors, asking.complaints) == ([], [], [])


# --- Arriving -------------------------------------------------------------------------------------------------------


def unread(member):
    return inbox(member).results[0].unread_count


def test_whoever_reads_further_up_is_not_moved_but_told(opened, conversation, owner, helper):
    for number in range(9):
        services.send_message(conversation.pk, by=owner, text=f"This is number {number}.\n" * 3)
    visitor = opened(owner, **PHONE)
    page = visitor.page
    page.evaluate("scrollTo(0, 0)")

    services.send_message(conversation.pk, by=helper, text="And this is new.")

    page.get_by_role("button", name="1 new message").wait_for()
    on_page(page, lambda: page.title().startswith("(1) "))
    assert (page.evaluate("scrollY"), unread(owner)) == (0, 1)
    looks_right(visitor, "a new message further down")
    page.evaluate("scrollTo(0, 0)")
    services.send_message(conversation.pk, by=helper, text="And one more.")
    page.get_by_role("button", name="2 new messages").click()
    assert "And this is new." in page.evaluate("document.activeElement.innerText")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")

    page.locator("#arrivals").wait_for(state="hidden")
    on_page(page, lambda: unread(owner) == 0)
    on_page(page, lambda: not page.title().startswith("("))


def test_whoever_is_at_the_end_stays_there(opened, conversation, owner, helper):
    for number in range(9):
        services.send_message(conversation.pk, by=owner, text=f"This is number {number}.\n" * 3)
    page = opened(owner, **PHONE).page
    page.get_by_label("Write a message").focus()
    page.evaluate("document.querySelector('#newest').scrollIntoView({block: 'end'})")

    services.send_message(conversation.pk, by=helper, text="And this is new.\n" * 5)

    message(page, "And this is new.").wait_for()
    assert page.evaluate("document.querySelector('#newest').getBoundingClientRect().bottom <= innerHeight")
    assert page.evaluate("document.activeElement.name") == "content"
    on_page(page, lambda: unread(owner) == 0)


def test_a_burst_is_said_once(opened, conversation, owner, helper):
    page = opened(owner).page
    # On a busy machine three messages may take longer than the five seconds of a burst.
    page.evaluate("performance.now = () => 1_000_000")

    for number in range(3):
        services.send_message(conversation.pk, by=helper, text=f"This is number {number}.")
        message(page, f"This is number {number}.").wait_for()
    write(page, "I am here.")
    on_page(page, lambda: page.evaluate("said.at(-1)") == "Sent")  # said after all that was to be said before it

    assert page.evaluate("said") == ["New message from Hal H.", "Sent"]
    assert shown(page) == said_in(conversation, owner)


def test_a_message_between_two_open_pages_takes_four_requests(opened, conversation, owner, helper):
    """It is sent, fetched, seen, and seen to be seen; the lists beside and the counts come with these."""
    theirs, ours = opened(helper, **DESK).page, opened(owner, **DESK).page
    message(theirs, FIRST_WORDS).get_by_text("Seen", exact=True).wait_for()
    asked = []
    for page in (theirs, ours):
        page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))

    write(theirs, "At nine?")
    message(theirs, "At nine?").get_by_text("Seen", exact=True).wait_for()
    for page in (theirs, ours):
        page.locator("#conversations .last", has_text="At nine?").wait_for()
    services.archive(conversation.pk, by=helper)  # they hear of it after all else
    for page in (theirs, ours):
        page.get_by_text("Archived (1)").wait_for()

    here = f"/messages/{conversation.pk}/"
    of_the_message = [f"POST {here}send/", f"GET {here}new/", f"POST {here}seen/", f"GET {here}new/"]
    assert sorted(asked) == sorted([*of_the_message, *2 * [f"GET {here}new/"]])


def test_a_wide_screen_that_calls_itself_a_phone_gets_the_list_from_the_script(opened, conversation, owner):
    page = opened(owner, user_agent="Mozilla/5.0 (Android 15; Mobile) Firefox/140.0", **DESK).page

    page.locator(f"#conversation-{conversation.pk}").wait_for()


def test_what_comes_into_a_hidden_tab_is_not_seen_before_somebody_looks(opened, conversation, owner, helper):
    page = opened(owner).page
    hide = """isHidden => {
        Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)

    services.send_message(conversation.pk, by=helper, text="Are you there?")
    message(page, "Are you there?").wait_for()
    on_page(page, lambda: page.title().startswith("(1) "))
    assert unread(owner) == 1
    page.evaluate(hide, False)

    on_page(page, lambda: unread(owner) == 0)


def test_archived_elsewhere_the_box_goes_unless_somebody_writes_in_it(opened, conversation, owner, helper):
    idle, writing = opened(owner).page, opened(owner).page
    writing.get_by_label("Write a message").fill("I was just")

    services.archive(conversation.pk, by=helper)

    idle.get_by_role("heading", name="This conversation is archived").wait_for()
    writing.get_by_role("button", name="Send", exact=True).click()
    why = message(writing, "I was just")
    why.get_by_text("This conversation was archived while you were writing.").wait_for()
    assert why.get_by_role("button").all_inner_texts() == ["Edit"]
    assert said_in(conversation, owner) == [FIRST_WORDS]


def test_whoever_is_offline_is_told_after_five_seconds_and_no_sooner(visit, conversation, owner):
    visitor = visit(owner)
    page = visitor.page
    page.clock.install()
    with page.expect_response(lambda response: "/new/?after=" in response.url):
        visitor.go(f"/messages/{conversation.pk}/")
    bar = page.locator(".live-bar")
    page.context.set_offline(True)

    page.clock.fast_forward(2_000)
    assert bar.inner_text() == ""
    for _ in range(4):  # each of them a try for a new socket, which must not begin the five seconds anew
        page.clock.run_for(1_000)

    bar.get_by_text("You are offline. Keep writing; we keep it here.").wait_for()
    looks_right(visitor, "offline")


def test_what_came_while_the_connection_was_gone_is_there_after_it(opened, conversation, owner, helper):
    page = opened(owner).page
    page.context.set_offline(True)
    for text in ("While you were away.", "And once more."):
        services.send_message(conversation.pk, by=helper, text=text)

    page.context.set_offline(False)

    message(page, "And once more.").wait_for()
    assert shown(page) == said_in(conversation, owner)


def test_where_no_socket_can_be_had_the_page_asks_every_half_minute(visit, conversation, owner, helper):
    visitor = visit(owner)
    page = visitor.page
    page.clock.install()
    page.route_web_socket("**/ws/events", lambda socket: socket.close())
    visitor.go(f"/messages/{conversation.pk}/")

    for text in ("After five seconds.", "After thirty more."):
        services.send_message(conversation.pk, by=helper, text=text)
        page.clock.fast_forward(31_000)
        message(page, text).wait_for()

    assert page.locator(".live-bar").inner_text() == ""


# --- Sending --------------------------------------------------------------------------------------------------------


def test_what_could_not_be_sent_stays_and_goes_in_order_under_the_same_id(opened, conversation, owner):
    visitor = opened(owner)
    page, underway = visitor.page, []
    page.route(SEND, lambda route: underway.append(route), times=1)

    write(page, "First.")
    write(page, "Second.")
    on_page(page, lambda: underway)
    underway[0].abort()
    message(page, "Second.").get_by_text("Not sent").wait_for()

    assert said_in(conversation, owner) == [FIRST_WORDS]
    assert "Not sent" in page.evaluate("said")
    looks_right(visitor, "not sent")
    message(page, "Second.").get_by_role("button", name="Try again").click()
    message(page, "Second.").get_by_text("Sent", exact=True).wait_for()

    first, second = thread(conversation.pk, by=owner).messages
    assert [first.content, second.content] == ["First.", "Second."]
    assert str(first.pk) in underway[0].request.post_data
    assert shown(page) == said_in(conversation, owner)
    on_page(page, lambda: page.evaluate("said.at(-1)") == "Sent")
    assert (kept(page), page.evaluate("said").count("Sent")) == ([], 1)


def test_an_answer_that_got_lost_doubles_nothing(opened, conversation, owner, helper):
    page, other = opened(owner).page, opened(helper).page
    page.route(SEND, lambda route: (route.fetch(), route.abort()), times=1)

    write(page, "Only once.")
    message(other, "Only once.").wait_for()
    message(page, "Only once.").get_by_text("Sent", exact=True).or_(
        message(page, "Only once.").get_by_text("Seen", exact=True)
    ).wait_for()

    assert shown(page) == shown(other) == said_in(conversation, owner) == [FIRST_WORDS, "Only once."]
    on_page(page, lambda: kept(page) == [])


def test_a_second_tab_of_the_same_member_shows_it_once(opened, conversation, owner):
    first = opened(owner).page
    second = first.context.new_page()
    second.goto(first.url)

    write(first, "Hello from here.")
    message(second, "Hello from here.").wait_for()
    write(second, "Hello from there.")
    message(first, "Hello from there.").wait_for()

    assert shown(first) == shown(second) == said_in(conversation, owner)
    assert second.evaluate("document.querySelector('#live .visually-hidden').textContent") != "New message from You"


def test_what_was_not_sent_is_offered_again_after_a_reload(opened, conversation, owner):
    page = opened(owner).page
    page.route(SEND, lambda route: route.abort())
    write(page, "Keep this.")
    message(page, "Keep this.").get_by_text("Not sent").wait_for()

    page.reload()
    message(page, "Keep this.").get_by_text("Not sent").wait_for()
    message(page, "Keep this.").get_by_role("button", name="Edit").click()

    assert page.get_by_label("Write a message").input_value() == "Keep this."
    assert message(page, "Keep this.").count() == 0
    page.unroute(SEND)
    page.get_by_role("button", name="Send", exact=True).click()
    message(page, "Keep this.").get_by_text("Sent", exact=True).wait_for()
    assert (said_in(conversation, owner), kept(page)) == ([FIRST_WORDS, "Keep this."], [])


def test_too_many_messages_are_told_the_time_and_can_be_sent_later(opened, conversation, owner, monkeypatch):
    page = opened(owner).page
    with monkeypatch.context() as patched:
        patched.setattr("carecollective.ground.limits.Limit.take", refuse)
        write(page, "Too soon.")
        message(page, "Too soon.").get_by_text(re.compile(r"You can send more at \d+:\d\d [AP]M\.")).wait_for()

    message(page, "Too soon.").get_by_role("button", name="Try again").click()

    message(page, "Too soon.").get_by_text("Sent", exact=True).wait_for()


def refuse(*_args, **_kwargs):
    raise RateLimited(600)


def test_over_plain_http_ids_are_made_too(opened, conversation, owner):
    visitor = opened(owner)
    visitor.page.evaluate("crypto.randomUUID = undefined")

    write(visitor.page, "Hello.")

    message(visitor.page, "Hello.").get_by_text("Sent", exact=True).wait_for()
    assert thread(conversation.pk, by=owner).messages[0].pk.version == 4


def test_an_empty_message_gets_the_page_that_says_why(opened, owner):
    page = opened(owner).page

    page.get_by_role("button", name="Send", exact=True).click()

    page.locator(".error-summary").wait_for()
    assert page.title().startswith("Error:")


def test_the_page_that_says_why_is_as_live_as_the_conversation(opened, conversation, owner, helper):
    visitor = opened(owner)
    page = visitor.page
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".error-summary").wait_for()

    services.send_message(conversation.pk, by=helper, text="Shall I come at ten?")
    message(page, "Shall I come at ten?").wait_for()
    write(page, "Yes, please.")

    message(page, "Yes, please.").get_by_text("Sent", exact=True).wait_for()
    assert page.locator(".error-summary").count() == 1, "nobody reloaded it"


# --- Signed out, or on somebody else's computer -----------------------------------------------------------------------


def test_whoever_is_signed_out_is_told_and_loses_nothing(opened, conversation, owner):
    visitor = opened(owner)
    page = visitor.page
    page.get_by_label("Write a message").fill("Half a sent")
    Session.objects.all().delete()

    page.get_by_text("You were signed out. What you wrote is kept here.").wait_for()
    looks_right(visitor, "signed out")
    write(page, "Half a sentence.")
    message(page, "Half a sentence.").get_by_text("Not sent").wait_for()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    message(page, "Half a sentence.").get_by_role("button", name="Try again").click()
    message(page, "Half a sentence.").get_by_text("Sent", exact=True).wait_for()
    assert said_in(conversation, owner) == [FIRST_WORDS, "Half a sentence."]


def test_who_signs_in_here_meanwhile_does_not_send_it_as_theirs(opened, origin, conversation, owner, helper):
    page = opened(owner).page
    client = Client()
    client.force_login(helper)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}])

    write(page, "This is Nora.")

    message(page, "This is Nora.").get_by_text("Not sent").wait_for()
    assert said_in(conversation, owner) == [FIRST_WORDS]


def test_signing_out_takes_away_what_was_not_sent(opened, conversation, owner):
    page = opened(owner).page
    page.route(SEND, lambda route: route.abort())
    write(page, "Keep this.")
    message(page, "Keep this.").get_by_text("Not sent").wait_for()
    assert len(kept(page)) == 1

    page.goto("/you/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")

    assert page.evaluate("Object.keys(localStorage)") == []


# --- Seen -----------------------------------------------------------------------------------------------------------


def test_whoever_turns_seen_off_shows_none_and_sees_none(opened, conversation, owner, helper):
    seen.choose(helper, shows_seen=False)
    asking, helping = opened(owner).page, opened(helper).page

    write(asking, "Did you see this?")
    message(helping, "Did you see this?").wait_for()
    on_page(helping, lambda: unread(helper) == 0)
    write(helping, "Yes.")
    message(asking, "Yes.").wait_for()
    on_page(asking, lambda: unread(owner) == 0)

    assert asking.locator(".sent", has_text="Seen").count() == helping.locator(".sent", has_text="Seen").count() == 0
