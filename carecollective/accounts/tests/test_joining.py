"""From the first page to the first request: who joins, and that nobody learns from it who is a member."""

import logging
import re
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.accounts import joining, links, services, terms
from carecollective.accounts.models import Acceptance, Member
from carecollective.tests.every_day import takes_long
from carecollective.tests.pages import heading, title, words
from carecollective.tests.races import at_once
from carecollective.web.request_id import JsonFormatter

from .factories import PASSWORD, MemberFactory
from .post import deliver, link_in, waiting_jobs
from .team import again, on_the_team

pytestmark = pytest.mark.django_db

EMAIL = "nora@example.org"
FORM = {
    "name": "Nora Nelson",
    "email": EMAIL,
    "town": "Riverside",
    "application_text": "I have a car on Tuesdays.",
    "password": PASSWORD,
    "agree": "on",
}
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')


def join(client, **changed):
    return client.post("/join/", FORM | changed)


def joined(client, **changed):
    """Somebody who filled in the form, and the path of the link in their mail."""
    assert join(client, **changed).status_code == 303
    (message,) = deliver()
    return Member.objects.get(email__iexact=changed.get("email", EMAIL)), link_in(message)


def confirmed(client, **changed):
    member, link = joined(client, **changed)
    client.get(link)
    client.post("/join/confirm/")
    return again(member)


# --- The way in ------------------------------------------------------------------------------------------------------


def test_whoever_joins_confirms_their_address_and_waits_for_the_team(client):
    member, link = joined(client)

    opened = client.get(link, follow=True)
    response = client.post("/join/confirm/", follow=True)

    assert (member.email_confirmed_at, heading(opened)) == (None, "Confirm your email address")
    assert response.redirect_chain == [("/waiting/", 302)]
    assert heading(response) == "Thank you, Nora"
    assert again(member).email_confirmed_at is not None


def test_what_they_wrote_is_kept_for_the_team(client):
    member, _link = joined(client)

    assert (member.name, member.town, member.application_text) == ("Nora Nelson", "Riverside", FORM["application_text"])
    assert (member.verification_status, member.is_staff, member.check_password(PASSWORD)) == ("pending", False, True)


def test_the_team_hears_of_it_when_the_address_is_confirmed_and_not_before(client):
    approver, _moderator = on_the_team("coordinators"), on_the_team("moderators")
    _member, link = joined(client)
    assert waiting_jobs() == []
    client.get(link)

    client.post("/join/confirm/")

    (told,) = deliver()
    assert told.to == [approver.email]
    assert "Nora" not in told.body
    assert EMAIL not in told.body


@pytest.mark.parametrize(
    ("decide", "sentence"),
    [
        (services.approve, "The team approved you."),
        (partial(services.turn_down, reason="because a test wants it"), "did not accept it"),
    ],
)
def test_they_hear_what_the_team_decided(client, decide, sentence):
    member = confirmed(client)
    deliver()

    decide(member.pk, by=on_the_team("coordinators"))

    (told,) = deliver()
    assert told.to == [EMAIL]
    assert sentence in told.body
    assert "---" not in told.body  # in their own language alone


def test_a_decision_that_changes_nothing_tells_nobody(client):
    member, by = confirmed(client), on_the_team("coordinators")
    deliver()
    services.approve(member.pk, by=by)
    deliver()

    services.approve(member.pk, by=by)

    assert waiting_jobs() == []


def test_where_everybody_is_approved_nobody_waits(client, settings):
    settings.MEMBER_APPROVAL = "automatic"
    member, link = joined(client)
    assert member.verification_status == "pending"  # an address that nobody confirmed opens nothing
    client.get(link)

    assert client.post("/join/confirm/")["Location"] == "/home/"
    assert again(member).verification_status == "approved"
    assert waiting_jobs() == []


