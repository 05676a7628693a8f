"""Who calls the API: a token, or the session of a page. Missing and wrong credentials are 401, never 403."""

from typing import Any

from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from carecollective.ground.refusals import CsrfFailed


class TokenAuthentication(KnoxTokenAuthentication):
    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except UnicodeError:  # the library reads a header as Latin-1 and a token as UTF-8, and expects no other bytes
            raise exceptions.AuthenticationFailed from None

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():  # nor may one that is no token reach the database, which takes no NUL
            raise exceptions.AuthenticationFailed
        return super().authenticate_credentials(token)


class SessionAuthentication(authentication.SessionAuthentication):
    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied:
            raise CsrfFailed from None
