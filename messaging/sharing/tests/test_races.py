"""Sharing at the moment when the help ends: whichever comes first, nothing is seen afterwards."""

import pytest

from carecollective.ground.identity import acting_as
from carecollective.tests.sql import column
from helprequests import services as help_requests
from messaging import services
from messaging.sharing.services import share
from messaging.tests.endings import in_turn

from .people import under_way

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]

ENDS = {
    "done": lambda c: help_requests.complete(c.help_request.pk, by=c.helper),
    "released": lambda c: help_requests.release(c.help_request.pk, by=c.requester),
    "archived": lambda c: services.archive(c.pk, by=c.helper),
}


def read_by_the_helper(conversation):
    with acting_as(conversation.helper):
        return column("SELECT value FROM contact_details")


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("end", ENDS)
def test_an_end_that_waited_for_a_share_takes_it_along(version, end):
    conversation = under_way(version)

    came = in_turn(lambda: share(conversation.pk, "phone", by=conversation.requester), lambda: ENDS[end](conversation))

    assert came == ["done", "done"]
    assert read_by_the_helper(conversation) == []
    with acting_as(conversation.helper):
        assert column("SELECT ended_by IS NULL FROM contact_shares") == [False]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("end", ENDS)
def test_a_share_that_waited_for_the_end_is_refused(version, end):
    conversation = under_way(version)

    came = in_turn(lambda: ENDS[end](conversation), lambda: share(conversation.pk, "phone", by=conversation.requester))

    assert came == ["done", "conversation_archived" if end == "archived" else "invalid_transition"]
    with acting_as(conversation.helper):
        assert column("SELECT kind FROM contact_shares") == []


def test_a_double_click_shares_once():
    conversation = under_way()
    act = lambda: share(conversation.pk, "phone", by=conversation.requester)  # noqa: E731

    assert in_turn(act, act) == ["done", "done"]

    with acting_as(conversation.helper):
        assert column("SELECT kind FROM contact_shares") == ["phone"]
