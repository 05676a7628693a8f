"""Who may open a socket: the same sign-in as the API's, and from our own pages only (cross-site WebSocket hijacking).

A handshake carries the cookies of whoever's browser was made to send it, and nobody protects it but this origin check.
"""

import io
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.settings import api_settings

from carecollective.ground.refusals import Refusal

from ..session_digests import digest_in
from .hub import Right

WAYS_IN: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
SCHEMES = {"ws": "http", "wss": "https"}


class Refused(Exception):
    """One of few reasons, and the status that says it."""

    def __init__(self, reason: str, status: int = 403) -> None:
        self.reason, self.status = reason, status


def request_of(scope: dict[str, Any]) -> HttpRequest:
    """The handshake as Django knows requests. Raises Refused for what must not even reach the database."""
    scheme = SCHEMES[scope.get("scheme", "ws")]
    request = ASGIRequest({**scope, "method": "GET", "scheme": scheme}, io.BytesIO())
    try:
        request.get_host()
    except DisallowedHost:
        raise Refused("host") from None
    if "HTTP_ORIGIN" not in request.META:
        request.COOKIES = {}  # no browser sends none: a program, which has a token
    elif not _as_forms_do(request):
        raise Refused("origin")
    if not request.COOKIES and "HTTP_AUTHORIZATION" not in request.META:
        raise Refused("sign_in")
    return request


def sign_in(request: HttpRequest) -> Right:
    """Asks the database, so in a thread. Raises Refused."""
    try:
        _session.process_request(request)
        if not (request.session.session_key or "").isalnum():
            request.session = _session.SessionStore()
        _member.process_request(request)
        caller: Any = Request(request, authenticators=[each() for each in WAYS_IN])
        if not caller.user.is_authenticated:
            raise Refused("sign_in")
        caller.user.refuse_unless_approved()
        if caller.auth is not None:
            return Right(caller.user.pk, str(caller.user.session_stamp), token_digest=caller.auth.digest)
        return Right(caller.user.pk, str(caller.user.session_stamp), session_key=digest_in(request.session))
    except AuthenticationFailed:
        raise Refused("sign_in") from None
    except Refusal:
        raise Refused("standing") from None
    finally:
        connections.close_all()  # back to the pool


def _as_forms_do(request: HttpRequest) -> bool:
    """Django's own rule: this very host, port and scheme, or one of CSRF_TRUSTED_ORIGINS."""
    rule: Any = CsrfViewMiddleware(_none)
    return bool(rule._origin_verified(request))


def _none(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


_session: Any = SessionMiddleware(_none)
_member: Any = AuthenticationMiddleware(_none)