def test_the_mail_is_in_the_language_of_the_page(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    join(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'language' FROM procrastinate_jobs")
        assert cursor.fetchall() == [("es",)]


def test_a_member_needs_no_second_account(client):
    client.force_login(MemberFactory())

    assert client.get("/join/")["Location"] == "/home/"


# --- What the form says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Write your name"),
        ({"name": "x" * 1000}, "Use 100 characters or fewer"),
        ({"name": "Two\nLines"}, "This has a character that we cannot keep. Delete it and try again"),
        ({"name": "\u2060"}, "Write your name"),
        ({"town": ""}, "Write your town or ZIP code"),
        ({"email": ""}, "Write your email address"),
        ({"email": "nobody"}, "Write an email address such as name@example.org"),
        ({"email": f"{'x' * 250}@example.org"}, "Write an email address such as name@example.org"),
        ({"password": ""}, "Write your password"),
        ({"password": "short"}, "This password is too short. It must contain at least 8 characters."),
        ({"password": "password1"}, "This password is too common."),
        ({"password": "nora nelson"}, "The password is too similar to the name."),
        ({"application_text": "x" * 501}, "Use 500 characters or fewer"),
        ({"agree": ""}, "Tick the box to say that you agree"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost_but_the_password(client, changed, sentence):
    response = join(client, **changed)

    assert response.status_code == 422
    assert title(response).startswith("Error:")
    assert sentence in words(response)
    assert PASSWORD not in response.content.decode()
    assert Member.objects.count() == 0
    assert waiting_jobs() == []


@pytest.mark.parametrize(
    "email",
    [
        "a@b.example,evil@x.example",
        "a@b.example;evil@x.example",
        "a@b.example evil@x.example",
        "a@b.example\nBcc: evil@x.example",
        "a@b.example\r\nBcc: evil@x.example",
        "a@b.example%0aBcc:evil@x.example",
        "Nora <a@b.example>",
        "a@b.example\0",
    ],
)
@pytest.mark.parametrize("path", ["/join/", "/join/check-mail/", "/sign-in/forgot/", "/sign-in/by-mail/"])
def test_an_address_is_one_address_and_nothing_else(client, path, email):
    response = client.post(path, FORM | {"email": email})

    assert response.status_code == 422
    assert waiting_jobs() == []


def test_a_form_that_brings_nothing_is_told_so(client):
    assert client.post("/join/").status_code == 422


@pytest.mark.parametrize(
    "forged",
    [{"is_staff": "on"}, {"is_superuser": "1"}, {"verification_status": "approved"}, {"email_confirmed_at": "now"}],
)
def test_nobody_gives_themselves_more_than_the_form_asks(client, forged):
    member, _link = joined(client, **forged)

    assert (member.is_staff, member.is_superuser, member.verification_status) == (False, False, "pending")
    assert member.email_confirmed_at is None


def test_two_spellings_of_an_address_are_one_account(client):
    joined(client)
    joined(Client(), email="NORA@Example.org")

    assert Member.objects.count() == 1


# --- Nobody learns who is a member -----------------------------------------------------------------------------------


def shown(response):
    """All of an answer that a stranger sees, but for the clock and the form's own token."""
    headers = {name: value for name, value in response.items() if name not in ("X-Request-ID", "Expires")}
    cookies = {name: cookie["max-age"] for name, cookie in response.cookies.items()}
    return response.status_code, headers, cookies, TOKEN.sub(b"", response.content)


KINDS = ["nobody's", "a member's", "an unconfirmed member's", "a banned member's", "one without a password"]


def prepare(kind):
    if kind != "nobody's":
        MemberFactory(
            email=EMAIL,
            password=None if kind == "one without a password" else "another password entirely",
            banned=kind == "a banned member's",
            unconfirmed=kind == "an unconfirmed member's",
        )


@pytest.fixture
def hashed(monkeypatch):
    """How often a password was hashed."""
    calls = []
    make = hashers.make_password
    monkeypatch.setattr(joining, "make_password", lambda password: calls.append(1) or make(password))
    return calls


@pytest.mark.one_of_each
@pytest.mark.parametrize("path", ["/join/", "/join/check-mail/", "/sign-in/forgot/", "/sign-in/by-mail/"])
def test_whoever_has_an_address_the_answer_is_the_same_to_the_byte(path, hashed):
    answers = []
    for kind in KINDS:
        Member.objects.all().delete()
        deliver()
        prepare(kind)
        hashed.clear()
        client = Client(REMOTE_ADDR=f"192.0.2.{len(answers) + 1}")
        first = client.post(path, FORM)
        following = client.get(first["Location"])
        answers.append((shown(first), shown(following), len(hashed), waiting_jobs()))

    assert answers[0][0][0] == 303
    assert answers == [answers[0]] * len(KINDS)


@pytest.mark.parametrize("path", ["/join/check-mail/", "/sign-in/forgot/", "/sign-in/by-mail/"])
def test_asking_for_a_link_asks_the_database_as_often_whoever_it_is(path):
    counts = set()
    for kind in KINDS[:3]:
        Member.objects.all().delete()
        prepare(kind)
        with CaptureQueriesContext(connection) as asked:
            Client().post(path, {"email": EMAIL})
        counts.add(len(asked))

    assert len(counts) == 1


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("path", "mails"),
    [
        ("/join/", {"nobody's": "confirm", "a member's": "member already", "an unconfirmed member's": "confirm"}),
        ("/join/check-mail/", {"a member's": "member already", "an unconfirmed member's": "confirm"}),
        ("/sign-in/forgot/", {"a member's": "password", "an unconfirmed member's": "password"}),
        ("/sign-in/by-mail/", {"a member's": "sign-in link", "an unconfirmed member's": "confirm"}),
    ],
)
@pytest.mark.parametrize("kind", KINDS[:4])
def test_at_most_one_mail_goes_out_and_only_to_whose_address_it_is(client, path, mails, kind):
    prepare(kind)

    client.post(path, FORM)

    sent = [(message.to, message.subject) for message in deliver()]
    assert len(sent) == (kind in mails)
    for to, subject in sent:
        assert to == [EMAIL]
        assert mails[kind] in subject


def test_a_lookalike_of_an_address_sends_the_mail_to_the_address_itself(client):
    """The database takes the long s for an s: the mail must not follow what a stranger wrote."""
    MemberFactory(email="susan@example.org", password=PASSWORD)

    client.post("/sign-in/forgot/", {"email": "\u017fusan@example.org"})

    assert [message.to for message in deliver()] == [["susan@example.org"]]


def test_a_member_whose_address_somebody_else_joins_with_is_as_before(client):
    member = MemberFactory(email=EMAIL, password="another password entirely")

    join(client, email=EMAIL.upper(), name="Some Body")

    assert (again(member).name, again(member).check_password(PASSWORD)) == (member.name, False)
    assert client.post("/join/confirm/").status_code == 410


def test_the_link_leads_to_our_own_host_whatever_host_was_asked(client, settings):
    settings.ALLOWED_HOSTS = ["*"]

    client.post("/join/", FORM, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    (message,) = deliver()
    assert "evil" not in message.body
    assert link_in(message)


def test_no_link_and_no_address_stands_in_the_queue(client):
    join(client)
    client.post("/sign-in/forgot/", {"email": "stranger@example.net"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(args::text, ' ') FROM procrastinate_jobs")
        ((queued,),) = cursor.fetchall()
    assert "@" not in queued
    assert "/link/" not in queued


# --- Links -----------------------------------------------------------------------------------------------------------


def test_a_link_confirms_once(client):
    _member, link = joined(client)
    client.get(link)
    assert client.post("/join/confirm/").status_code == 302
    client.post("/sign-out/")

    again_opened = client.get(link, follow=True)

    assert (again_opened.status_code, heading(again_opened)) == (410, "This link does not work any more")
    assert client.post("/join/confirm/").status_code == 410


def test_looking_at_a_link_confirms_nothing(client):
    member, link = joined(client)

    for _ in range(3):
        client.get(link, follow=True)
        client.head("/join/confirm/")

    assert again(member).email_confirmed_at is None


@pytest.mark.parametrize("part", range(3))
def test_a_link_that_was_tampered_with_is_none(client, part):
    _member, link = joined(client)
    pieces = link.strip("/").split("/")[2].split(":")
    pieces[part] = pieces[part][:-1] + ("A" if pieces[part][-1] != "A" else "B")

    response = client.get(f"/link/confirm/{':'.join(pieces)}/", follow=True)

    assert response.status_code == 410


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "é", "x" * 5000])
@pytest.mark.parametrize("name", list(links.BY_NAME))
def test_an_invented_link_is_none(client, name, token):
    assert client.get(f"/link/{name}/{token}/", follow=True).status_code == 410


def test_a_link_of_another_kind_is_not_found(client):
    assert client.get("/link/administrator/abc/").status_code == 404


@pytest.mark.parametrize("link", links.BY_NAME.values(), ids=lambda link: link.name)
def test_a_link_serves_one_purpose_and_no_other(link):
    token = link.address(MemberFactory()).rstrip("/").rpartition("/")[2]

    assert [other for other in links.BY_NAME.values() if other.read(token)] == [link]


def test_a_link_confirms_the_address_that_it_was_sent_to_and_no_later_one(client):
    member, link = joined(client)
    Member.objects.filter(pk=member.pk).update(email="another@example.org")

    assert client.get(link, follow=True).status_code == 410


def test_nobody_confirms_the_address_of_somebody_else(client):
    """One's own link, and the other's account in the session."""
    victim, _link = joined(Client(), email="victim@example.org")
    _member, own_link = joined(client)
    session = client.session
    session["joined"] = {"email": victim.email, "member": str(victim.pk)}
    session.save()
    client.get(own_link)

    client.post("/join/confirm/")

    assert again(victim).email_confirmed_at is None


@pytest.mark.parametrize(
    ("link", "lasts"), [(links.CONFIRM, 3 * 24), (links.PASSWORD, 2), (links.SIGN_IN, 0.5), (links.NEW_ADDRESS, 24)]
)
def test_a_link_ends_by_itself(link, lasts, monkeypatch):
    member = MemberFactory(unconfirmed=link is links.CONFIRM)
    token = link.address(member).rstrip("/").rpartition("/")[2]
    seconds = lasts * 3600
    real = timezone.now().timestamp()

    monkeypatch.setattr("django.core.signing.time.time", lambda: real + seconds - 5)
    assert link.read(token) is not None
    monkeypatch.setattr("django.core.signing.time.time", lambda: real + seconds + 5)
    assert link.read(token) is None


def test_the_link_leaves_the_address_bar_at_once(client):
    _member, link = joined(client)

    assert client.get(link)["Location"] == "/join/confirm/"


def test_no_log_tells_a_link():
    """Django writes down the path of what went wrong, and in this one the path is a secret."""
    path = links.PASSWORD.address(MemberFactory())
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s: %s", ("Not Found", path), None)

    written = JsonFormatter().format(record)

    assert path.split("/")[5] not in written
    assert "/link/password/" in written


# --- An account is nobody's until its password and its mail meet ------------------------------------------------------


def test_in_another_browser_the_link_asks_for_the_password(client):
    member, link = joined(client)
    elsewhere = Client()

    page = elsewhere.get(link, follow=True)
    wrong = elsewhere.post("/join/confirm/", {"present": "not this one"})
    right = elsewhere.post("/join/confirm/", {"present": PASSWORD})

    assert "The password that you chose when you joined" in words(page)
    assert (wrong.status_code, right.status_code) == (422, 302)
    assert again(member).email_confirmed_at is not None


def test_whoever_joins_with_a_foreign_address_gets_no_account_from_its_owners_click(client):
    """The owner opens the link out of curiosity: without the password that the stranger chose nothing happens."""
    member, link = joined(client)
    owner = Client()
    owner.get(link)

    assert owner.post("/join/confirm/").status_code == 422
    assert again(member).email_confirmed_at is None
    assert client.post("/sign-in/", {"login": EMAIL, "password": PASSWORD})["Location"] == "/join/check-mail/"


def test_the_owner_of_an_address_takes_over_what_a_stranger_began_with_it():
    stranger, owner = Client(), Client()
    _member, old_link = joined(stranger, name="Mal Ory", password="the password of a stranger")

    member = confirmed(owner)

    assert (member.name, member.check_password(PASSWORD)) == ("Nora Nelson", True)
    assert owner.get(old_link, follow=True).status_code == 410
    assert stranger.post("/sign-in/", {"login": EMAIL, "password": "the password of a stranger"}).status_code == 422


def test_an_approval_does_not_go_over_to_whoever_begins_anew(client):
    member, _link = joined(client)
    services.approve(member.pk, by=on_the_team("coordinators"))

    joined(Client(), name="Mal Ory")

    assert again(member).verification_status == "pending"


def test_who_has_not_confirmed_does_not_come_in_and_gets_the_link_again(client, api):
    member, _link = joined(client)
    elsewhere = Client()

    response = elsewhere.post("/sign-in/", {"login": EMAIL, "password": PASSWORD})
    program = api.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD}, format="json")

    assert (response.status_code, response["Location"]) == (303, "/join/check-mail/")
    assert elsewhere.get("/you/").status_code == 302
    assert (program.status_code, program.json()["code"]) == (401, "unauthorized")
    assert [message.to for message in deliver()] == [[member.email]]


def test_a_new_password_by_mail_confirms_the_address_too(client):
    member, _link = joined(client)
    client.post("/sign-in/forgot/", {"email": EMAIL})
    (message,) = deliver()
    client.get(link_in(message))

    client.post("/sign-in/new-password/", {"password": "a better one than that"})

    assert again(member).email_confirmed_at is not None


def test_the_session_has_another_name_after_confirming(client):
    _member, link = joined(client)
    client.get(link)
    before = client.session.session_key

    client.post("/join/confirm/")

    assert client.session.session_key != before


def test_whoever_never_confirms_is_forgotten_after_a_week():
    old = MemberFactory(unconfirmed=True, joined_at=timezone.now() - timedelta(days=8))
    fresh = MemberFactory(unconfirmed=True)
    member = MemberFactory(joined_at=timezone.now() - timedelta(days=8))

    joining.forget_unconfirmed()

    assert set(Member.objects.all()) == {fresh, member}
    assert old not in Member.objects.all()


@takes_long
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_join_at_once_with_one_address_one_account_comes():
    came = at_once(*[lambda n=n: join(Client(REMOTE_ADDR=f"192.0.2.{n}")).status_code for n in range(8)])

    assert sorted(came) == [303] * 5 + [429] * 3
    assert Member.objects.count() == 1
    assert waiting_jobs() == ["send_link"] * 5


# --- Limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    "paths", [["/join/"], ["/sign-in/forgot/"], ["/join/", "/sign-in/forgot/", "/sign-in/by-mail/"]]
)
def test_five_mails_an_hour_to_one_address_whichever_page_asks(paths):
    statuses = []
    for n in range(6):
        client = Client(REMOTE_ADDR=f"192.0.2.{n}", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}")
        statuses.append(
            client.post(paths[n % len(paths)], FORM | {"email": ["nora@example.org", "NORA@example.org"][n % 2]})
        )

    assert [response.status_code for response in statuses] == [303] * 5 + [429]
    assert re.search(r"Too many tries\. Try again at \d+:\d\d [AP]M\.", words(statuses[-1]))


