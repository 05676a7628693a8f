"""A member who is deleted, or emptied, while they send has no sign-in any more: 401, whatever went with them."""

import pytest

from carecollective.accounts.models import Member
from carecollective.own_data.leaving import services as leaving
from carecollective.web.api.views import ApiView

from .asking import ask, outcome
from .reading import rows
from .world import ROLES

pytestmark = pytest.mark.thorough

# What one has read oneself is nobody else's business, and nothing follows from it.
READING = ("/api/notifications/read-all", "/api/messaging/conversations/{}/read")
CHANGES = [
    row
    for row in rows()
    if row.call.method != "GET"
    and row.call.route.startswith("/api/")
    and not row.call.route.startswith("/api/auth/")
    and row.call.pattern not in READING
]


def deleted(member):
    Member.objects.filter(pk=member.pk).delete()


def emptied(member):
    leaving.erase(member.pk)


def whoever_may(row):
    may = row.answers["there"].replace(" ", "")
    return next((role for role in ("owner", "helper", "stranger") if may[ROLES.index(role)] == "+"), "owner")


@pytest.mark.parametrize("gone", [deleted, emptied])
@pytest.mark.parametrize("row", CHANGES, ids=lambda row: str(row.call))
def test_whoever_is_gone_by_then_is_signed_out(world, monkeypatch, row, gone):
    role = whoever_may(row)
    world.client(role, row.call.route)

    let_in = ApiView.refuse_by_standing

    def let_in_and_gone(view, caller, method):
        let_in(view, caller, method)
        gone(world.members[role])

    monkeypatch.setattr(ApiView, "refuse_by_standing", let_in_and_gone)

    assert outcome(ask(world, role, row.call, world.there)) == "401 unauthorized"
