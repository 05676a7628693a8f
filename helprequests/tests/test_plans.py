"""What a list costs is what is shown of it: no page and no call reads the whole board, however little it finds.

The board of these tests is a small one, so what is looked at first, and looked up at most, is less too.
"""

import pytest
from django.http import HttpResponse

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.tests.plans import most_looked_at
from carecollective.tests.sql import run
from helprequests.models import listing
from helprequests.pages.board import Board

from .boards import fill, forget_kept

pytestmark = pytest.mark.django_db

ROWS, FEW, FIRST = 4_000, 50, 100


@pytest.fixture
def board(monkeypatch):
    monkeypatch.setattr(listing, "FEW", FEW)
    monkeypatch.setattr(listing, "LOOKED_AT_FIRST", FIRST)
    forget_kept()
    fill(ROWS)
    yield
    forget_kept()


# What is looked at first and its beginning, once for each part; what is looked up, counted and then read.
ENOUGH = 4 * (FIRST + FEW)


LISTS = [
    *("", "page=3", "page=99999", "sort=soonest", "q=ride", "q=piano", "q=zebra", "q=piano&sort=soonest"),
    *("category=other", "category=household-yard", "category=social-companionship", "urgency=critical"),
    *("language=pt", "language=zu", "near=me", "near=me&q=piano"),
    *("near=me&q=ride", "near=me&category=other", "near=me&q=zebra"),
]
CALLS = ["", "q=ride", "q=piano", "q=zebra", "category=household-yard", "language=pt", "urgency=critical"]
PLACES = ["/home/", *(f"/requests/?{asked}" for asked in LISTS), *(f"/api/help-requests?{asked}" for asked in CALLS)]


@pytest.mark.one_of_each("town")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("town", ["Springfield", "Far Away", "Nowhere"])
def test_a_list_looks_at_little_of_the_board(client, board, place, town):
    client.force_login(MemberFactory(town=town))

    assert 0 < most_looked_at(lambda: client.get(place), "help_requests") <= ENOUGH * (3 if "sort" in place else 1)


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    "asked", ["/home/", "", "?sort=soonest", "?q=ride", "?q=zebra", "?near=me", "?near=me&q=ride", "?near=me&q=zebra"]
)
@pytest.mark.parametrize("town", ["Springfield", "Far Away", "Nowhere"])
def test_so_it_does_by_the_plan_that_is_made_for_anybody(client, board, asked, town):
    client.force_login(MemberFactory(town=town))

    place = asked if asked.startswith("/") else f"/requests/{asked}"
    looked_at = most_looked_at(lambda: client.get(place), "help_requests", for_anybody=True)

    assert 0 < looked_at <= ENOUGH * (3 if "sort" in place else 1)


def test_a_page_far_down_names_the_people_of_what_it_shows(client, board):
    client.force_login(MemberFactory(town="Nowhere"))
    run("SET LOCAL enable_seqscan = off")  # four hundred members are read whole before that many are looked up

    assert 0 < most_looked_at(lambda: client.get("/requests/?page=3"), "members") <= 25


def test_what_is_looked_at_first_is_looked_at_once(client, board):
    client.force_login(MemberFactory(town="Nowhere"))

    # Where it begins, and what it finds; then the page is read.
    assert 0 < most_looked_at(lambda: client.get("/requests/?q=ride"), "help_requests") <= FIRST + 2 * FEW


def test_home_shows_few_and_looks_at_few_before_it_looks_up(client, board, monkeypatch):
    monkeypatch.setattr(listing, "LOOKED_AT_FIRST", ROWS)
    monkeypatch.setattr(listing, "FOR_EACH", 10)
    forget_kept()
    client.force_login(MemberFactory(town="Nowhere"))

    # Three are shown. Where it begins and what it finds, for each of the two ways to be near.
    assert 0 < most_looked_at(lambda: client.get("/home/"), "help_requests") <= 4 * 30 + FEW


@pytest.mark.parametrize("chosen", [{}, {"q": "ride"}, {"q": "piano"}], ids=str)
def test_how_many_are_near_is_counted_without_a_look_at_those_who_are_not(board, chosen):
    member = MemberFactory(town="Far Away")
    run("SET LOCAL enable_seqscan = off")  # four hundred members are read whole sooner than one is looked up

    def counted():
        with acting_as(member):
            assert Board(chosen | {"near": "me"}, member).found == (0 if "piano" in chosen.values() else 10)
        return HttpResponse()

    # The neighbor, and whose requests are read first or hold a rare word.
    assert 0 < most_looked_at(counted, "members", for_anybody=True) <= 2 + (4 if chosen.get("q") == "piano" else 0)