def test_thirty_mails_an_hour_from_one_place_whatever_it_calls_itself():
    statuses = [
        Client(HTTP_X_FORWARDED_FOR=f"198.51.100.{n}")
        .post("/sign-in/forgot/", {"email": f"m{n}@example.org"})
        .status_code
        for n in range(31)
    ]

    assert statuses == [303] * 30 + [429]


def test_a_typing_mistake_is_no_try(client):
    for _ in range(8):
        assert join(client, password="short").status_code == 422

    assert join(client).status_code == 303


def test_nothing_is_hashed_for_whoever_asks_too_often(client, hashed):
    for _ in range(7):
        join(client)

    assert len(hashed) == 5


# --- What somebody agreed to -----------------------------------------------------------------------------------------


def test_what_somebody_agreed_to_is_kept_with_its_version_and_when(client):
    member, _link = joined(client)

    kept = Acceptance.objects.get(member=member)
    assert (kept.standards, kept.privacy) == (terms.STANDARDS, terms.PRIVACY)
    assert kept.accepted_at <= timezone.now()


@pytest.mark.parametrize("document", ["STANDARDS", "PRIVACY"])
def test_a_new_version_asks_at_the_next_sign_in_before_anything_else(client, monkeypatch, document):
    member = MemberFactory(password=PASSWORD)
    monkeypatch.setattr(terms, document, "2030-01-01")

    client.post("/sign-in/", {"login": member.email, "password": PASSWORD, "next": "/messages/"})
    asked = client.get("/messages/", follow=True)
    refused = client.post("/you/agree/", {"next": "/messages/"})
    went_on = client.post("/you/agree/", {"next": "/messages/", "agree": "on"}, follow=True)

    assert asked.redirect_chain == [("/you/agree/?next=%2Fmessages%2F", 302)]
    assert refused.status_code == 422
    assert (went_on.redirect_chain, went_on.status_code) == ([("/messages/", 303)], 200)
    assert Acceptance.objects.filter(member=member).count() == 2


