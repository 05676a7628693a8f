"""Coming in: limits that hold exactly, one answer for everybody who does not, and nothing that outlives a ban."""

import re
import threading

import pytest
from django.contrib.auth import hashers
from django.db import connections
from django.test import Client, RequestFactory
from knox.models import AuthToken
from rest_framework.test import APIClient

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.ground import limits
from carecollective.web.api.authentication import TokenAuthentication

from .neighborhood import outcome_of, signed_in

pytestmark = pytest.mark.thorough

WRONG = "not this one"


@pytest.fixture
def olga(db):
    return MemberFactory(email="olga@example.org", password=PASSWORD)


def login(email, password=WRONG, address="192.0.2.1", **headers):
    client = APIClient(raise_request_exception=False, REMOTE_ADDR=address)
    return client.post("/api/auth/login", {"email": email, "password": password}, format="json", headers=headers)


def page(email, password=WRONG, address="192.0.2.1", path="/sign-in/"):
    return Client(REMOTE_ADDR=address).post(path, {"login": email, "password": password})


@pytest.fixture
def hashed(monkeypatch):
    """How often a password was hashed to be compared."""
    calls = []
    verify = hashers.verify_password
    monkeypatch.setattr(hashers, "verify_password", lambda *args, **kwargs: calls.append(1) or verify(*args, **kwargs))
    return calls


def test_five_wrong_tries_then_even_the_right_password_waits_and_is_not_hashed(olga, hashed):
    tries = [outcome_of(login(olga.email)) for _ in range(5)]
    response = login(olga.email, PASSWORD)

    assert tries == ["401 unauthorized"] * 5
    assert outcome_of(response) == "429 rate_limited"
    assert 0 < response.json()["retry_after"] <= 15 * 60
    assert response["Retry-After"] == str(response.json()["retry_after"])
    assert len(hashed) == 5


def test_from_another_address_the_account_is_still_open(olga):
    for _ in range(6):
        login(olga.email)

    assert login(olga.email, PASSWORD, address="192.0.2.2").status_code == 200


def test_coming_in_gives_the_tries_back(olga):
    for _ in range(3):
        for _ in range(4):
            assert outcome_of(login(olga.email)) == "401 unauthorized"
        assert login(olga.email, PASSWORD).status_code == 200


def test_fifty_wrong_tries_from_an_address_whatever_the_account(olga):
    tries = [outcome_of(login(f"member{n}@example.org")) for n in range(50)]

    assert tries == ["401 unauthorized"] * 50
    assert outcome_of(login(olga.email, PASSWORD)) == "429 rate_limited"
    assert login(olga.email, PASSWORD, address="192.0.2.2").status_code == 200


@pytest.mark.parametrize("enter", [login, page])
def test_coming_in_gives_no_guess_at_other_accounts_back(olga, enter):
    """Or whoever has an account of their own would guess on for ever, coming in after every 49th guess."""
    for n in range(49):
        login(f"member{n}@example.org")
    assert enter(olga.email, PASSWORD).status_code in (200, 302)
    assert outcome_of(login("member49@example.org")) == "401 unauthorized"

    assert outcome_of(login("member50@example.org")) == "429 rate_limited"


def test_tries_that_the_account_refused_do_not_use_up_the_address(olga):
    other = MemberFactory(password=PASSWORD)
    for _ in range(60):
        login(olga.email)

    assert login(other.email, PASSWORD).status_code == 200


def test_a_try_that_the_address_refused_does_not_use_up_the_account(olga):
    for n in range(50):
        login(f"member{n}@example.org")
    for _ in range(10):
        assert outcome_of(login(olga.email, PASSWORD)) == "429 rate_limited"
    limits.SIGN_IN_FROM_ADDRESS.forget("192.0.2.1")

    assert login(olga.email, PASSWORD).status_code == 200


@pytest.mark.parametrize("ways", [("api", "page", "admin"), ("page", "admin", "api"), ("admin", "api", "page")])
def test_page_api_and_admin_share_one_counter(olga, ways):
    ask = {
        "api": lambda password: login(olga.email, password).status_code,
        "page": lambda password: page(olga.email, password).status_code,
        "admin": lambda password: (
            Client(REMOTE_ADDR="192.0.2.1")
            .post("/admin/login/?next=/admin/", {"login": olga.email, "username": olga.email, "password": password},
                  follow=False)
            .status_code
        ),
    }  # fmt: skip
    refused = {"api": 401, "page": 422, "admin": 302}  # the admin has no form of its own: it leads to the page
    tries = ["api", "page", "page", "api", "page"]

    assert [ask[way](WRONG) for way in tries] == [refused[way] for way in tries]
    assert {way: ask[way](PASSWORD) for way in ways} == {"api": 429, "page": 429, "admin": 302}


