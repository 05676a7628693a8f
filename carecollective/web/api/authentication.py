"""Who calls the API: a token, or the session of a page. Missing and wrong credentials are 401, never 403."""

from typing import Any

from django.db.models import Q
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
        in_time = Q(expiry=None) | Q(expiry__gt=clock.now())
        model = get_token_model()
        try:  # no clock tells how near a guess was: what is looked for is a digest
            found = model.objects.select_related("user").get(in_time, digest=hash_token(token.decode()))
        except model.DoesNotExist:
            raise exceptions.AuthenticationFailed from None
        return self.validate_user(found)


class SessionAuthentication(authentication.SessionAuthentication):
    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied:
            raise CsrfFailed from None