def test_nothing_is_done_before_somebody_agrees_but_their_own_account_is_there(client, monkeypatch):
    member = MemberFactory(password=PASSWORD)
    monkeypatch.setattr(terms, "STANDARDS", "2030-01-01")
    client.post("/sign-in/", {"login": member.email, "password": PASSWORD})

    assert client.post("/requests/new/", {"title": "A ride"})["Location"].startswith("/you/agree/")
    assert client.get("/you/").status_code == 200


def test_the_first_administrator_agrees_before_the_teams_pages_open(client, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    Member.objects.create_superuser("first@example.org", PASSWORD, name="First Admin")
    client.post("/sign-in/", {"login": "first@example.org", "password": PASSWORD, "next": "/admin/"})

    for path in ("/admin/", "/admin/accounts/member/", "/admin/audit/entry/", "/admin/rollout/messaging-v2/"):
        asked = client.get(path)
        assert (asked.status_code, asked["Location"].partition("?")[0]) == (302, "/you/agree/"), path
    sent = client.post("/admin/accounts/member/add/", {"email": "a@example.org"})
    assert sent["Location"] == "/you/agree/?next=%2Fadmin%2F"
    went_on = client.post("/you/agree/", {"next": "/admin/", "agree": "on"}, follow=True)

    assert went_on.redirect_chain[:2] == [("/admin/", 303), ("/you/second-step/", 302)]
    assert not Member.objects.filter(email="a@example.org").exists()


def test_whoever_agreed_is_not_asked_again(client):
    member = MemberFactory(password=PASSWORD)

    client.post("/sign-in/", {"login": member.email, "password": PASSWORD})

    assert client.get("/home/").status_code == 200


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_agreeing_leads_nowhere_else(client, next):
    client.force_login(MemberFactory())

    assert client.post("/you/agree/", {"next": next, "agree": "on"})["Location"] == "/home/"


# --- The pages of the library ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/signup/", "/login/", "/logout/", "/password/reset/", "/password/change/", "/confirm-email/", "/email/",
        "/accounts/login/", "/accounts/signup/", "/accounts/", "/2fa/", "/sessions/", "/reauthenticate/",
        "/accounts/2fa/authenticate/", "/accounts/sessions/",
    ],
)  # fmt: skip
def test_the_librarys_own_pages_are_not_there(client, path):
    assert client.get(path).status_code == 404