def test_the_admin_takes_no_password_itself(olga):
    olga.is_staff = True
    olga.save()
    client = Client()

    for path in ("/admin/login/", "/admin/"):
        response = client.post(path, {"username": olga.email, "password": PASSWORD})
        assert response.status_code == 302
        assert response["Location"].startswith(("/sign-in/", "/admin/login/"))
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    "written",
    ["olga@example.org", "OLGA@EXAMPLE.ORG", "Olga@Example.Org", " olga@example.org\t", "olga@example.org\u00a0"],
)
def test_an_address_in_any_writing_shares_one_counter(olga, written):
    for n in range(5):
        login(["olga@example.org", "OLGA@example.org", "oLGa@EXAMPLE.org"][n % 3])

    assert outcome_of(login(written, PASSWORD)) == "429 rate_limited"


@pytest.mark.parametrize(("plain", "lookalike"), [("miss", "mi\u017fs"), ("kim", "\u212aim"), ("ina", "\u0131na")])
def test_a_letter_that_the_database_takes_for_another_does_not_open_a_new_counter(db, plain, lookalike):
    """The long s is an S, and the i without a dot an I, where the database compares in capitals."""
    MemberFactory(email=f"{plain}@example.org", password=PASSWORD)
    for _ in range(5):
        login(f"{plain}@example.org")

    assert login(f"{lookalike}@example.org", PASSWORD).status_code in (401, 429)
    limits.SIGN_IN_TO_ACCOUNT.forget(f"{plain}@example.org", "192.0.2.1")
    for _ in range(5):
        login(f"{lookalike}@example.org")
    assert outcome_of(login(f"{plain}@example.org", PASSWORD)) == "429 rate_limited"


# --- Where a caller is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP"])
def test_without_a_proxy_of_ours_no_header_says_where_a_caller_is(olga, settings, header):
    settings.NUM_PROXIES = 0
    for n in range(5):
        login(olga.email, **{header: f"203.0.113.{n}"})

    assert outcome_of(login(olga.email, PASSWORD, **{header: "203.0.113.99"})) == "429 rate_limited"


def test_behind_one_proxy_only_what_it_added_counts(olga, settings):
    settings.NUM_PROXIES = 1
    for n in range(5):
        login(olga.email, **{"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7"})

    assert outcome_of(login(olga.email, PASSWORD, **{"X-Forwarded-For": "10.9.9.9, 203.0.113.7"})) == "429 rate_limited"
    assert login(olga.email, PASSWORD, **{"X-Forwarded-For": "203.0.113.7, 203.0.113.8"}).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "counted"),
    [
        (0, "203.0.113.7", "192.0.2.1", "192.0.2.1"),
        (1, "", "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.7", "192.0.2.1", "203.0.113.7"),
        (1, "198.51.100.1,203.0.113.7", "192.0.2.1", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.1", "192.0.2.1", "203.0.113.7"),
        (2, "203.0.113.7", "192.0.2.1", "203.0.113.7"),
        (1, "nonsense", "192.0.2.1", "unknown"),
        (1, "203.0.113.7:4711", "192.0.2.1", "203.0.113.7"),
        (1, "[2001:db8:1:2::3]:4711", "192.0.2.1", "2001:db8:1:2::/64"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", "unknown"),
    ],
)
def test_an_address_is_one_of_four_bytes_or_a_network_of_eight(settings, proxies, forwarded, remote, counted):
    settings.NUM_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert limits.caller_address(RequestFactory(REMOTE_ADDR=remote).get("/", headers=headers)) == counted


# --- Many at once ---------------------------------------------------------------------------------------------------


def at_once(number, act):
    together, answers = threading.Barrier(number), []

    def run(n):
        together.wait()
        try:
            answers.append(act(n))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_64_tries_at_once_five_are_tries(hashed):
    MemberFactory(email="olga@example.org", password=PASSWORD)

    answers = at_once(64, lambda _: login("olga@example.org").status_code)

    assert sorted(answers) == [401] * 5 + [429] * 59
    assert len(hashed) == 5


@pytest.mark.django_db(transaction=True)
def test_of_64_accounts_tried_from_one_address_fifty_are_tries():
    def tried(first):  # no more at once than one address may have in flight
        return at_once(16, lambda n: login(f"member-{first + n}@example.org").status_code)

    answers = [status for first in range(0, 64, 16) for status in tried(first)]

    assert sorted(answers) == [401] * 50 + [429] * 14


# --- Whom a token names ----------------------------------------------------------------------------------------------


def test_a_token_is_read_as_the_library_would_read_it(olga):
    token, text = AuthToken.objects.create(olga)

    member, found = TokenAuthentication().authenticate_credentials(text.encode())

    for read, stored in ((member, Member.objects.get(pk=olga.pk)), (found, AuthToken.objects.get(pk=token.pk))):
        assert {field.attname: getattr(read, field.attname) for field in read._meta.concrete_fields} == {
            field.attname: getattr(stored, field.attname) for field in stored._meta.concrete_fields
        }
        assert not read.get_deferred_fields()
    assert found.user is member


# --- What a ban and a suspension end --------------------------------------------------------------------------------


def test_a_ban_ends_token_and_session_at_once(olga):
    program, session = signed_in(olga), Client()
    assert session.post("/sign-in/", {"login": olga.email, "password": PASSWORD}).status_code == 302
    assert (outcome_of(program.get("/api/me")), outcome_of(session.get("/api/me"))) == ("200", "200")

    Member.objects.filter(pk=olga.pk).update(restriction="banned")

    for client in (program, session):
        assert outcome_of(client.get("/api/me")) == "401 unauthorized"
        assert outcome_of(client.post("/api/auth/logout")) == "401 unauthorized"
    assert session.get("/home/").status_code == 302
    assert outcome_of(login(olga.email, PASSWORD)) == "401 unauthorized"
    assert page(olga.email, PASSWORD).status_code == 422


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        ({"restriction": "suspended"}, "user_restricted"),
        ({"verification_status": "pending"}, "not_approved"),
        ({"verification_status": "rejected"}, "not_approved"),
    ],
)
def test_who_is_suspended_or_waits_reaches_signing_in_and_out_and_me(olga, standing, code):
    Member.objects.filter(pk=olga.pk).update(**standing)

    response = login(olga.email, PASSWORD)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {response.json()['token']}")

    assert outcome_of(client.get("/api/me")) == "200"
    for path in ("/api/help-requests", "/api/messaging/conversations"):
        assert outcome_of(client.get(path)) == f"403 {code}"
    assert outcome_of(client.post("/api/auth/logout")) == "204"


