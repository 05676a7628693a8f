import pytest

from carecollective.accounts.tests.factories import MemberFactory

from .smtp import mail_server


@pytest.fixture
def member():
    return MemberFactory(name="Rosa Diaz")


@pytest.fixture
def server(settings):
    with mail_server(settings) as running:
        yield running
