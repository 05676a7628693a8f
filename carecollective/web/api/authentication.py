"""Who calls the API: a token, or the session of a page. Missing and wrong credentials are 401, never 403."""

from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from carecollective.ground import clock
from carecollective.ground.refusals import CsrfFailed


class TokenAuthentication(KnoxTokenAuthentication):
    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except UnicodeError:  # the library reads a header as Latin-1 and a token as UTF-8, and expects no other bytes
            raise exceptions.AuthenticationFailed from None

    def authenticate_credentials(self, token: bytes) -> Any:
        """The member and their token, by one statement. The library asks for all of the member's tokens at each call,
        to take away those whose time is over; here retention does that.
        """
        if not token.isalnum():  # nor may one that is no token reach the database, which takes no NUL
            raise exceptions.AuthenticationFailed
        with connection.cursor() as cursor:  # no clock tells how near a guess was: what is looked for is a digest
            cursor.execute(_statement(), [hash_token(token.decode()), clock.now()])
            row = cursor.fetchone()
        if row is None:
            raise exceptions.AuthenticationFailed
        return self.validate_user(_read(row))


@cache
def _statement() -> str:
    """Said once: to put it together took the library longer than the database to answer it."""
    of_tokens, of_members = (
        [f'{table}."{name}"' for name in names] for table, names in zip(("token", "member"), _attributes(), strict=True)
    )
    return (
        f"SELECT {', '.join(of_tokens + of_members)} "  # noqa: S608  (columns of models alone)
        f'FROM "{get_token_model()._meta.db_table}" AS token JOIN members AS member ON member.id = token.user_id '
        "WHERE token.digest = %s AND (token.expiry IS NULL OR token.expiry > %s)"
    )


def _read(row: tuple[Any, ...]) -> Any:
    """A token with its member, as the library knows them."""
    of_token, of_member = _attributes()
    token = get_token_model().from_db(connection.alias, of_token, row[: len(of_token)])
    token.user = get_user_model().from_db(connection.alias, of_member, row[len(of_token) :])
    return token


@cache
def _attributes() -> list[list[str]]:
    """Which are the names of the columns too. The hash of a password is not the login's to read."""
    fields = (model._meta.concrete_fields for model in (get_token_model(), get_user_model()))
    return [[field.attname for field in theirs if field.name != "password"] for theirs in fields]


class SessionAuthentication(authentication.SessionAuthentication):
    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied:
            raise CsrfFailed from None
