"""Who comes in, asked of the backend itself: what is a try at all, and whose it is."""

import pytest
from django.contrib.auth import hashers
from django.test import RequestFactory

from carecollective.accounts.sign_in import MemberBackend
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.ground import limits

pytestmark = pytest.mark.django_db
HERE = "192.0.2.1"


@pytest.fixture
def olga():
    return MemberFactory(email="olga@example.org", password=PASSWORD)


def come_in(**given):
    return MemberBackend().authenticate(RequestFactory().get("/", REMOTE_ADDR=HERE), **given)


@pytest.mark.parametrize("name", ["email", "username"])
@pytest.mark.parametrize("written", ["olga@example.org", " Olga@Example.ORG "])
def test_the_address_is_taken_by_either_name_and_in_any_writing(olga, name, written):
    assert come_in(**{name: written, "password": PASSWORD}) == olga


def test_another_members_password_opens_nothing(olga):
    MemberFactory(email="otto@example.org", password="another passphrase of many words")

    assert come_in(email="otto@example.org", password=PASSWORD) is None


@pytest.mark.parametrize(
    "given",
    [
        {"email": "no address", "password": PASSWORD},
        {"email": "\u0130lga@example.org", "password": PASSWORD},  # in small letters it is none
        {"password": PASSWORD},
        {"email": "olga@example.org", "password": ""},
        {"email": "olga@example.org", "password": None},
        {"email": "olga@example.org", "password": f"{PASSWORD}\0"},
    ],
)
def test_what_can_be_nobodys_is_neither_counted_nor_hashed(olga, given, monkeypatch):
    monkeypatch.setattr(hashers, "make_password", lambda *_: pytest.fail("it was hashed"))
    monkeypatch.setattr(hashers, "verify_password", lambda *_: pytest.fail("it was hashed"))

    assert come_in(**given) is None
    assert limits.SIGN_IN_FROM_ADDRESS.left(HERE).number == limits.SIGN_IN_FROM_ADDRESS.most


def test_a_wrong_password_is_counted_for_the_account_and_for_the_address(olga):
    assert come_in(email=olga.email, password="not this one") is None

    assert limits.SIGN_IN_TO_ACCOUNT.left(olga.email, HERE).number == limits.SIGN_IN_TO_ACCOUNT.most - 1
    assert limits.SIGN_IN_FROM_ADDRESS.left(HERE).number == limits.SIGN_IN_FROM_ADDRESS.most - 1


def test_a_right_one_leaves_what_was_guessed_at_others_counted(olga):
    come_in(email="otto@example.org", password="not this one")
    come_in(email=olga.email, password="not this one")

    assert come_in(email=olga.email, password=PASSWORD) == olga

    assert limits.SIGN_IN_TO_ACCOUNT.left(olga.email, HERE).number == limits.SIGN_IN_TO_ACCOUNT.most
    assert limits.SIGN_IN_FROM_ADDRESS.left(HERE).number == limits.SIGN_IN_FROM_ADDRESS.most - 2
