"""Joining as people do it: by the words on the page, and by the mail that comes."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.post import deliver, forget_what_waits, link_in
from carecollective.accounts.tests.team import superuser
from carecollective.tests.browser.test_looks import DESK, PHONE, looks_right

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _an_empty_queue():
    forget_what_waits()


def fill_in_the_form(page, name="Nora Nelson", email="nora@example.org"):
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Town or ZIP code").fill("Riverside")
    page.get_by_label("How would you like to take part?").fill("I have a car on Tuesdays.")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("I agree to the community standards").check()
    page.get_by_role("button", name="Join", exact=True).click()


def heading(page):
    return page.get_by_role("heading", level=1).inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_somebody_joins_is_approved_and_arrives_at_home(visit, scripts):
    team = superuser(password=PASSWORD)
    visitor = visit(**PHONE, java_script_enabled=scripts)
    page = visitor.go("/")
    page.get_by_role("link", name="Join", exact=True).first.click()
    fill_in_the_form(page)
    assert heading(page) == "Check your email"

    (confirm,) = deliver()
    page.goto(link_in(confirm))
    page.get_by_role("button", name="This is my address").click()
    assert heading(page) == "Thank you, Nora"

    (application,) = deliver()
    desk = visit(team, **DESK)
    admin = desk.go(application.body.partition(settings.PUBLIC_URL)[2].split()[0])
    assert "I have a car on Tuesdays." in admin.locator("main").inner_text()
    admin.get_by_role("button", name="Approve", exact=True).click()
    assert admin.locator(".messagelist").inner_text() == "Done for 1 member."

    (welcome,) = deliver()
    assert welcome.to == ["nora@example.org"]
    page.goto(welcome.body.partition(settings.PUBLIC_URL)[2].split()[0])
    assert heading(page) == "Hello, Nora"
    assert (visitor.errors, visitor.complaints, visitor.foreign) == ([], [], [])


def test_a_forgotten_password_is_replaced_by_the_words_on_the_page(visit):
    member = MemberFactory(password="what was it", name="Nora Nelson")
    page = visit(**PHONE).go("/sign-in/")

    page.get_by_role("link", name="I forgot my password").click()
    page.get_by_label("Email").fill(member.email)
    page.get_by_role("button", name="Email me a link").click()
    assert "we sent a link to it" in page.locator("main").inner_text()
    (message,) = deliver()
    page.goto(link_in(message))
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Save the new password").click()
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    assert heading(page) == "Hello, Nora"


def test_the_team_sets_up_the_second_step_and_comes_in_with_it(visit, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    member = superuser(password=PASSWORD)
    page = visit(**PHONE).go("/admin/")

    def sign_in():
        page.get_by_label("Email").fill(member.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()

    def code(ahead):
        return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))

    sign_in()
    assert heading(page) == "Second step at sign-in"
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(code(0))
    page.get_by_label("Your present password").fill(PASSWORD)
    page.get_by_role("button", name="Turn it on").click()
    assert heading(page) == "Your recovery codes"
    recovery = page.locator(".codes li").first.inner_text()
    page.get_by_role("link", name="I kept them").click()
    page.get_by_role("link", name="Team pages").click()
    assert heading(page) == "What would you like to do?"

    page.goto("/you/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/admin/")
    sign_in()
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert heading(page) == "What would you like to do?"


# --- Looks ------------------------------------------------------------------------------------------------------------

LONG = "Averyveryverylongwordthatneverends" * 3


def test_the_pages_of_joining_look_right_in_every_light_and_size(visit):
    visitor = visit()
    page = visitor.go("/join/")
    page.get_by_role("button", name="Join", exact=True).click()
    page.locator(".error-summary").wait_for()
    looks_right(visitor, "/join/ with errors")
    visitor.go("/join/")
    fill_in_the_form(page, name=LONG[:100], email=f"{LONG[:60]}@{LONG[:60]}.example.org")
    looks_right(visitor, "/join/check-mail/")
    (message,) = deliver()
    visitor.go(link_in(message))
    looks_right(visitor, "/join/confirm/")
    elsewhere = visit()
    elsewhere.press(elsewhere.go(link_in(message)).get_by_role("button", name="This is my address"))
    looks_right(elsewhere, "/join/confirm/ elsewhere, with errors")
    for path in ("/sign-in/forgot/", "/sign-in/by-mail/", "/link/confirm/x/"):
        visitor.go(path)
        looks_right(visitor, path)
    for path, button in (("/sign-in/forgot/", "Email me a link"), ("/sign-in/by-mail/", "Email me a link")):
        visitor.go(path).get_by_role("button", name=button).click()
        page.locator(".error-summary").wait_for()
        looks_right(visitor, f"{path} with errors")
    assert (visitor.complaints, visitor.foreign) == ([], [])


def test_links_by_mail_open_pages_that_look_right(visit):
    member, visitor = MemberFactory(password=PASSWORD), visit()
    for path, button in (("/sign-in/forgot/", "Save the new password"), ("/sign-in/by-mail/", None)):
        page = visitor.go(path)
        page.get_by_label("Email").fill(member.email)
        visitor.press(page.get_by_role("button", name="Email me a link"))
        looks_right(visitor, f"{path} sent")
        (message,) = deliver()
        visitor.go(link_in(message))
        looks_right(visitor, f"{path} opened")
        if button:
            visitor.press(page.get_by_role("button", name=button))
            looks_right(visitor, f"{path} with errors")


OWN = [
    ("/you/", None),
    ("/you/agree/", "Go on"),
    ("/you/details/", None),
    ("/you/email/", "Send a link to the new address"),
    ("/you/password/", "Save the new password"),
    ("/you/second-step/", "Turn it on"),
    ("/you/sign-ins/", None),
    ("/you/leave/", "Leave Care Collective"),
]


def test_the_pages_of_ones_own_account_look_right_in_every_light_and_size(visit):
    member = superuser(password=PASSWORD, name="Nora Nelson")
    visitor = visit(member)
    for path, button in OWN:
        page = visitor.go(path)
        looks_right(visitor, path)
        if button:
            page.get_by_role("button", name=button).click()
            page.locator(".error-summary").wait_for()
            looks_right(visitor, f"{path} with errors")
    secret = re.sub(r"\s", "", visitor.go("/you/second-step/").locator(".secret").inner_text())
    page.get_by_label("Code").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_label("Your present password").fill(PASSWORD)
    page.get_by_role("button", name="Turn it on").click()
    page.locator(".codes").wait_for()
    looks_right(visitor, "recovery codes")
    for path, button in (
        ("/you/second-step/", None),
        ("/you/second-step/new-codes/", "Get new codes"),
        ("/you/second-step/off/", "Turn it off"),
    ):
        page = visitor.go(path)
        looks_right(visitor, path)
        if button:
            page.get_by_role("button", name=button).click()
            page.locator(".error-summary").wait_for()
            looks_right(visitor, f"{path} with errors")
    stranger = visit()
    page = stranger.go("/sign-in/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    stranger.press(page.get_by_role("button", name="Sign in", exact=True))
    looks_right(stranger, "the second step")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator(".error-summary").wait_for()
    looks_right(stranger, "the second step with errors")
    assert (visitor.complaints, visitor.foreign) == ([], [])
