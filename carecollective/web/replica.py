"""Pages that a replica may answer, and the cookie by which whoever did something sees it there too.

The cookie says how far the primary had written when it last answered this browser. It is no secret: whoever changes
theirs sees the list of a moment ago. Programs with a token bring none, and are answered by the primary.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse

from carecollective.ground.named_postgresql import replica

COOKIE = "position"
SERVER_ERROR = 500


def may_be_a_moment_old(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a page that writes nothing: read from the replica, and from the primary where that cannot be."""

    @wraps(view)
    def looked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_old = False
        try:
            with replica.a_moment_old(replica.read_position(request.COOKIES.get(COOKIE))) as is_old:
                answer = view(request, *args, **kwargs)
        except (DatabaseError, InterfaceError):
            if not is_old:
                raise
            replica.gave_up()  # it died midway, or it could not do both: follow, and answer for so long
            return view(request, *args, **kwargs)
        request.was_a_moment_old = is_old  # type: ignore[attr-defined]
        return answer

    return looked


class PositionMiddleware:
    """Outside of the session: all that this request wrote is committed by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if replica.is_there() and _is_a_browsers(request, answer) and not getattr(request, "was_a_moment_old", False):
            _note(answer)
        return answer


def _is_a_browsers(request: HttpRequest, answer: HttpResponse) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES or settings.SESSION_COOKIE_NAME in answer.cookies


def _note(answer: HttpResponse) -> None:
    position = _position_after(answer)
    if position is None:  # nobody knows what was written: the next page is the primary's
        answer.delete_cookie(COOKIE)
        return
    answer.set_cookie(COOKIE, position, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")


def _position_after(answer: HttpResponse) -> str | None:
    """None where it cannot be had; a database that has just failed is not waited for once more."""
    if answer.status_code >= SERVER_ERROR:
        return None
    try:
        return replica.position()
    except (DatabaseError, InterfaceError):
        return None
