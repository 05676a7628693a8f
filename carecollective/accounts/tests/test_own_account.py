"""What members change about their own account, and what that ends."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from knox.models import AuthToken

from carecollective.accounts import joining, profile, user_agents
from carecollective.accounts.models import Member
from carecollective.tests.pages import heading, words
from carecollective.tests.races import at_once, outcome

from .factories import PASSWORD, MemberFactory
from .post import deliver, link_in, waiting_jobs
from .team import again, browser_of

pytestmark = pytest.mark.django_db

NEW = "a better one than that"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def member():
    return MemberFactory(email="nora@example.org", name="Nora Nelson", password=PASSWORD)


def signed_in(member, password=PASSWORD, agent=FIREFOX):
    client = Client(HTTP_USER_AGENT=agent)
    assert client.post("/sign-in/", {"login": member.email, "password": password}).status_code == 302
    return client


def is_in(client):
    return client.get("/you/").status_code == 200


def link_for(member, path):
    Client().post(path, {"email": member.email})
    (message,) = deliver()
    return link_in(message)


# --- A forgotten password --------------------------------------------------------------------------------------------


def test_a_link_by_mail_sets_a_new_password(client, member):
    client.get(link_for(member, "/sign-in/forgot/"))

    response = client.post("/sign-in/new-password/", {"password": NEW})

    assert response["Location"] == "/sign-in/"
    assert (again(member).check_password(NEW), again(member).check_password(PASSWORD)) == (True, False)
    assert not is_in(client)
    (told,) = deliver()
    assert "The password of your account was changed." in told.body


def test_whoever_has_no_password_yet_gets_one_by_the_link(client):
    member = MemberFactory()
    client.get(link_for(member, "/sign-in/forgot/"))

    client.post("/sign-in/new-password/", {"password": NEW})

    assert again(member).check_password(NEW)


def test_a_new_password_ends_every_session_and_every_token(client, member):
    others, (_token, token) = [signed_in(member), browser_of(member)], AuthToken.objects.create(member)
    client.get(link_for(member, "/sign-in/forgot/"))

    client.post("/sign-in/new-password/", {"password": NEW})

    assert [is_in(other) for other in others] == [False, False]
    assert client.get("/api/me", headers={"Authorization": f"Token {token}"}).status_code == 401


def test_the_link_works_once(client, member):
    link, other = link_for(member, "/sign-in/forgot/"), Client()
    client.get(link)
    other.get(link)
    client.post("/sign-in/new-password/", {"password": NEW})

    assert other.post("/sign-in/new-password/", {"password": "the thief's own one"}).status_code == 410
    assert again(member).check_password(NEW)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_the_link_at_once_one_chooses():
    member = MemberFactory(password=PASSWORD)
    token = link_for(member, "/sign-in/forgot/").rstrip("/").rpartition("/")[2]

    came = at_once(*[lambda n=n: joining.choose_password(token, f"{NEW} {n}") for n in range(4)])

    assert sorted(map(outcome, came)) == ["done"] + ["invalid_transition"] * 3


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda member: signed_in(member),
        lambda member: Member.objects.filter(pk=member.pk).update(email="other@example.org"),
        lambda member: Member.objects.filter(pk=member.pk).update(restriction="banned"),
        lambda member: profile.change_password(member, NEW),
    ],
    ids=["a sign-in", "another address", "a ban", "another password"],
)
def test_the_link_ends_with(client, member, meanwhile):
    link = link_for(member, "/sign-in/forgot/")

    meanwhile(again(member))

    assert client.get(link, follow=True).status_code == 410


@pytest.mark.parametrize("password", ["short", "password1", "nora nelson", ""])
def test_a_password_that_is_easily_guessed_is_not_taken(client, member, password):
    client.get(link_for(member, "/sign-in/forgot/"))

    assert client.post("/sign-in/new-password/", {"password": password}).status_code == 422
    assert again(member).check_password(PASSWORD)


# --- A link instead of a password ------------------------------------------------------------------------------------


def test_a_link_by_mail_lets_in_once(client, member):
    link, other = link_for(member, "/sign-in/by-mail/"), Client()
    other.get(link)
    client.get(link)

    page = client.get("/sign-in/by-link/")
    client.post("/sign-in/by-link/")

    assert member.email in words(page)
    assert is_in(client)
    assert other.post("/sign-in/by-link/").status_code == 410
    assert client.get(link, follow=True).status_code == 410


def test_looking_at_the_link_lets_nobody_in(client, member):
    client.get(link_for(member, "/sign-in/by-mail/"), follow=True)

    assert not is_in(client)


def test_a_shared_computer_can_be_said_there_too(client, member):
    client.get(link_for(member, "/sign-in/by-mail/"))

    client.post("/sign-in/by-link/", {"shared_computer": "on"})

    assert client.session.get_expire_at_browser_close()
    assert "data-shared-computer" in client.get("/home/").content.decode()


def test_the_session_has_another_name_after_a_link(client, member):
    client.get(link_for(member, "/sign-in/by-mail/"))
    before = client.session.session_key

    client.post("/sign-in/by-link/")

    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_whoever_was_signed_in_here_is_not_any_more(member):
    client = browser_of(MemberFactory())
    client.get(link_for(member, "/sign-in/by-mail/"))

    client.post("/sign-in/by-link/")

    assert member.email in words(client.get("/you/"))


# --- Another password ------------------------------------------------------------------------------------------------


def test_another_password_takes_the_present_one(member):
    client = signed_in(member)

    wrong = client.post("/you/password/", {"present": "not this one", "password": NEW})
    right = client.post("/you/password/", {"present": PASSWORD, "password": NEW})

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert again(member).check_password(NEW)


def test_it_ends_every_other_session_and_every_token_and_this_one_goes_on(member):
    client, other, (_kept, token) = signed_in(member), signed_in(member), AuthToken.objects.create(member)
    before = client.session.session_key

    client.post("/you/password/", {"present": PASSWORD, "password": NEW})

    assert (is_in(client), is_in(other)) == (True, False)
    assert client.session.session_key != before
    assert Client().get("/api/me", headers={"Authorization": f"Token {token}"}).status_code == 401


def test_guessing_the_present_password_is_counted_like_a_sign_in(member):
    client = signed_in(member)
    tries = [client.post("/you/password/", {"present": f"guess {n}", "password": NEW}).status_code for n in range(6)]

    assert tries == [422] * 5 + [429]
    assert Client().post("/sign-in/", {"login": member.email, "password": PASSWORD}).status_code == 429


# --- Another address -------------------------------------------------------------------------------------------------


def wish(client, email="new@example.org", present=PASSWORD):
    return client.post("/you/email/", {"email": email, "present": present})


def test_a_new_address_is_asked_first_and_the_old_one_is_told(member):
    client = signed_in(member)
    wish(client)
    (message,) = deliver()
    assert (message.to, again(member).email) == (["new@example.org"], "nora@example.org")

    Client().get(link_in(message))
    client.get(link_in(message))
    client.post("/you/email/confirm/")

    assert again(member).email == "new@example.org"
    (told,) = deliver()
    assert told.to == ["nora@example.org"]
    assert "new@example.org" not in told.body
    assert EmailAddress.objects.count() == 0


def test_it_takes_the_present_password(member):
    assert wish(signed_in(member), present="not this one").status_code == 422
    assert waiting_jobs() == []


def test_looking_at_the_link_changes_nothing(member):
    client = signed_in(member)
    wish(client)
    (message,) = deliver()

    client.get(link_in(message), follow=True)

    assert again(member).email == "nora@example.org"


@pytest.mark.parametrize("who", ["nobody", "a member"])
def test_nobody_learns_here_who_is_a_member(member, who):
    if who == "a member":
        MemberFactory(email="new@example.org")

    response = wish(signed_in(member))

    assert (response.status_code, response["Location"]) == (303, "/you/")
    (message,) = deliver()
    assert message.to == ["new@example.org"]
    assert ("/link/" in message.body) is (who == "nobody")


def test_an_address_that_somebody_took_meanwhile_stays_theirs(member):
    client = signed_in(member)
    wish(client)
    (message,) = deliver()
    MemberFactory(email="NEW@example.org")
    client.get(link_in(message))

    assert client.post("/you/email/confirm/").status_code == 409
    assert again(member).email == "nora@example.org"


def test_a_later_wish_ends_an_earlier_one(member):
    client = signed_in(member)
    wish(client, "first@example.org")
    (first,) = deliver()
    wish(client, "second@example.org")
    deliver()
    client.get(link_in(first))

    assert client.post("/you/email/confirm/").status_code == 409
    assert again(member).email == "nora@example.org"


def test_the_link_works_once_and_there_and_back_again_goes(member):
    client = signed_in(member)
    for address in ("new@example.org", "nora@example.org", "new@example.org"):
        wish(client, address)
        (message,) = deliver()
        client.get(link_in(message))
        client.post("/you/email/confirm/")
        assert again(member).email == address
        assert client.get(link_in(message), follow=True).status_code == 410
        deliver()


def test_five_mails_an_hour_go_to_a_new_address_and_a_typing_mistake_is_no_try(member):
    client = signed_in(member)

    assert wish(client, "nobody").status_code == 422
    assert [wish(client).status_code for _ in range(6)] == [303] * 5 + [429]


@pytest.mark.parametrize("email", ["a@b.example,evil@x.example", "a@b.example\nBcc: evil@x.example", "nobody"])
def test_a_new_address_is_one_address(member, email):
    assert wish(signed_in(member), email).status_code == 422


# --- Name and town ---------------------------------------------------------------------------------------------------


def test_name_and_town_are_theirs_to_change(member):
    client = signed_in(member)

    client.post("/you/details/", {"name": "  Ana María Núñez ", "town": "", "email": "x@example.org", "is_staff": "on"})

    changed = again(member)
    assert (changed.name, changed.town, changed.email) == ("Ana María Núñez", "", "nora@example.org")
    assert not changed.is_staff


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", ["", "x" * 1000, "Two\nLines", "\u2060"])
def test_a_name_is_one_that_can_be_read(member, name):
    assert signed_in(member).post("/you/details/", {"name": name, "town": ""}).status_code == 422
    assert again(member).name == "Nora Nelson"


# --- Where somebody is signed in -------------------------------------------------------------------------------------


def ends(response, which):
    """What the page offers to end, by the hidden ids of its forms."""
    forms = re.findall(r'(?s)name="id" value="([^"]+)".*?value="(\w+)"', response.content.decode())
    return [id for id, kind in forms if kind == which]


def test_the_page_says_in_plain_words_where_somebody_is_signed_in(member):
    client, _phone = signed_in(member), signed_in(member, agent="Mozilla/5.0 (iPhone) Version/18.0 Mobile Safari/604.1")
    AuthToken.objects.create(member)

    text = words(client.get("/you/sign-ins/"))

    assert "This device Firefox on Windows" in text
    assert "Safari on iPhone since" in text
    assert "A program, with a token since" in text


@pytest.mark.parametrize(
    ("agent", "plain_name"),
    [
        (FIREFOX, "Firefox on Windows"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/140 Safari/537.36", "Chrome on Chromebook"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25 Chrome/120 Safari/537", "Samsung Internet on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Chrome/140 Safari/537 Edg/140.0", "Edge on Mac"),
        ("Mozilla/5.0 (iPad; CPU OS 18) CriOS/140 Safari/604", "Chrome on iPad"),
        ("curl/8.5", "A browser"),
        ("", "A browser"),
        ("<script>alert(1)</script>", "A browser"),
    ],
)
def test_a_browser_has_a_plain_name(agent, plain_name):
    assert user_agents.described(agent) == plain_name


def test_one_of_the_others_is_ended(member):
    client, other, third = signed_in(member), signed_in(member), signed_in(member)
    (newest, _older) = ends(client.get("/you/sign-ins/"), "browser")

    client.post("/you/sign-ins/end/", {"which": "browser", "id": newest})

    assert [is_in(each) for each in (client, other, third)] == [True, True, False]


def test_a_token_is_ended(member):
    client, (_kept, token) = signed_in(member), AuthToken.objects.create(member)

    (id,) = ends(client.get("/you/sign-ins/"), "program")
    client.post("/you/sign-ins/end/", {"which": "program", "id": id})

    assert token not in id
    assert AuthToken.objects.count() == 0


def test_all_others_are_ended_also_those_that_no_list_knows(member):
    client, other, unlisted = signed_in(member), signed_in(member), browser_of(member)
    AuthToken.objects.create(member)

    client.post("/you/sign-ins/end/", {"which": "all"})

    assert [is_in(each) for each in (client, other, unlisted)] == [True, False, False]
    assert AuthToken.objects.count() == 0
    assert "You are signed in nowhere else." in words(client.get("/you/sign-ins/"))


def test_nobody_ends_or_sees_the_sign_ins_of_somebody_else(member):
    neighbor = MemberFactory(password=PASSWORD)
    theirs, (kept, _token) = signed_in(neighbor), AuthToken.objects.create(neighbor)
    client = signed_in(member)

    for which, id in (("browser", UserSession.objects.get(user=neighbor).pk), ("program", kept.digest)):
        client.post("/you/sign-ins/end/", {"which": which, "id": str(id)})
    client.post("/you/sign-ins/end/", {"which": "all"})

    assert is_in(theirs)
    assert AuthToken.objects.count() == 1
    assert ends(client.get("/you/sign-ins/"), "browser") == []


@pytest.mark.parametrize(
    "body",
    [{}, {"which": "browser", "id": "x"}, {"which": "browser", "id": "9" * 40}, {"which": "program", "id": "\0"}],
)
def test_an_invented_id_ends_nothing(member, body):
    client = signed_in(member)

    assert client.post("/you/sign-ins/end/", body).status_code in (303, 400)
    assert is_in(client)


def test_no_network_address_is_kept(member):
    signed_in(member)

    assert UserSession.objects.get().ip == "::"


def test_signing_out_takes_the_sign_in_off_the_list(member):
    client, other = signed_in(member), signed_in(member)

    other.post("/sign-out/")

    assert ends(client.get("/you/sign-ins/"), "browser") == []


OWN = [
    "/you/details/", "/you/email/", "/you/password/", "/you/sign-ins/", "/you/second-step/", "/you/agree/",
    "/you/second-step/codes/", "/you/second-step/new-codes/", "/you/second-step/off/",
]  # fmt: skip


@pytest.mark.one_of_each
@pytest.mark.parametrize("path", OWN)
def test_these_pages_are_for_who_is_signed_in_and_are_never_stored(path):
    stranger = Client().get(path)
    own = browser_of(MemberFactory(suspended=True)).get(path)

    assert stranger["Location"].startswith("/sign-in/?next=/you/")
    assert own.status_code in (200, 302)
    assert own["Cache-Control"] == "no-store"
    if own.status_code == 200:
        assert heading(own)


@pytest.mark.parametrize(
    "path", ["/join/", "/join/check-mail/", "/sign-in/forgot/", "/sign-in/by-mail/", "/you/email/"]
)
def test_these_forms_are_taken_from_our_own_page_alone(member, path):
    client = Client(enforce_csrf_checks=True)
    if path.startswith("/you/"):  # the others are for whoever is not in; who is in is sent on, and nothing is taken
        client.force_login(member)

    assert client.post(path, {"email": "x@example.org"}).status_code == 403
