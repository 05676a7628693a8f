"""Pages by the place of their rows: nothing twice, nothing left out, whatever is added or ties meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import paging
from carecollective.ground.refusals import InvalidCursor
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def made():
    """Seven requests, three of them of the same microsecond."""
    owner = MemberFactory()
    steps = [0, 1, 2, 2, 2, 3, 4]
    return [HelpRequestFactory(user=owner, created_at=NOON + timedelta(microseconds=step)) for step in steps]


def page(queryset, limit=3, cursor=None):
    return paging.paged(queryset, cursor=cursor, limit=limit, of="a list")


def walk(queryset, limit, way="next", cursor=None):
    """Every page from here, in the order in which one meets them."""
    pages = []
    while True:
        found = page(queryset, limit, cursor)
        pages.append(found.results)
        cursor = getattr(found, way)
        if cursor is None:
            return pages


def flat(pages):
    return [row for rows in pages for row in rows]


@pytest.mark.one_of_each
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("order", [["created_at", "id"], ["-created_at", "-id"]], ids=["oldest first", "newest first"])
def test_going_on_meets_every_row_once_and_in_order(limit, order, made):
    queryset = HelpRequest.objects.order_by(*order)

    pages = walk(queryset, limit)

    assert flat(pages) == list(queryset)
    assert [len(rows) for rows in pages[:-1]] == [limit] * (len(pages) - 1)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_going_back_meets_the_same_rows_in_the_same_order(limit, made):
    queryset = HelpRequest.objects.newest_first()
    pages, cursor = [], None
    for _ in range(-(-7 // limit)):
        last = page(queryset, limit, cursor)
        pages.append(last.results)
        cursor = last.next

    back = walk(queryset, limit, way="previous", cursor=last.previous)

    assert back == pages[-2::-1]


def test_the_first_page_has_nothing_before_and_the_last_nothing_after(made):
    queryset = HelpRequest.objects.newest_first()
    first = page(queryset, 4)
    last = page(queryset, 4, first.next)

    assert (first.previous, last.next) == (None, None)
    assert (len(first.results), len(last.results)) == (4, 3)


def test_a_full_last_page_is_the_last(made):
    assert page(HelpRequest.objects.newest_first(), 7).next is None


def test_an_empty_list_goes_nowhere():
    found = page(HelpRequest.objects.newest_first())

    assert (found.results, found.next, found.previous) == ([], None, None)


def test_a_page_that_emptied_meanwhile_goes_nowhere(made):
    marker = page(HelpRequest.objects.newest_first(), 6).next
    HelpRequest.objects.all().delete()

    found = page(HelpRequest.objects.newest_first(), 6, marker)

    assert (found.results, found.next, found.previous) == ([], None, None)


def test_a_row_added_meanwhile_repeats_and_hides_no_other(made):
    queryset = HelpRequest.objects.newest_first()
    first = page(queryset, 3)
    HelpRequestFactory(created_at=NOON + timedelta(days=1))

    second = page(queryset, 3, first.next)

    assert first.results + second.results == list(queryset)[1:7]


def test_any_columns_that_are_unique_together_make_an_order(made):
    HelpRequest.objects.filter(pk=made[3].pk).update(urgency="critical")
    queryset = HelpRequest.objects.soonest_first()

    pages = walk(queryset, 2)

    assert flat(pages) == [made[3], *(row for row in HelpRequest.objects.newest_first() if row != made[3])]


@pytest.mark.parametrize("cursor", ["nonsense", "a:b", "0"])
def test_a_marker_of_nobodys_making_is_refused(cursor):
    with pytest.raises(InvalidCursor):
        page(HelpRequest.objects.newest_first(), cursor=cursor)


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_marker_is_the_first_page(cursor, made):
    queryset = HelpRequest.objects.newest_first()

    assert page(queryset, 7, cursor).results == list(queryset)
