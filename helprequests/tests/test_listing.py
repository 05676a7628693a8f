"""A list is the same whichever way it is found, and tells no more than it has counted."""

from itertools import product

import pytest
from django.db.models import Q

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.tests.pages import words
from helprequests import services
from helprequests.models import (
    HelpRequest,
    HelpRequestQuerySet,
    Listing,
    Part,
    asked_for,
    listing,
    near,
    newest_near,
)
from helprequests.tests.boards import forget_kept
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db

# (most that are looked up, how much of the board is looked at first): each sends the same question another way.
WAYS = list(product([1, 3, 1000], [1, 4, 2000]))


@pytest.fixture(params=WAYS, ids=str)
def way(request, monkeypatch):
    few, first = request.param
    monkeypatch.setattr(listing, "FEW", few)
    monkeypatch.setattr(listing, "LOOKED_AT_FIRST", first)
    forget_kept()
    yield few
    forget_kept()


@pytest.fixture
def member():
    return MemberFactory(town="Springfield")


@pytest.fixture
def board(member):
    """Twelve, every other one with soup in it, and every third one near."""
    for number in range(12):
        HelpRequestFactory(
            title=f"{'Soup' if number % 2 else 'Bread'} for day {number}",
            urgency="critical" if number % 5 == 0 else "normal",
            user__town="Springfield, MO" if number % 3 == 0 else "Boonville",
        )
    return HelpRequest.objects.on_the_board(member)


def titles(found):
    return [each.title for each in found]


@pytest.mark.one_of_each
def test_narrowed_it_is_in_the_order_of_the_board(way, member, board):
    with acting_as(member):
        found = Listing([Part(board.newest_first(), asked_for({"q": "soup"}))], HelpRequestQuerySet.newest_first)

        assert titles(found[0:4]) == [f"Soup for day {number}" for number in (11, 9, 7, 5)]
        assert titles(found[4:8]) == ["Soup for day 3", "Soup for day 1"]
        assert found.found == min(6, way + 1)


@pytest.mark.one_of_each
def test_those_near_are_put_together_from_both_ways_to_be_near(way, member, board):
    HelpRequestFactory(title="At my sister’s", user__town="Boonville", location_override="Springfield (east side)")
    with acting_as(member):
        parts = [Part(board.newest_first(), condition) for condition in near("Springfield")]
        found = Listing(parts, HelpRequestQuerySet.newest_first)

        assert titles(found[0:3]) == ["At my sister’s", "Soup for day 9", "Bread for day 6"]
        assert found.found == min(5, way + 1)


@pytest.mark.one_of_each
def test_the_soonest_come_first_and_then_the_newest(way, member, board):
    with acting_as(member):
        parts = [Part(each.newest_first(), asked_for({"q": "soup"})) for each in board.by_how_soon()]

        found = titles(Listing(parts, HelpRequestQuerySet.soonest_first)[0:20])

    assert found == [f"Soup for day {number}" for number in (5, 11, 9, 7, 3, 1)]


@pytest.mark.one_of_each
def test_over_the_api_it_goes_on_and_back_in_the_same_order(way, member, board):
    asked = {"asked_for": asked_for({"q": "soup"}), "by": member, "limit": 2}
    first = services.listed(board, cursor=None, **asked)
    second = services.listed(board, cursor=first.next, **asked)
    third = services.listed(board, cursor=second.next, **asked)
    back = services.listed(board, cursor=third.previous, **asked)

    shown = [titles(page.results) for page in (first, second, third, back)]
    assert shown == [[f"Soup for day {a}", f"Soup for day {b}"] for a, b in ((11, 9), (7, 5), (3, 1), (7, 5))]
    assert (third.next, back.previous is None) == (None, False)


@pytest.mark.one_of_each("is_near")
@pytest.mark.parametrize(
    ("town", "shown", "is_near"), [("Springfield", [9, 6, 3], True), ("Elsewhere", [11, 10, 9], False)]
)
def test_home_has_the_newest_near_or_of_all(way, member, board, town, shown, is_near):
    member.town = town
    with acting_as(member):
        found = list(newest_near(member, 3))

    assert [int(title.split()[-1]) for title in titles(found)] == shown
    assert [each.is_near for each in found] == [is_near] * 3


@pytest.mark.one_of_each
def test_everything_is_found_without_a_condition(way, member, board):
    with acting_as(member):
        found = Listing([Part(board.newest_first(), Q())], HelpRequestQuerySet.newest_first)

        assert (len(found[0:20]), found.found) == (12, min(12, way + 1))


@pytest.mark.parametrize(("language", "said"), [("en", "More than 20 requests"), ("es", "Más de 20 solicitudes")])
def test_a_page_tells_no_more_than_was_counted(client, member, monkeypatch, language, said):
    monkeypatch.setattr(listing, "FEW", 20)
    member.language = language
    member.save()
    client.force_login(member)
    HelpRequestFactory.create_batch(21)

    response = client.get("/requests/")

    assert said in words(response)
    assert response.context["page"].paginator.num_pages == 1


@pytest.mark.one_of_each
@pytest.mark.parametrize("asked", ["", "q=soup", "sort=soonest", "near=me", "near=me&sort=soonest"])
def test_beyond_what_is_counted_the_pages_go_on_and_back_over_every_request_once(client, member, monkeypatch, asked):
    monkeypatch.setattr(listing, "FEW", 40)
    client.force_login(member)
    for number in range(70):
        HelpRequestFactory(
            title=f"Soup {number}", user__town="Springfield", urgency="critical" if number % 9 == 0 else "normal"
        )
    pages = [client.get(f"/requests/?{asked}")]
    while pages[-1].context["next_url"] and len(pages) < 5:
        pages.append(client.get(f"/requests/{pages[-1].context['next_url']}"))
    back = client.get(f"/requests/{pages[3].context['previous_url']}")

    shown = [titles(page.context["page"]) for page in pages]
    everything = [title for titles in shown for title in titles]
    in_order = HelpRequest.objects.soonest_first() if "soonest" in asked else HelpRequest.objects.newest_first()
    assert (list(map(len, shown)), everything) == ([20, 20, 20, 10], titles(in_order))
    assert titles(back.context["page"]) == shown[2]
    assert [page.context["page"].number for page in pages] == [1, 2, 3, 4]
    assert "Page 4" in words(pages[3])


@pytest.mark.one_of_each
@pytest.mark.parametrize("asked", ["place=made-up", "page=x&place=", "page=3&place=made-up"])
def test_an_address_with_a_place_that_there_is_not_shows_a_page_with_a_number(client, member, monkeypatch, asked):
    monkeypatch.setattr(listing, "FEW", 20)
    client.force_login(member)
    HelpRequestFactory.create_batch(21)

    assert len(titles(client.get(f"/requests/?{asked}").context["page"])) == 20
