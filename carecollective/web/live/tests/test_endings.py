"""No socket outlives its sign-in: whatever ends it, the socket closes with 4401."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import wake
from carecollective.tests.every_day import takes_long
from carecollective.web.live import hub
from carecollective.web.session_digests import digest_of

from .conftest import HELLO, cut_the_listener, session_of, token_of


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    """The clock is not what is tested here, but for the one test that says so."""
    monkeypatch.setattr(hub, "SECONDS_BETWEEN_CHECKS", 0.05)


def test_the_checks_come_often_enough_for_the_promise_of_five_seconds(monkeypatch):
    monkeypatch.undo()

    assert hub.SECONDS_BETWEEN_CHECKS <= 2.5


@pytest.fixture
def member():
    return MemberFactory(password="correct horse battery")


def change(member, **fields):
    Member.objects.filter(pk=member.pk).update(**fields)


def new_password(member):
    member.set_password("another battery")
    member.save(update_fields=["password"])


OF_THE_MEMBER = {
    "a new password": new_password,
    "a suspension": lambda member: change(member, restriction="suspended"),
    "a ban": lambda member: change(member, restriction="banned"),
    "a rejection": lambda member: change(member, verification_status="rejected"),
    "waiting again": lambda member: change(member, verification_status="pending"),
    "deletion": lambda member: member.delete(),
}


@pytest.mark.one_of_each
@pytest.mark.parametrize("ending", OF_THE_MEMBER)
def test_what_happens_to_a_member_ends_all_their_sockets_and_nobody_elses(open_socket, member, ending):
    theirs = [open_socket(session=session_of(member)), open_socket(token=token_of(member))]
    other = MemberFactory()
    others = open_socket(token=token_of(other))
    assert [ear.hears() for ear in [*theirs, others]] == [HELLO] * 3

    OF_THE_MEMBER[ending](member)

    assert [ear.until_it_closes() for ear in theirs] == [([], 4401)] * 2
    assert stays_open(others, other)


def stays_open(ear, member):
    wake.notifications_changed(member.pk)
    return ear.hears() == {"type": "notification"}


def sign_out(session):
    client = Client()
    client.cookies["sessionid"] = session
    assert client.post("/sign-out/").status_code == 303


def kept(session):
    return Session.objects.filter(pk=digest_of(session))


OF_A_SESSION = {
    "signing out": sign_out,
    "the session's end": lambda session: kept(session).update(expire_date=timezone.now()),
    "the session's deletion": lambda session: kept(session).delete(),
}


@pytest.mark.parametrize("ending", OF_A_SESSION)
def test_the_end_of_a_session_ends_its_socket_and_no_other(open_socket, member, ending):
    here, there = session_of(member), session_of(member)
    ears = [open_socket(session=session) for session in (here, there)]
    assert [ear.hears() for ear in ears] == [HELLO] * 2

    OF_A_SESSION[ending](here)

    assert ears[0].until_it_closes() == ([], 4401)
    assert stays_open(ears[1], member)


def log_out(kept, token):
    answer = Client().post("/api/auth/logout", "{}", "application/json", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 204


OF_A_TOKEN = {
    "logging out": log_out,
    "the token's end": lambda kept, token: AuthToken.objects.filter(pk=kept.pk).update(expiry=timezone.now()),
    "the token's deletion": lambda kept, token: kept.delete(),
}


@pytest.mark.parametrize("ending", OF_A_TOKEN)
def test_the_end_of_a_token_ends_its_socket_and_no_other(open_socket, member, ending):
    kept, token = AuthToken.objects.create(member, expiry=timedelta(hours=1))
    ears = [open_socket(token=token), open_socket(session=session_of(member))]
    assert [ear.hears() for ear in ears] == [HELLO] * 2

    OF_A_TOKEN[ending](kept, token)

    assert ears[0].until_it_closes() == ([], 4401)
    assert stays_open(ears[1], member)


@takes_long
def test_with_the_database_away_nobody_is_closed_and_when_it_is_back_the_signed_out_hear_nothing_more(
    open_socket, member, settings
):
    other = MemberFactory()
    ears = [open_socket(token=token_of(member)), open_socket(token=token_of(other))]
    assert [ear.hears() for ear in ears] == [HELLO] * 2
    settings.LISTEN_DATABASE_URL = "postgres://nobody@127.0.0.1:1/nowhere"
    cut_the_listener()
    change(member, restriction="banned")

    settings.LISTEN_DATABASE_URL = ""

    assert ears[1].hears() == HELLO
    assert ears[0].until_it_closes() == ([], 4401)