def test_mail_goes_only_where_a_job_sends_it(client):
    join(client)
    client.post("/sign-in/forgot/", {"email": EMAIL})

    assert mail.outbox == []


# --- A mistake in the address ----------------------------------------------------------------------------------------

TYPO = "nora@exmaple.org"


def corrected(client, email=EMAIL):
    return words(client.post("/join/check-mail/", {"email": email}, follow=True))


def test_the_browser_that_joined_corrects_its_address(client):
    member, old_link = joined(client, email=TYPO)

    form = corrected(client)

    (message,) = deliver()
    assert message.to == [EMAIL]
    assert f"We sent an email to {EMAIL}." in form
    assert f"We sent a link to {EMAIL}." in form
    assert Member.objects.get().email == EMAIL
    assert client.get(old_link, follow=True).status_code == 410
    client.get(link_in(message))
    client.post("/join/confirm/")
    assert again(member).email_confirmed_at is not None


def test_another_browser_corrects_nothing_and_is_told_what_happens_if(client):
    joined(client, email=TYPO)

    form = corrected(Client())

    assert deliver() == []
    assert f"If someone joined with {EMAIL}, we sent the link there." in form
    assert Member.objects.get().email == TYPO


@pytest.mark.parametrize("kind", ["a member's", "an unconfirmed member's"])
def test_an_address_that_is_taken_gets_its_mail_and_the_page_tells_nothing(client, kind):
    prepare(kind)
    there = Member.objects.get()
    joined(client, email=TYPO)

    form = corrected(client)

    (message,) = deliver()
    assert message.to == [EMAIL]
    assert f"We sent an email to {EMAIL}." in form
    assert Member.objects.filter(email=EMAIL).count() == 1
    if kind == "a member's":
        assert "member already" in message.subject
        assert Member.objects.filter(email=TYPO).exists()
    else:
        assert Member.objects.filter(pk=there.pk).exists() is False


