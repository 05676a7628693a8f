"""Signing in and out, and one's own account, as a program sees them. The limits are in the tests of the API."""

import re

import pytest
from knox.models import AuthToken

from carecollective.accounts.models import Member

from .factories import PASSWORD, MemberFactory

pytestmark = pytest.mark.django_db

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
ME = {"id", "email", "name", "town", "verification_status", "restriction", "is_staff", "joined_at"}


def login(api, email, password=PASSWORD, **more):
    return api.post("/api/auth/login", {"email": email, "password": password, **more}, format="json")


def me(api, token):
    return api.get("/api/me", headers={"Authorization": f"Token {token}"})


def test_signing_in_gives_a_token_that_is_kept_only_as_a_digest(api):
    member = MemberFactory(password=PASSWORD)

    response = login(api, member.email)

    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"token", "expires_at", "member"}
    assert TIME.fullmatch(body["expires_at"])
    assert body["member"] == me(api, body["token"]).json()
    assert body["token"] not in str(AuthToken.objects.values().get())
    assert "sessionid" not in response.cookies


def test_me_is_ones_own_account(api):
    member = MemberFactory(password=PASSWORD, name="Olga Ownerfield")

    body = me(api, login(api, member.email).json()["token"]).json()

    assert set(body) == ME
    assert TIME.fullmatch(body.pop("joined_at"))
    assert body == {
        "id": str(member.pk),
        "email": member.email,
        "name": "Olga Ownerfield",
        "town": "Riverside",
        "verification_status": "approved",
        "restriction": "none",
        "is_staff": False,
    }


@pytest.mark.parametrize("case", ["wrong address", "wrong password", "banned", "no password", "no address at all"])
def test_whoever_does_not_come_in_gets_one_answer(api, case):
    member = MemberFactory(password=None if case == "no password" else PASSWORD, banned=case == "banned")
    email = {"wrong address": "nobody@example.org", "no address at all": "nobody"}.get(case, member.email)

    response = login(api, email, "not this one" if case == "wrong password" else PASSWORD)

    assert response.status_code == 401
    assert response.json() == {
        "type": "/problems#unauthorized",
        "title": "Unauthorized",
        "status": 401,
        "detail": "That email and password do not match. Check for typing mistakes.",
        "code": "unauthorized",
    }
    assert AuthToken.objects.count() == 0


@pytest.mark.parametrize("written", ["OLGA@Example.ORG", "  olga@example.org ", "Olga@example.org"])
def test_an_address_is_the_same_in_any_case(api, written):
    MemberFactory(email="olga@example.org", password=PASSWORD)

    assert login(api, written).status_code == 200


@pytest.mark.parametrize("password", [" correct horse battery", "correct horse battery ", "CORRECT HORSE BATTERY"])
def test_a_password_is_taken_as_it_was_typed(api, password):
    member = MemberFactory(password=PASSWORD)

    assert login(api, member.email, password).status_code == 401


@pytest.mark.parametrize("password", [" ", "  spaces around  ", "pässwörd \U0001f511", "x" * 1000])
def test_any_text_can_be_a_password(api, password):
    member = MemberFactory(password=password)

    assert login(api, member.email, password).status_code == 200


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "password"]),
        ({"email": 7, "password": 7}, ["email", "password"]),
        ({"email": "a@example.org", "password": None}, ["password"]),
        ({"email": "a@example.org\nb@example.org", "password": "x"}, ["email"]),
        ({"email": "a@example.org", "password": "x" * 1001}, ["password"]),
        ({"email": "a@example.org", "password": "x", "otp": 123456}, ["otp"]),
    ],
)
def test_an_address_and_a_password_are_texts(api, body, fields):
    response = api.post("/api/auth/login", body, format="json")

    assert response.json()["code"] == "validation_error"
    assert [error["field"] for error in response.json()["errors"]] == fields


def test_two_addresses_in_one_are_none(api):
    MemberFactory(email="olga@example.org", password=PASSWORD)

    assert login(api, "olga@example.org,evil@example.net").status_code == 401


def test_signing_out_ends_this_token_and_no_other(api):
    member = MemberFactory(password=PASSWORD)
    first, second = (login(api, member.email).json()["token"] for _ in range(2))

    response = api.post("/api/auth/logout", headers={"Authorization": f"Token {first}"})

    assert (response.status_code, response.content) == (204, b"")
    assert me(api, first).status_code == 401
    assert me(api, second).status_code == 200


def test_signing_out_of_a_session_ends_the_session(api_as):
    client = api_as(MemberFactory())

    assert client.post("/api/auth/logout").status_code == 204
    assert client.get("/api/me").status_code == 401


def test_the_token_of_a_deleted_member_is_nobodys(api):
    member = MemberFactory(password=PASSWORD)
    token = login(api, member.email).json()["token"]

    Member.objects.filter(pk=member.pk).delete()

    assert me(api, token).status_code == 401
    assert AuthToken.objects.count() == 0
