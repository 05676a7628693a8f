"""Text size, colors and language: chosen without scripts, kept in the profile and on the device, and always obeyed."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.test import Client

from carecollective.accounts.look import COOKIE
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.tests.pages import heading, hidden, title, words
from messaging import seen

pytestmark = pytest.mark.django_db

LARGE_AND_DARK = {"text_size": "large", "theme": "dark"}
WISHES = {"language": "en", "text_size": "normal", "theme": "device"}


def root(response):
    """The attributes of the page's first element."""
    (attributes,) = re.findall(r"<html ([^>]*)>", response.content.decode())
    return dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))


def colors(response):
    """What the browser is told before the stylesheet is there."""
    return re.findall(r'<meta name="(?:color-scheme|theme-color)" content="([^"]+)"', response.content.decode())


def sign_in(client, member, **more):
    return client.post("/sign-in/", {"login": member.email, "password": PASSWORD, **more})


def language_of(member):
    return Member.objects.get(pk=member.pk).language


# --- For anybody -----------------------------------------------------------------------------------------------------


def test_a_page_says_nothing_about_its_look_until_somebody_chose_one(client):
    response = client.get("/help/")

    assert root(response) == {"lang": "en"}
    assert colors(response) == ["light dark", "#ffffff", "#241f1c"]
    assert COOKIE not in client.cookies


@pytest.mark.parametrize(
    ("theme", "told"), [("light", ["light", "#ffffff"]), ("dark", ["dark", "#241f1c"])], ids=["light", "dark"]
)
def test_whoever_is_nobody_chooses_and_every_page_obeys_at_once(client, theme, told):
    client.post("/look/", {"text_size": "largest", "theme": theme})

    for path in ("/", "/help/", "/sign-in/", "/nowhere/"):
        assert root(client.get(path)) == {"lang": "en", "data-text": "largest", "data-theme": theme}
        assert colors(client.get(path)) == told


def test_the_cookie_lasts_a_year_and_is_nobody_elses_to_read(client):
    client.post("/look/", LARGE_AND_DARK)

    cookie = client.cookies[COOKIE]
    assert (cookie.value, cookie["max-age"]) == ("large.dark", timedelta(days=365).total_seconds())
    assert (cookie["samesite"], cookie["httponly"], cookie["path"], cookie["secure"]) == ("Lax", True, "/", "")


def test_over_https_the_cookie_goes_no_other_way(client, settings):
    settings.CSRF_COOKIE_SECURE = True

    client.post("/look/", LARGE_AND_DARK)

    assert client.cookies[COOKIE]["secure"] is True


@pytest.mark.parametrize(
    "value", ["", "large", "huge.dark", "large.sepia", 'large"onload=x.dark', "large.dark.more", "ñ.ñ"]
)
def test_a_cookie_that_is_no_look_counts_as_none(client, value):
    client.cookies[COOKIE] = value

    assert root(client.get("/help/")) == {"lang": "en"}


@pytest.mark.parametrize("sent", [{}, {"text_size": "huge", "theme": "dark"}, {"text_size": "large"}])
def test_what_is_not_offered_is_not_saved(client, sent):
    response = client.post("/look/", sent)

    assert response.status_code == 422
    assert title(response).startswith("Error:")
    assert "Choose one of these" in words(response)
    assert COOKIE not in client.cookies


def test_whoever_saves_is_back_where_they_were(client):
    page = client.get("/look/", headers={"referer": "http://testserver/safety/?x=1"})

    response = client.post("/look/", LARGE_AND_DARK | {"next": hidden(page, "next")})

    assert (response.status_code, response["Location"]) == (303, "http://testserver/safety/?x=1")
    assert "Saved. This is how pages look now." in words(client.get("/safety/"))


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "/look/", ""]
)
def test_nobody_is_sent_to_a_foreign_page_or_round_in_circles(client, elsewhere):
    page = client.get("/look/", headers={"referer": elsewhere})
    response = client.post("/look/", LARGE_AND_DARK | {"next": elsewhere})

    assert (hidden(page, "next"), response["Location"]) == ("/", "/")


def test_every_page_leads_there_in_the_same_place(client):
    for path in ("/", "/help/", "/sign-in/"):
        assert '<li><a href="/look/">Text size and colors</a></li>' in client.get(path).content.decode()


def test_also_a_page_that_asks_nothing_of_anybody_looks_as_chosen(client, monkeypatch):
    def broken(*_args):
        raise ZeroDivisionError

    client.post("/look/", LARGE_AND_DARK)
    monkeypatch.setattr("carecollective.site.views.render", broken)
    client.raise_request_exception = False

    response = client.get("/help/")

    assert response.status_code == 500
    assert root(response) == {"lang": "en", "data-text": "large", "data-theme": "dark"}
    assert colors(response) == ["dark", "#241f1c"]


# --- For a member ----------------------------------------------------------------------------------------------------