def test_whoever_typed_a_members_address_joins_with_the_corrected_one(client):
    MemberFactory(email=TYPO)
    join(client, email=TYPO)
    deliver()

    form = corrected(client)

    (message,) = deliver()
    assert message.to == [EMAIL]
    assert f"We sent an email to {EMAIL}." in form
    member = Member.objects.get(email=EMAIL)
    assert (member.name, member.application_text) == ("Nora Nelson", FORM["application_text"])
    assert member.check_password(PASSWORD) is True


def test_whoever_signs_in_before_confirming_corrects_it_too():
    joined(Client(), email=TYPO)
    elsewhere = Client()
    elsewhere.post("/sign-in/", {"login": TYPO, "password": PASSWORD})
    deliver()

    corrected(elsewhere)

    (message,) = deliver()
    assert (message.to, Member.objects.get().email) == ([EMAIL], EMAIL)


def test_a_confirmed_address_is_not_changed_from_there(client):
    member = confirmed(client, email=TYPO)
    other = Client()
    session = other.session
    written = {"password": "!", "name": "N", "town": "R"}
    session["joined"] = {"email": TYPO, "member": str(member.pk), "written": written}
    session.save()

    other.post("/join/check-mail/", {"email": EMAIL})

    assert again(member).email == TYPO
