"""Whoever has what they came for meets no error: a sign-in page in a second tab, a link pressed twice, out twice."""

import re

import pytest
from django.test import Client

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.post import deliver, link_in
from carecollective.tests.pages import hidden

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def member():
    return MemberFactory(password=PASSWORD)


def token_of(page):
    return hidden(page, "csrfmiddlewaretoken")


def sign_in(browser, page, member, **more):
    sent = {"login": member.email, "password": PASSWORD, "csrfmiddlewaretoken": token_of(page)}
    return browser.post("/sign-in/", sent | more)


def test_the_second_tab_of_the_sign_in_page_goes_home_too(browser, member):
    one, two = browser.get("/sign-in/"), browser.get("/sign-in/")

    first, second = sign_in(browser, one, member), sign_in(browser, two, member)

    assert [(each.status_code, each["Location"]) for each in (first, second)] == [(302, "/home/"), (303, "/home/")]


def test_and_on_to_where_it_was_going(browser, member):
    one, two = browser.get("/sign-in/"), browser.get("/sign-in/?next=/messages/")
    sign_in(browser, one, member)

    assert sign_in(browser, two, member, next="/messages/")["Location"] == "/messages/"
    assert sign_in(browser, two, member, next="https://example.com/")["Location"] == "/home/"


@pytest.mark.parametrize("path", ["/join/", "/join/check-mail/", "/sign-in/by-mail/", "/sign-in/forgot/"])
def test_every_other_page_on_the_way_in_does_the_same(browser, member, path):
    one, two = browser.get("/sign-in/"), browser.get(path)
    sign_in(browser, one, member)

    response = browser.post(path, {"email": member.email, "csrfmiddlewaretoken": token_of(two)})

    assert (response.status_code, response["Location"]) == (303, "/home/")


def test_who_is_signed_out_is_still_refused(browser):
    assert browser.post("/sign-in/", {"login": "a@example.org", "password": "x"}).status_code == 403


def test_signing_out_twice_is_signing_out(browser, member):
    sign_in(browser, browser.get("/sign-in/"), member)
    token = token_of(browser.get("/you/"))

    answers = [browser.post("/sign-out/", {"csrfmiddlewaretoken": token}) for _ in range(2)]
    browser.cookies.clear()
    answers.append(browser.post("/sign-out/", {"csrfmiddlewaretoken": token}))

    assert [(each.status_code, each["Location"]) for each in answers] == [(303, "/")] * 3


def test_a_form_from_before_a_sign_in_finds_its_words_again(browser, member):
    sign_in(browser, browser.get("/sign-in/"), member)
    page = browser.get("/requests/new/")
    sent = {"title": "A ride on Monday", "kept_for": hidden(page, "kept_for"), "csrfmiddlewaretoken": token_of(page)}
    browser.post("/sign-out/", {"csrfmiddlewaretoken": sent["csrfmiddlewaretoken"]})
    sign_in(browser, browser.get("/sign-in/"), member)  # in another tab: the token is another one

    refused = browser.post("/requests/new/", sent)

    assert refused.status_code == 403
    assert "A ride on Monday" in refused.content.decode()
    (again,) = re.findall(r'class="button" href="([^"]+)"', refused.content.decode())
    assert 'value="A ride on Monday"' in browser.get(again).content.decode()


def test_a_link_pressed_in_a_second_tab_leads_in_as_well(member):
    browser = Client()
    browser.post("/sign-in/by-mail/", {"email": member.email})
    (message,) = deliver()
    browser.get(link_in(message))

    first, second = (browser.post("/sign-in/by-link/") for _ in range(2))

    assert (first["Location"], second["Location"]) == ("/home/", "/home/")