def test_a_token_carries_no_rights_of_staff(olga):
    Member.objects.filter(pk=olga.pk).update(is_staff=True, is_superuser=True)
    client = signed_in(olga)

    assert outcome_of(client.get("/api/me")) == "200"
    for path in ("/admin/", "/admin/accounts/member/", "/home/", "/messages/"):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith(("/sign-in/", "/admin/login/"))


# --- Sessions and foreign pages --------------------------------------------------------------------------------------


def test_a_session_writes_only_with_the_token_of_our_own_page(olga):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(olga)
    ask = {"title": "A ride to the clinic", "category": "other", "urgency": "normal"}

    for path, method in (("/api/help-requests", "post"), ("/api/auth/logout", "post")):
        for headers in ({}, {"X-CSRFToken": "x" * 64}, {"Origin": "https://evil.example"}):
            response = getattr(client, method)(path, ask, format="json", headers=headers)
            assert outcome_of(response) == "403 csrf_failed"
    form = client.get("/sign-in/?next=/home/", follow=True)
    token = client.cookies.get("csrftoken") or re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', form.content)
    token = token.value if hasattr(token, "value") else token[1].decode()
    client.cookies["csrftoken"] = token
    assert outcome_of(client.post("/api/help-requests", ask, format="json", headers={"X-CSRFToken": token})) == "201"


def test_a_token_needs_none(olga):
    _client = signed_in(olga)
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(**_client._credentials)

    assert outcome_of(client.post("/api/auth/logout")) == "204"


def test_signing_in_works_with_a_session_that_has_ended(olga):
    client = APIClient(enforce_csrf_checks=True)
    for cookie in ("gone", "x" * 32):
        client.cookies["sessionid"] = cookie
        response = client.post("/api/auth/login", {"email": olga.email, "password": PASSWORD}, format="json")
        assert response.status_code == 200
        assert outcome_of(client.get("/api/me")) == "401 unauthorized"


def test_signing_in_works_beside_a_token_that_has_ended(olga):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token " + "a" * 64)

    assert client.post("/api/auth/login", {"email": olga.email, "password": PASSWORD}, format="json").status_code == 200


def test_the_session_has_another_name_after_signing_in(olga):
    client = Client()
    client.cookies["sessionid"] = "a" * 32

    client.post("/sign-in/", {"login": olga.email, "password": PASSWORD})

    assert client.cookies["sessionid"].value != "a" * 32


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(olga, next):
    response = Client().post("/sign-in/", {"login": olga.email, "password": PASSWORD, "next": next})

    assert response.status_code == 302
    assert response["Location"] == "/home/"
