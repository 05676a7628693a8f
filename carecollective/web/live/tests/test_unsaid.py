"""What a process committed and was killed before it said so, an open socket hears all the same."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import wake
from carecollective.tests.dying import offered_and_killed
from carecollective.tests.waiting import eventually
from carecollective.web.live import hub
from helprequests.tests.factories import HelpRequestFactory

from .conftest import HELLO, token_of

pytestmark = pytest.mark.thorough


@pytest.fixture
def help_request(server):
    return HelpRequestFactory()


@pytest.fixture
def ear(open_socket, help_request):
    ear = open_socket(token=token_of(help_request.user))
    assert ear.hears() == HELLO
    return ear


def test_an_open_socket_hears_of_an_offer_whose_process_was_killed_before_it_said_so(ear, help_request):
    made = offered_and_killed(help_request, MemberFactory())

    assert ear.hears() == {"type": "conversation", "id": str(made.pk), "version": "v2", "what": "message"}
    assert ear.hears() == {"type": "notification"}


def test_it_is_looked_for_often_enough_for_the_promise_of_five_seconds():
    assert hub.SECONDS_BETWEEN_CHECKS <= 2.5


def test_without_that_look_it_is_never_heard(ear, help_request, monkeypatch):
    looks = []

    async def looks_away(the_hub, database):
        looks.append(database)

    monkeypatch.setattr(hub.Hub, "_say_what_is_left", looks_away)
    offered_and_killed(help_request, MemberFactory())
    before = len(looks)
    eventually(lambda: len(looks) > before + 1)
    wake.notifications_changed(help_request.user_id)

    assert ear.hears() == {"type": "notification"}
