"""An account that the team makes: its owner gets a link and chooses the password, and somebody else approves it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from carecollective.accounts import making, services
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.post import deliver, forget_what_waits, link_in
from carecollective.accounts.tests.team import again, on_the_team
from carecollective.audit.tests.written import entries

pytestmark = pytest.mark.django_db


def made(by, language=""):
    forget_what_waits()
    return services.add(by=by, email="made@example.org", name="Made Here", language=language)


def link():
    (letter,) = deliver()
    assert letter.to == ["made@example.org"]
    return link_in(letter)


def test_its_owner_gets_a_link_chooses_the_password_and_signs_in(client):
    account = made(on_the_team("coordinators"))
    assert (account.has_usable_password(), account.email_confirmed_at) == (False, None)

    opened = client.get(link(), follow=True)
    client.post(opened.request["PATH_INFO"], {"password": PASSWORD})

    assert again(account).check_password(PASSWORD)
    assert again(account).email_confirmed_at is not None
    assert client.login(email="made@example.org", password=PASSWORD)


def test_the_link_works_once():
    made(on_the_team("coordinators"))
    address, first, second = link(), Client(), Client()
    for browser in (first, second):
        browser.get(address)

    first.post("/join/welcome/", {"password": PASSWORD})

    assert second.post("/join/welcome/", {"password": "another one altogether"}).status_code == 410


def test_the_letter_is_in_their_language():
    made(on_the_team("coordinators"), language="es")

    (letter,) = deliver()

    assert "El equipo creó una cuenta para usted" in letter.body


def test_the_team_hears_of_the_application_once_the_link_is_opened(client):
    coordinator = on_the_team("coordinators", email="team@example.org")
    made(coordinator)
    client.get(link(), follow=True)
    client.post("/join/welcome/", {"password": PASSWORD})

    assert ["team@example.org"] in [letter.to for letter in deliver()]


# --- Where nobody else may approve --------------------------------------------------------------------------------


def opened(account, hours):
    at = timezone.now() - timedelta(hours=hours)
    Member.objects.filter(pk=account.pk).update(email_confirmed_at=at)


def test_what_the_only_one_made_is_approved_a_day_after_its_link_was_opened():
    account = made(on_the_team("administrators"))

    assert making.approve_what_only_one_could() == 0  # not opened
    opened(account, 23)
    assert making.approve_what_only_one_could() == 0
    opened(account, 25)
    assert making.approve_what_only_one_could() == 1

    assert again(account).verification_status == "approved"
    assert entries("approved") == [("approved", "clock", None, account.pk, "pending > approved")]


@pytest.mark.parametrize("fields", [{}, {"suspended": True, "restricted_until": "2100-01-01T00:00Z"}])
def test_where_somebody_else_may_approve_it_waits_for_them(fields):
    account = made(on_the_team("administrators"))
    on_the_team("coordinators", **fields)
    opened(account, 25)

    assert making.approve_what_only_one_could() == 0
    assert again(account).verification_status == "pending"


def test_the_clock_approves_nobody_who_joined_by_themselves():
    on_the_team("administrators")
    applicant = MemberFactory(pending=True, email_confirmed_at="2026-01-01T00:00Z")

    assert making.approve_what_only_one_could() == 0
    assert again(applicant).verification_status == "pending"
