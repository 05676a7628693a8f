"""Calls the site over HTTP, as browsers and programs do: one connection that stays open."""

import http.client
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from django.test import Client
from django.utils import timezone
from knox.crypto import create_token_string, hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS

from carecollective.accounts.models import Member

SECONDS = 60
FINE = (200, 201)


class Person(NamedTuple):
    """A member with a token of theirs, and a session where pages are looked at."""

    member: Member
    token: str
    session: str = ""


def with_tokens(members: Iterable[Member]) -> list[Person]:
    """Each with a new token. Of several of the same member each has one of its own."""
    people = [Person(member, create_token_string()) for member in members]
    ends_at = timezone.now() + timedelta(days=1)
    rows = [
        AuthToken(
            digest=hash_token(person.token),
            token_key=person.token[: CONSTANTS.TOKEN_KEY_LENGTH],
            user=person.member,
            expiry=ends_at,
        )
        for person in people
    ]
    AuthToken.objects.bulk_create(rows)
    return people


def with_sessions(members: Iterable[Member]) -> list[Person]:
    """Each signed in, as by the page."""
    return [person._replace(session=_session_of(person.member)) for person in with_tokens(members)]


def _session_of(member: Member) -> str:
    browser = Client()
    browser.force_login(member)
    return browser.cookies["sessionid"].value


class Caller:
    """Raises AssertionError for every answer that is not the one that is measured: refusals are quick."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)

    def close(self) -> None:
        self.connection.close()

    def get(self, path: str, by: Person | None = None) -> bytes:
        return self._call("GET", path, {"Authorization": f"Token {by.token}"} if by else {})

    def look(self, path: str, by: Person) -> bytes:
        """A page, as a browser asks for it."""
        return self._call("GET", path, {"Cookie": f"sessionid={by.session}", "Accept-Encoding": "gzip, br"})

    def post(self, path: str, said: dict[str, Any], by: Person) -> bytes:
        headers = {"Authorization": f"Token {by.token}", "Content-Type": "application/json"}
        return self._call("POST", path, headers, json.dumps(said).encode())

    def _call(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
        answer = self._answered(method, path, body, headers)
        said = answer.read()
        if answer.status not in FINE:
            raise AssertionError(
                f"{method} {path}: {answer.status} {answer.headers.get('Location', '')} {said[:300]!r}"
            )
        return said

    def _answered(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        try:
            self.connection.request(method, path, body=body, headers=headers)
            return self.connection.getresponse()
        except ConnectionError:  # an idle connection is closed after some seconds: nothing of this was read
            self.connection.close()
            self.connection.request(method, path, body=body, headers=headers)
            return self.connection.getresponse()
