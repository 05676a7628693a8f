"""From a first look to a thank-you, as two people go there: by what stands on the pages, and by the mail that comes."""

import re

import pytest
from django.conf import settings

from carecollective.accounts.tests.factories import PASSWORD
from carecollective.accounts.tests.post import deliver, forget_what_waits, link_in
from carecollective.accounts.tests.team import superuser

from .test_looks import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.thorough, pytest.mark.django_db(transaction=True)]


def joined(visitor, team, *, name, email):
    """Somebody finds the page, joins, confirms the address, is approved and arrives at home."""
    page = visitor.go("/")
    page.get_by_role("link", name="Join", exact=True).first.click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Town or ZIP code").fill("Riverside")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("I agree to the community standards").check()
    page.get_by_role("button", name="Join", exact=True).click()
    page.goto(link_in(_mail_to(email)))
    page.get_by_role("button", name="This is my address").click()
    application = _mail_to(team.page_owner)
    team.go(_address_in(application)).get_by_role("button", name="Approve", exact=True).click()
    page.goto(_address_in(_mail_to(email)))
    assert page.get_by_role("heading", level=1).inner_text() == f"Hello, {name.split()[0]}"
    return page


def _mail_to(email):
    """The one mail that waits for this address."""
    (found,) = (message for message in deliver() if message.to == [email])
    return found


def _address_in(message):
    return message.body.partition(settings.PUBLIC_URL)[2].split()[0]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_two_people_join_one_asks_one_offers_and_one_says_thank_you(visit, scripts):
    forget_what_waits()
    owner_of_team = superuser(password=PASSWORD)
    team = visit(owner_of_team, **DESK)
    team.page_owner = owner_of_team.email
    asking, helping = (visit(**PHONE, java_script_enabled=scripts) for _ in range(2))

    nora = joined(asking, team, name="Nora Nelson", email="nora@example.org")
    nora.get_by_role("main").get_by_role("link", name="Ask for help").click()
    nora.get_by_label("What do you need?").fill("A ride to the clinic on Thursday")
    nora.get_by_label(re.compile("^Rides and errands")).check()
    nora.get_by_label("Within 24 hours").check()
    nora.get_by_role("button", name="Post request").click()
    nora.get_by_text("Your request is posted.").wait_for()

    hal = joined(helping, team, name="Hal Hill", email="hal@example.org")
    hal.get_by_role("main").get_by_role("link", name="Find requests").click()
    hal.get_by_role("link", name="A ride to the clinic on Thursday").click()
    hal.get_by_label("Your message").fill("I can drive you and wait with you.")
    hal.get_by_role("button", name="Send offer").click()
    hal.get_by_text("Your offer was sent.").wait_for()

    nora.get_by_role("link", name=re.compile("^Messages")).click()
    nora.get_by_role("link", name="Hal H. offers to help").click()
    nora.get_by_role("button", name="Accept this offer").click()
    nora.get_by_role("heading", name="Hal Hill is helping you.").wait_for()
    nora.get_by_label("Write a message").fill("Thank you, Hal. See you on Thursday.")
    nora.get_by_role("button", name="Send").click()
    nora.locator(".message-mine", has_text="Thank you, Hal.").wait_for()

    hal.get_by_role("link", name=re.compile("^Messages")).click()
    hal.get_by_role("link", name=re.compile("Nora Nelson")).first.click()
    hal.locator(".message", has_text="Thank you, Hal. See you on Thursday.").wait_for()
    for visitor in (asking, helping, team):
        assert (visitor.errors, visitor.complaints, visitor.foreign) == ([], [], [])
