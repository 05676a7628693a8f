"""The list over the API by kept questions: the same rows as the ORM finds for the same member, and never another's."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.tests.sql import run
from helprequests import services
from helprequests.api import board
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db

ASKED = [
    *({}, {"q": "soup"}, {"q": "SOUP d", "category": "other"}, {"q": "..."}, {"mine": True}, {"urgency": "critical"}),
    *({"status": "open"}, {"status": "in_progress"}, {"status": "completed"}, {"status": "cancelled", "mine": True}),
    *({"language": "es"}, {"language": "es-MX"}, {"language": "tlh", "q": "soup"}, {"language": "en", "limit": 1}),
]


@pytest.fixture
def member():
    return MemberFactory()


@pytest.fixture
def filled(member):
    before = MemberFactory()
    for number in range(12):
        HelpRequestFactory(
            user=(before, member)[number % 3 == 0],
            title=f"{'Soup' if number % 2 else 'Bread'} for day {number}",
            urgency=("critical", "urgent", "normal")[number % 3],
            language=("es-MX", "es", "en", "tlh")[number % 4],
            category="other" if number % 5 else "groceries-meals",
        )
    HelpRequestFactory(user=member, status="completed", title="Soup of last week")
    return before


def titles(page):
    return [row.title for row in page.results]


def by_the_orm(asked, by, cursor=None):
    """The same question, put together for this member with their own values."""
    shape, values = board._shape(asked, None), board._values(asked, None, by)
    narrowed = board._narrowed(shape, values)
    limit = asked.get("limit", 20)
    return services.listed(board._board(shape, by), asked_for=narrowed, by=by, cursor=cursor, limit=limit)


@pytest.mark.one_of_each
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_what_was_kept_finds_what_the_orm_finds(member, filled, asked):
    board.page(asked, by=filled)  # kept for another

    assert titles(board.page(asked, by=member)) == titles(by_the_orm(asked, member))


@pytest.mark.one_of_each
@pytest.mark.parametrize("asked", [{}, {"q": "soup"}, {"mine": True}, {"language": "tlh"}], ids=str)
def test_from_page_to_page_and_back_it_goes_as_the_orm_goes(member, filled, asked):
    asked = asked | {"limit": 2}
    first, orm = board.page(asked, by=member), by_the_orm(asked, member)
    second = board.page(asked | {"cursor": first.next}, by=member)
    back = board.page(asked | {"cursor": second.previous}, by=member)

    assert titles(second) == titles(by_the_orm(asked, member, orm.next)) != titles(first) == titles(back)
    assert second.results


def test_nobody_gets_what_was_found_for_another(member, filled):
    blocks = MemberFactory()
    run_as = {"q": "soup"}
    with acting_as(blocks):
        run("INSERT INTO member_blocks (blocker_id, blocked_id) VALUES (%s, %s)", blocks.pk, member.pk)

    seen = [set(titles(board.page(run_as, by=by))) for by in (member, blocks, member)]
    own = [titles(board.page({"mine": True}, by=by)) for by in (member, blocks, filled)]

    assert seen[0] == seen[2] > seen[1]
    assert seen[0] - seen[1] == {"Soup for day 3", "Soup for day 9"}
    assert (bool(own[0]), own[1], set(own[0]) & set(own[2])) == (True, [], set())
