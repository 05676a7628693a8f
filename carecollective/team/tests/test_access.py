"""Who on the team gets which page: one table, written by hand."""

import uuid

import pytest
from django.test import Client
from django.urls import get_resolver

from carecollective.accounts import second_factor
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.tests.pages import heading

from .test_front_page import offer_to_pass_on

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

ALL, COORDINATE = ["coordinators", "moderators", "administrators"], ["coordinators", "administrators"]
MODERATE = ["moderators", "administrators"]
# The page below /admin/, and whose it is.
TABLE = {
    "": [*ALL, "no group"],
    "applications/": COORDINATE,
    "applications/{applicant}/approve/": COORDINATE,
    "applications/{applicant}/not-now/": COORDINATE,
    "grave-acts/": MODERATE,
    "grave-acts/{act}/agree/": MODERATE,
    "grave-acts/{act}/decline/": MODERATE,
    "renames/": ALL,
    "renames/{act}/looked-at/": ALL,
    "requests/without-offer/": ALL,
    "requests/running-out/": ALL,
    "requests/post-for-somebody/": COORDINATE,
    "requests/offers/": COORDINATE,
    "requests/offers/{offer}/": COORDINATE,
    "report/": COORDINATE,
    "report/report.csv": COORDINATE,
}


def address(page):
    offer = offer_to_pass_on().pk if "{offer}" in page else ""
    applicant = MemberFactory(pending=True, name="Pia Pending").pk
    return "/admin/" + page.format(applicant=applicant, offer=offer, act=uuid.uuid4())


def somebody(who):
    if who in ALL:
        return browser_of(on_the_team(who))
    return browser_of(on_the_team() if who == "no group" else MemberFactory())


@pytest.mark.parametrize("page", TABLE)
@pytest.mark.parametrize("who", [*ALL, "no group", "a member"])
def test_each_page_is_for_those_whose_work_it_is(who, page):
    answer = somebody(who).get(address(page))

    assert answer.status_code == (200 if who in TABLE[page] else 403)


@pytest.mark.parametrize("page", TABLE)
def test_whoever_is_not_signed_in_is_asked_to(page):
    path = address(page)

    answer = Client().get(path, follow=True)

    assert answer.redirect_chain[-1][0] == f"/sign-in/?next={path}"


@pytest.mark.parametrize("page", [page for page in TABLE if "applicant" in page])
@pytest.mark.parametrize("who", ["moderators", "no group", "a member"])
def test_nobody_else_answers_an_application(who, page):
    answer = somebody(who).post(address(page), {"line": "Welcome"})

    assert answer.status_code == 403
    assert Member.objects.get(name="Pia Pending").verification_status == "pending"


@pytest.mark.parametrize("page", TABLE)
def test_without_the_second_step_nobody_comes_in(page, monkeypatch):
    client = somebody("administrators")
    monkeypatch.setattr(second_factor, "is_missing", lambda member: True)

    answer = client.get(address(page))

    assert (answer.status_code, answer["Location"]) == (302, "/you/second-step/")


@pytest.mark.parametrize("page", TABLE)
def test_no_page_is_kept_by_a_browser_or_a_proxy(page):
    assert "no-store" in somebody("administrators").get(address(page))["Cache-Control"]


@pytest.mark.parametrize("page", [page for page in TABLE if not page.endswith(".csv")])
def test_each_page_has_one_heading_and_one_main_part(page):
    answer = somebody("administrators").get(address(page))

    assert heading(answer)
    assert answer.content.count(b"<main") == 1


def test_every_page_of_the_teams_stands_in_the_table():
    below = next(found for found in get_resolver().url_patterns if getattr(found, "app_name", "") == "team")

    routes = {
        str(found.pattern)
        .replace("<uuid:member_id>", "{applicant}")
        .replace("<uuid:conversation_id>", "{offer}")
        .replace("<uuid:act_id>", "{act}")
        .replace("<uuid:entry_id>", "{act}")
        for found in below.url_patterns
    }

    assert routes == set(TABLE) - {""}
