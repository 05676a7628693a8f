"""The language is the member's from the moment they join, whichever door they come in by; pages and mail follow it."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail as posted
from django.test import Client

from carecollective.accounts import links, services
from carecollective.accounts import mail as letters
from carecollective.accounts.models import Member
from carecollective.rollout import mail as rollout_letters
from carecollective.rollout import services as services_of_the_rollout
from carecollective.rollout import trips
from carecollective.rollout.guard_rails import Finding
from carecollective.rollout.models import Flag
from carecollective.rollout.stages import ENABLED, FLAG

from .factories import PASSWORD, MemberFactory
from .post import deliver, link_in
from .team import again, on_the_team

pytestmark = pytest.mark.django_db
EMAIL = "lucia@example.org"
FORM = {
    "name": "Lucía Ortega",
    "email": EMAIL,
    "town": "Riverside",
    "application_text": "Tengo coche.",
    "password": PASSWORD,
    "agree": "on",
}


def somewhere(language):
    """A browser, and how it asks."""
    return Client(headers={"accept-language": language})


def member():
    return Member.objects.get(email=EMAIL)


def root(page):
    return re.search(r'<html [^>]*lang="(\w+)"', page.content.decode()).group(1)


def is_spanish(letter):
    letter_text = f"{letter.subject} {letter.body}"
    return "---" not in letter_text and not re.search(r"\b(the|you|your|and)\b", re.sub(r"\S*http\S*", "", letter_text))


# --- By each door ----------------------------------------------------------------------------------------------------


def by_the_join_page(known):
    somewhere("es").post("/join/", FORM)


def by_the_link_that_confirms(known):
    begun = MemberFactory(email=EMAIL, password=PASSWORD, unconfirmed=True)  # before joining knew a language
    browser = somewhere("es")
    browser.get(links.CONFIRM.address(begun).removeprefix(settings.PUBLIC_URL))
    browser.post("/join/confirm/", {"present": PASSWORD})


def by_a_link_to_sign_in(known):
    browser = somewhere("es")
    browser.get(links.SIGN_IN.address(known).removeprefix(settings.PUBLIC_URL))
    assert browser.post("/sign-in/by-link/").status_code == 302


def by_password(known):
    somewhere("es").post("/sign-in/", {"login": known.email, "password": PASSWORD})


def by_the_api(known):
    credentials = {"email": known.email, "password": PASSWORD}
    response = somewhere("es").post("/api/auth/login", credentials, content_type="application/json")
    assert response.status_code == 200


def by_the_team(known):
    browser = Client()
    browser.force_login(on_the_team("coordinators"))
    made = {"name": "Rosa", "email": "rosa@example.org", "town": "", "language": "es", "password": ""}
    assert browser.post("/admin/accounts/member/add/", made).status_code == 302
    known.delete()
    Member.objects.filter(email="rosa@example.org").update(email=EMAIL)


DOORS = [
    by_the_join_page,
    by_the_link_that_confirms,
    by_a_link_to_sign_in,
    by_password,
    by_the_api,
    by_the_team,
]


@pytest.mark.one_of_each
@pytest.mark.parametrize("door", DOORS)
def test_whoever_comes_in_by_it_is_known_by_their_language(door):
    joins = door in (by_the_join_page, by_the_link_that_confirms)
    door(None if joins else MemberFactory(email=EMAIL, password=PASSWORD))

    assert member().language == "es"


@pytest.mark.parametrize("door", [by_a_link_to_sign_in, by_password, by_the_api])
def test_a_sign_in_elsewhere_changes_nothing(door):
    known = MemberFactory(email=EMAIL, password=PASSWORD, language="en")

    door(known)

    assert member().language == "en"


def test_a_program_that_does_not_say_what_its_person_reads_says_nothing(client):
    MemberFactory(email=EMAIL, password=PASSWORD)

    client.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD}, content_type="application/json")

    assert member().language == ""


def test_a_stranger_who_writes_a_members_address_changes_nothing(client):
    known = MemberFactory(email=EMAIL, language="es")

    somewhere("en").post("/join/", FORM)
    somewhere("en").post("/sign-in/forgot/", {"email": EMAIL})

    assert again(known).language == "es"
    assert [is_spanish(letter) for letter in deliver()] == [True] * len(posted.outbox)
    assert posted.outbox != []


# --- What they read then ---------------------------------------------------------------------------------------------


def test_the_whole_way_in_is_in_the_language_in_which_they_joined():
    coordinator = on_the_team("coordinators")
    browser = somewhere("es")
    browser.post("/join/", FORM)
    (confirm,) = deliver()
    elsewhere = somewhere("en")  # the phone on which they read their mail
    elsewhere.get(link_in(confirm))

    came = elsewhere.post("/join/confirm/", {"present": PASSWORD}, follow=True)
    deliver()
    services.approve(member().pk, by=coordinator)
    (approval,) = deliver()

    assert (is_spanish(confirm), root(came), is_spanish(approval)) == (True, "es", True)


def test_pages_follow_the_profile_before_the_cookie_and_before_the_browser():
    known = MemberFactory(language="en")
    browser = somewhere("es")
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    browser.force_login(known)

    before = root(browser.get("/home/"))
    Member.objects.filter(pk=known.pk).update(language="es")  # chosen on another device

    assert (before, root(browser.get("/home/")), root(browser.get("/help/"))) == ("en", "es", "es")


def test_a_device_keeps_the_members_language_after_they_have_signed_out():
    browser = somewhere("en")
    browser.force_login(MemberFactory(language="es"))
    browser.get("/home/")

    browser.post("/sign-out/")

    assert root(browser.get("/")) == "es"


def test_without_a_profile_the_cookie_comes_before_the_browser():
    browser = somewhere("es")
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    assert (root(browser.get("/")), root(somewhere("es").get("/"))) == ("en", "es")


def test_a_program_says_with_each_call_what_it_reads(client):
    client.force_login(MemberFactory(language="es"))

    answer = client.get("/api/help-requests/not-there", headers={"accept-language": "en"})

    assert answer.headers["Content-Language"] == "en"


# --- Every letter, in one language where it is known -----------------------------------------------------------------


def _a_new_address(known):
    return EmailAddress.objects.create(user=known, email="new@example.org", verified=False).pk


def _an_old_address(known):
    return EmailAddress.objects.create(user=known, email="old@example.org", verified=True).pk


def _a_trip(known):
    known.is_staff = known.is_superuser = True
    known.save()
    services_of_the_rollout.change_stage(ENABLED, by=known, reason="Todo está listo.", despite=True)
    return trips.trip([Finding("five_in_a_row", {"attempts": 5})], seen=Flag.get(FLAG).version).pk


def _approver(known):
    known.is_staff = known.is_superuser = True
    known.save()
    return str(MemberFactory(pending=True).pk)


LETTERS: dict[str, Any] = {
    "confirm": lambda known: letters.send_link("confirm", str(_unconfirmed(known).pk), "en"),
    "password": lambda known: letters.send_link("new-password", str(known.pk), "en"),
    "sign in": lambda known: letters.send_link("sign-in", str(known.pk), "en"),
    "a member already": lambda known: letters.send_link("confirm", str(known.pk), "en"),
    "an application": lambda known: letters.tell_the_team_of_an_application(_approver(known)),
    "approved": lambda known: letters.tell_the_decision(str(known.pk)),
    "turned down": lambda known: letters.tell_the_decision(str(_became(known, verification_status="rejected").pk)),
    "a new address": lambda known: letters.send_new_address(_a_new_address(known), "en"),
    "the old address": lambda known: letters.tell_the_old_address(_an_old_address(known)),
    "leaving": lambda known: letters.tell_of_leaving(str(_became(known, leaving_at=known.joined_at).pk)),
    "staying": lambda known: letters.tell_of_leaving(str(known.pk)),
    "the old messaging": lambda known: rollout_letters.tell_a_member(str(known.pk)),
    "a trip": lambda known: rollout_letters.tell_the_team(_a_trip(known)),
}
LETTERS |= {
    what: lambda known, what=what: letters.tell_of_a_change(str(known.pk), what)
    for what in ("password", "second_step_on", "second_step_off", "recovery_codes")
}
LETTERS |= {
    what: lambda known, what=what: letters.tell_of_a_restriction(str(_became(known, restriction=what).pk), what)
    for what in ("none", "limited", "suspended", "banned")
}


def _became(known, **values):
    Member.objects.filter(pk=known.pk).update(**values)
    known.refresh_from_db()
    return known


def _unconfirmed(known):
    return _became(known, email_confirmed_at=None)


@pytest.mark.parametrize("name", LETTERS)
def test_it_is_in_the_members_language_alone(name):
    LETTERS[name](MemberFactory(email=EMAIL, language="es"))

    (letter,) = posted.outbox
    assert is_spanish(letter), f"{letter.subject}\n{letter.body}"


@pytest.mark.parametrize("name", sorted(set(LETTERS) - {"confirm", "password", "sign in", "a member already"}))
def test_where_nobody_knows_it_one_letter_is_in_both(name):
    LETTERS[name](MemberFactory(email=EMAIL))

    (letter,) = posted.outbox
    if name != "a new address":  # whoever asked for it did so on a page that has one
        assert letter.body.count("---") == 1
