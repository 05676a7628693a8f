"""Two members and what is between them, for the tests of pages: one asks for a ride, the other offers it."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from helprequests.tests.factories import HelpRequestFactory

from .factories import ConversationFactory


@pytest.fixture
def helper():
    return MemberFactory(name="Hal Hill")


@pytest.fixture
def owner():
    return MemberFactory(name="Nora Nelson")


@pytest.fixture
def help_request(owner):
    return HelpRequestFactory(user=owner, title="A ride to the clinic")


@pytest.fixture
def conversation(help_request, helper):
    return ConversationFactory(help_request=help_request, helper=helper)


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def as_helper(client, helper):
    client.force_login(helper)
    return client
