"""The board by kept questions: the same rows as the ORM finds for the same member, and never another's."""

from datetime import timedelta

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import clock, paging
from carecollective.ground.identity import acting_as
from carecollective.tests.sql import run
from helprequests.models import HelpRequest, holds_since
from helprequests.pages import board
from helprequests.pages.board import Board
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db

CHOSEN = [
    *({}, {"sort": "soonest"}, {"q": "soup"}, {"q": "SOUP d", "sort": "soonest"}, {"near": "me"}, {"q": "..."}),
    *(
        {"near": "me", "sort": "soonest", "q": "soup"},
        {"category": "other"},
        {"urgency": "critical"},
        {"urgency": "normal"},
    ),
    *({"language": "es"}, {"language": "es", "category": "other", "near": "me"}),
]


@pytest.fixture
def filled():
    for number in range(12):
        HelpRequestFactory(
            title=f"{'Soup' if number % 2 else 'Bread'} for day {number}",
            urgency=("critical", "urgent", "normal")[number % 3],
            language="es-MX" if number % 4 == 0 else "en",
            category="other" if number % 5 else "groceries-meals",
            user__town=("Springfield, MO", "Boonville", "***")[number // 2 % 3],
        )


def titles(rows):
    return [row.title for row in rows]


def by_the_orm(chosen, member, place=None):
    """The same question, put together for this member with their own values."""
    asked = Board(chosen, member, place)
    return board.listing(asked.shape, **asked.values)


@pytest.mark.one_of_each("town")
@pytest.mark.parametrize("town", ["Springfield", "***", "Elsewhere", ""])
@pytest.mark.parametrize("chosen", CHOSEN, ids=str)
def test_what_was_kept_finds_what_the_orm_finds(filled, chosen, town):
    before, member = MemberFactory(town="Boonville"), MemberFactory(town=town)
    with acting_as(before):
        assert Board(chosen, before)[0:20]  # kept for another
    with acting_as(member):
        kept, orm = Board(chosen, member), by_the_orm(chosen, member)

        assert titles(kept[0:20]) == titles(orm[0:20])
        assert titles(kept[2:4]) == titles(orm[2:4])
        assert titles(kept.first(3)) == titles(orm.first(3))
        assert (kept.found, Board(chosen, member).found) == (orm.found, orm.found)


@pytest.mark.one_of_each("backwards")
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("chosen", [{}, {"sort": "soonest"}, {"q": "soup", "sort": "soonest"}, {"near": "me"}], ids=str)
def test_from_a_place_on_and_back_it_goes_as_the_orm_goes(filled, chosen, backwards):
    member = MemberFactory(town="Springfield")
    with acting_as(member):
        rows = Board(chosen, member)[0:20]
        at = len(rows) // 2
        values = [getattr(rows[at], "how_soon", 0), rows[at].created_at.isoformat(), str(rows[at].pk)]
        place = paging.Place(values, backwards=backwards)

        found = titles(Board(chosen, member, place)[0:20])

        assert found == titles(by_the_orm(chosen, member, place)[0:20])
        assert found == titles(reversed(rows[:at]) if backwards else rows[at + 1 :])


def test_nobody_gets_what_was_found_for_another(filled):
    first, second = MemberFactory(town="Springfield"), MemberFactory(town="Boonville")
    own = HelpRequestFactory(user=first, title="First’s own soup", user__town="")
    blocked = HelpRequest.objects.get(title="Soup for day 1").user_id
    with acting_as(first):
        run("INSERT INTO member_blocks (blocker_id, blocked_id) VALUES (%s, %s)", first.pk, blocked)

    def seen_by(member, chosen):
        with acting_as(member):
            return set(titles(Board(chosen, member)[0:20]))

    soup = [seen_by(member, {"q": "soup"}) for member in (first, second, first)]
    near = [seen_by(member, {"near": "me"}) for member in (first, second, first)]

    assert soup[0] == soup[2] == soup[1] - {own.title, "Soup for day 1"} != soup[1]
    assert near[0] == near[2] != near[1]
    assert not near[0] & near[1]


def test_what_is_soon_is_judged_anew_each_time(filled, monkeypatch):
    member = MemberFactory()

    def how_soon():
        with acting_as(member):
            return {row.how_soon for row in Board({"sort": "soonest"}, member)[0:20]}

    today, now = how_soon(), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=2))

    assert (today, how_soon()) == ({0, 1, 2}, {2})
    assert holds_since("urgent") == now + timedelta(days=1)
