"""A member who is deleted, or emptied, while they send has no sign-in any more: 401, whatever went with them."""

import pytest
from django.db import transaction

from carecollective.accounts.models import Member
from carecollective.own_data.leaving import services as leaving
from carecollective.tests.meanwhile import scopes_in_savepoints
from carecollective.web.api.views import ApiView

from .neighborhood import outcome_of
from .test_access import TABLE, call

pytestmark = pytest.mark.thorough

# Who can do what the row says; everything else is the owner's.
WHOSE = {"start-conversation": "stranger", "withdraw": "helper", "undo": "helper"}
# What one has read oneself is nobody else's business, and nothing follows from it.
READING = ("notifications/read-all", "messaging/conversations/{id}/read")
CHANGES = [
    row
    for row in TABLE
    if row[0] != "GET" and row[2] != "absent" and not row[1].startswith("auth/") and row[1] not in READING
]


def deleted(member):
    Member.objects.filter(pk=member.pk).delete()


def emptied(member):
    leaving.erase(member.pk)


@pytest.mark.parametrize("gone", [deleted, emptied])
@pytest.mark.parametrize("row", CHANGES, ids=lambda row: " ".join(map(str, row)))
def test_whoever_is_gone_by_then_is_signed_out(here, monkeypatch, row, gone):
    role = WHOSE.get(row[1].rpartition("/")[2], "owner")
    member = here.members[role]
    here.client(role)
    scopes_in_savepoints(monkeypatch)

    let_in = ApiView.refuse_by_standing

    def let_in_and_gone(view, caller, method):
        let_in(view, caller, method)
        gone(member)

    monkeypatch.setattr(ApiView, "refuse_by_standing", let_in_and_gone)

    with transaction.atomic():
        answer = outcome_of(call(here, role, *row))

    assert answer == "401 unauthorized"
