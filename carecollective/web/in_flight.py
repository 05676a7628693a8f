"""Nobody's flood takes the others' answers (load shedding): counted in flight, before a connection is taken.

Who a credential belongs to is known without the database from the answers that this process gave to it before. Until
then it counts for itself and for its address, so neither one burst nor made-up credentials go around the budget.
"""

import asyncio
import hashlib
import io
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from carecollective.ground import in_flight
from carecollective.ground.in_flight import Budget, Newest
from carecollective.ground.limits import caller_address
from carecollective.ground.refusals import RateLimited
from carecollective.web.errors import answer_without_database
from carecollective.web.problems import is_api

FOR_A_MEMBER = 6
FOR_AN_ADDRESS = 30
REMEMBERED = 10_000
JUDGED, BROUGHT = "carecollective.in_flight", "carecollective.credential"
EXEMPT = ("/api/health", "/api/health/live", "/api/health/ready", "/metrics")


class Callers:
    """Whose each credential is, as far as this process has seen: members by the first of theirs that it met.

    So a place that was taken before its member was known counts on, and a member's phone and laptop share one budget.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)  # what stands in memory opens nothing
        self._member_of, self._first_of = Newest[bytes, Any](REMEMBERED), Newest[Any, bytes](REMEMBERED)

    def digest(self, request: HttpRequest) -> bytes | None:
        """Of the credential that this request's door will read; None where it brings none."""
        brought = request.headers.get("Authorization", "")
        if not (is_api(request) and brought.lower().startswith("token ")):
            brought = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        return hashlib.blake2b(brought.encode(errors="replace"), key=self._key).digest() if brought else None

    def known(self, digest: bytes) -> bytes | None:
        """The key of this credential's member."""
        member = self._member_of.get(digest)
        return None if member is None else self._first_of.get(member)

    def learn(self, digest: bytes, request: HttpRequest) -> None:
        """From what the answer asked anyway: whoever it took the caller for, or nobody any more."""
        member = _asked(request)
        if member is None:
            return
        if not member.is_authenticated:
            self._member_of.forget(digest)
            return
        self._member_of.put(digest, member.pk)
        if self._first_of.get(member.pk) is None:
            self._first_of.put(member.pk, digest)


def _asked(request: HttpRequest) -> Any:
    """The member of this request where somebody has looked them up: to look would be a question to the database."""
    user = vars(request).get("user")
    return vars(request).get("_cached_user") if isinstance(user, SimpleLazyObject) else user


CALLERS = Callers()
MEMBERS, ADDRESSES = Budget(FOR_A_MEMBER), Budget(FOR_AN_ADDRESS)


def _places(request: HttpRequest) -> list[tuple[Budget, Any]]:
    """Each budget that this request counts in, and under which key."""
    if not settings.RATE_LIMITS or request.path in EXEMPT:
        return []
    digest = _brought(request)
    known = CALLERS.known(digest) if digest else None
    if known:
        return [(MEMBERS, known)]
    return [*([(MEMBERS, digest)] if digest else []), (ADDRESSES, caller_address(request))]


def _brought(request: HttpRequest) -> bytes | None:
    """The digest of its credential, made once: around the application, else where it is asked for first."""
    kept = getattr(request, "scope", None) or vars(request)
    if BROUGHT not in kept:
        kept[BROUGHT] = CALLERS.digest(request)
    digest: bytes | None = kept[BROUGHT]
    return digest


def _places_of(scope: dict[str, Any]) -> list[tuple[Budget, Any]]:
    try:
        return _places(ASGIRequest(scope, io.BytesIO()))
    except UnicodeDecodeError:  # Django says 400, and asks nobody for it
        return []


class InFlight:
    """Around an ASGI application: who waits here holds no thread.

    Whoever is refused hears it after the wait too, as if they had stood in line: an answer at once would be an
    invitation to ask again at once, and to refuse costs the processor as well.
    """

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"].startswith(settings.STATIC_URL):  # the middleware stands behind the files that there are
            return await self.application(scope, receive, send)
        try:
            async with AsyncExitStack() as places:
                for budget, key in _places_of(scope):
                    await places.enter_async_context(budget.held_in_loop(key))
                return await self.application({**scope, JUDGED: None}, receive, send)
        except RateLimited as refusal:
            refused = refusal
        await asyncio.sleep(in_flight.seconds_until_the_no())
        await self.application({**scope, JUDGED: refused}, receive, send)


class InFlightMiddleware:
    """Says no, and learns who called. Where no InFlight stands around the application (WSGI), it counts by itself.

    It stands before sessions: nothing outside of it asks the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            with ExitStack() as places:
                self._judge(request, places)
                return self._answered(request)
        except RateLimited as refusal:
            with translation.override(translation.get_language_from_request(request)):
                return answer_without_database(request, refusal)

    def _judge(self, request: HttpRequest, places: ExitStack) -> None:
        """Raises RateLimited."""
        scope = getattr(request, "scope", {})
        if scope.get(JUDGED):
            raise scope[JUDGED]
        if JUDGED not in scope:
            for budget, key in _places(request):
                places.enter_context(budget.held(key))
            places.callback(_give_connections_back)  # before the place goes to the next, who will want one

    def _answered(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if digest := _brought(request):
            CALLERS.learn(digest, request)
        return response


def _give_connections_back() -> None:
    """As Django does when the answer is on its way. (A test that calls us inside its transaction keeps its own.)"""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
