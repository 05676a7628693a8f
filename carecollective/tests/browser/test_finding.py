"""The list of requests while somebody looks for one: it follows what is typed, grows, and loses nothing."""

import re

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from helprequests.tests.factories import HelpRequestFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SOUP = re.compile(r"/requests/\?q=soup$")


@pytest.fixture
def visitor(visit):
    return visit(MemberFactory(town="Springfield"))


@pytest.fixture
def page(visitor):
    HelpRequestFactory(title="A ride to the clinic")
    HelpRequestFactory(title="Soup for a week", user__town="Springfield")
    page = visitor.go("/requests/")
    visitor.documents.clear()
    return page


def titles(page):
    return page.locator(".request-card h2").all_inner_texts()


def search(page, words):
    page.get_by_label("Search requests").press_sequentially(words, delay=20)


def until_found(page, words):
    page.locator("#found-count", has_text=words).wait_for()


def test_the_list_follows_what_is_typed(visitor, page):
    steps_back = page.evaluate("history.length")
    search(page, "soup")

    until_found(page, "1 request")
    assert titles(page) == ["Soup for a week"]
    assert page.url.endswith("/requests/?q=soup")
    assert page.get_by_role("link", name="Remove filter: “soup”").is_visible()
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.evaluate("history.length") == steps_back
    assert page.locator("#found-count").get_attribute("role") == "status"
    search(page, "xyz")
    until_found(page, "No requests match. Try fewer words or another kind of help.")
    page.get_by_label("Search requests").fill("")
    until_found(page, "2 requests")
    assert page.url.endswith("/requests/")
    assert (visitor.documents, visitor.errors, visitor.complaints) == ([], [], [])


def test_a_choice_narrows_it_too_and_survives_opening_one(visitor, page):
    page.get_by_text("Filter and sort").click()
    page.get_by_label("Where").select_option("Near me: Springfield")
    until_found(page, "1 request")

    page.get_by_role("link", name="Soup for a week").click()
    page.get_by_role("link", name="Back to all requests").click()

    until_found(page, "1 request")
    assert titles(page) == ["Soup for a week"]
    assert visitor.violations() == []


def test_the_newest_question_is_the_one_that_is_answered(page):
    held, given_up = [], []
    page.route(re.compile(r"\?q=so$"), lambda route: held.append(route))
    page.on("requestfailed", lambda request: given_up.append(request.url.rpartition("?")[2]))
    search(page, "so")
    page.locator("#found[aria-busy=true]").wait_for()
    search(page, "up")

    until_found(page, "1 request")
    assert given_up == ["q=so"]
    assert (titles(page), page.url.rpartition("?")[2]) == (["Soup for a week"], "q=soup")


def test_who_waits_is_told_and_keeps_what_was_there(page):
    held = []
    page.route(SOUP, lambda route: held.append(route))

    search(page, "soup")
    page.get_by_text("Updating…").wait_for()

    assert len(titles(page)) == 2
    held[0].continue_()
    until_found(page, "1 request")
    assert page.locator("#finding").inner_text() == ""
    assert page.locator("#found").get_attribute("aria-busy") is None


def test_where_the_server_has_trouble_the_list_stays_and_shows_a_way_on(visitor, page):
    page.route(SOUP, lambda route: route.abort())

    search(page, "soup")

    page.get_by_text("We could not refresh the list.").wait_for()
    assert len(titles(page)) == 2
    assert visitor.violations() == []
    page.unroute(SOUP)
    page.get_by_role("link", name="Try again").click()
    until_found(page, "1 request")


def test_the_list_grows_where_it_ends(visitor, page):
    HelpRequestFactory.create_batch(39)
    page.reload()
    visitor.documents.clear()

    page.get_by_role("link", name="Show 20 more").click()
    page.get_by_role("link", name="Show 1 more").wait_for()

    assert len(titles(page)) == len(set(titles(page))) == 40
    assert page.evaluate("document.activeElement.innerText") == titles(page)[20]
    assert page.url.endswith("/requests/?page=2")
    page.get_by_role("link", name="Show 1 more").click()
    page.locator(".request-card").nth(40).wait_for()
    assert page.locator(".pager").count() == 0
    assert visitor.violations() == []
    assert visitor.documents == []


def test_a_request_that_comes_meanwhile_shows_nothing_twice(page):
    HelpRequestFactory.create_batch(20)
    page.reload()
    HelpRequestFactory()

    page.get_by_role("link", name="Show 2 more").click()
    page.locator(".request-card").nth(21).wait_for()

    assert len(titles(page)) == len(set(titles(page))) == 22


def test_without_scripts_the_form_and_its_links_do_the_same(visit):
    visitor = visit(MemberFactory(), java_script_enabled=False)
    HelpRequestFactory.create_batch(21)
    page = visitor.go("/requests/")

    page.get_by_role("link", name="Next page").click()
    assert (len(titles(page)), page.url.rpartition("?")[2]) == (1, "page=2")
    page.get_by_label("Search requests").fill("nothing")
    page.get_by_role("button", name="Show results").click()
    page.get_by_role("link", name="Clear filters").first.click()

    until_found(page, "21 requests")
    assert visitor.errors == []