def test_a_members_look_follows_them_to_the_next_device():
    member, here, there = MemberFactory(password=PASSWORD), Client(), Client()
    sign_in(here, member)
    here.post("/look/", LARGE_AND_DARK)

    assert root(there.get("/help/")) == {"lang": "en"}
    sign_in(there, member)

    assert root(there.get("/home/")) == {"lang": "en", "data-text": "large", "data-theme": "dark"}
    there.post("/sign-out/")
    assert root(there.get("/help/")) == {"lang": "en", "data-text": "large", "data-theme": "dark"}


def test_what_was_chosen_just_before_the_sign_in_is_the_members(client):
    member = MemberFactory(password=PASSWORD)
    client.post("/look/", LARGE_AND_DARK)

    sign_in(client, member)

    member.refresh_from_db()
    assert (member.text_size, member.theme) == ("large", "dark")


def test_what_somebody_else_left_on_the_device_is_not(client):
    member = MemberFactory(password=PASSWORD)
    client.cookies[COOKIE] = "largest.dark"

    sign_in(client, member)

    member.refresh_from_db()
    assert (member.text_size, member.theme) == ("normal", "device")
    assert root(client.get("/home/")) == {"lang": "en"}


def test_who_never_chose_has_no_cookie(client):
    sign_in(client, MemberFactory(password=PASSWORD))

    assert COOKIE not in client.cookies


def test_the_look_costs_no_question(client, django_assert_num_queries):
    client.cookies[COOKIE] = "large.dark"

    with django_assert_num_queries(0):
        client.get("/help/")


# --- All settings ----------------------------------------------------------------------------------------------------


@pytest.fixture
def member(client):
    member = MemberFactory()
    client.force_login(member)
    return member


def checked(response):
    """The names and values that stand chosen in the form."""
    found = re.findall(r'<input type="(?:radio|checkbox)"([^>]*) checked', response.content.decode())
    return {
        re.search(r'name="(\w+)"', one).group(1): (re.search(r'value="(\w+)"', one) or [None, "on"])[1] for one in found
    }


def test_the_settings_stand_as_they_are(client, member):
    assert checked(client.get("/you/settings/")) == WISHES | {"shows_seen": "on"}


def test_every_setting_has_its_effect(client, member):
    wishes = {"language": "es", "text_size": "largest", "theme": "light", "enter_sends": "on"}

    response = client.post("/you/settings/", wishes)

    assert (response.status_code, response["Location"]) == (303, "/you/settings/")
    page = client.get("/you/settings/")
    assert root(page) == {"lang": "es", "data-text": "largest", "data-theme": "light"}
    assert checked(page) == wishes
    assert "data-enter-sends" in page.content.decode()
    assert seen.is_shown_by(member) is False
    assert language_of(member) == "es"


def test_each_is_off_again_the_same_way(client, member):
    client.post("/you/settings/", WISHES | {"text_size": "large", "enter_sends": "on"})

    client.post("/you/settings/", WISHES | {"shows_seen": "on"})

    page = client.get("/you/settings/")
    assert checked(page) == WISHES | {"shows_seen": "on"}
    assert root(page) == {"lang": "en"}
    assert "data-enter-sends" not in page.content.decode()


@pytest.mark.parametrize("wrong", [{"language": "xx"}, {"text_size": ""}, {"theme": "sepia"}])
def test_one_wrong_setting_saves_none(client, member, wrong):
    response = client.post("/you/settings/", WISHES | {"enter_sends": "on"} | wrong)

    assert response.status_code == 422
    assert title(response).startswith("Error:")
    member.refresh_from_db()
    assert (member.enter_sends, seen.is_shown_by(member)) == (False, True)


@pytest.mark.parametrize("standing", ["pending", "rejected", "suspended"])
def test_in_whatever_standing(client, standing):
    client.force_login(MemberFactory(**{standing: True}))

    assert client.post("/you/settings/", WISHES | LARGE_AND_DARK)["Location"] == "/you/settings/"
    assert root(client.get("/you/settings/")) == {"lang": "en", "data-text": "large", "data-theme": "dark"}


def test_each_language_has_its_name_in_itself(client, member):
    body = client.get("/you/settings/").content.decode()

    assert '<span class="choice-label" lang="es">Español</span>' in body
    assert '<span class="choice-label" lang="en">English</span>' in body


# --- The language follows too ----------------------------------------------------------------------------------------


def test_a_members_language_follows_them_to_the_next_device():
    member, here, there = MemberFactory(password=PASSWORD), Client(), Client(headers={"accept-language": "en"})
    sign_in(here, member)
    here.post("/language/", {"language": "es"})

    sign_in(there, member)

    assert heading(there.get("/you/")) == "Su cuenta"


def test_a_language_chosen_just_before_the_sign_in_is_the_members(client):
    member = MemberFactory(password=PASSWORD)
    sign_in(Client(), member)
    client.post("/language/", {"language": "es"})

    sign_in(client, member)

    assert client.cookies[configured.LANGUAGE_COOKIE_NAME].value == "es"
    assert heading(client.get("/you/")) == "Su cuenta"
    assert language_of(member) == "es"
