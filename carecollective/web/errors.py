"""Errors that no view answered, as a page, or under /api as problem+json. Nothing else maps errors to pages."""

import re
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from allauth.account.utils import get_login_redirect_url
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import SAFE_METHODS

from carecollective.ground import refusals, writing
from carecollective.ground.foreseen import refusal_for, refusal_met
from carecollective.ground.refusals import Refusal
from carecollective.kept_texts import services as kept_texts
from carecollective.kept_texts.middleware import sign_in_first
from carecollective.web.answers import see_other
from carecollective.web.problems import MEDIA_TYPE, headers_of, is_api, problem, write_down
from carecollective.web.request_id import request_id

# What an answer of Django's own amounts to under /api: its pages for developers, and what no handler was asked about.
BY_STATUS: dict[int, type[Refusal]] = {
    400: refusals.MalformedRequest,
    403: refusals.PermissionDenied,
    404: refusals.NotFound,
    405: refusals.MethodNotAllowed,
    413: refusals.PayloadTooLarge,
}


class ErrorPagesMiddleware:
    """A refusal that a page let pass becomes a page of its own; under /api every error is problem+json."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        writing.is_reading_only()  # here it can look again: pages are drawn as their member
        response = self.get_response(request)
        if getattr(request, "meets_reading_only", False) and request.method in SAFE_METHODS:
            response = self.get_response(request)  # now it knows, and leaves undone what nobody came for
        if response.status_code == 500 and hasattr(request, "failed_with"):
            refusal = refusal_for(request.failed_with)
            if isinstance(refusal, refusals.Unavailable):
                return answer(request, refusal)
        if is_api(request) and response.status_code >= 400 and not _is_json(response):
            return problem(BY_STATUS.get(response.status_code, refusals.ServerError)())
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        refusal = refusal_met(request, error)
        if isinstance(refusal, refusals.Unavailable):  # here, so that it is no developers' page while DEBUG is on
            return unavailable(request, error)
        if not isinstance(error, Refusal) and not isinstance(refusal, refusals.Unauthorized):
            return None
        return answer(request, refusal)


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """For who asks the database outside of any view, such as a middleware: it went away, and one line says so."""
    refusal = refusal_for(error)
    write_down(error, refusal)
    request.meets_reading_only = isinstance(refusal, refusals.ReadingOnly)  # type: ignore[attr-defined]
    return answer(request, refusal)


# PostgreSQL keeps no NUL and no half of a surrogate pair, and libraries hand it a path or a query without asking. Where
# a path was not UTF-8, the server has put U+FFFD already.
LINKS = ("/link/", "/mail/stop/")
_UNSAYABLE = re.compile("[\0\ufffd\ud800-\udfff]")


class SayableAddressMiddleware:
    """In front of every page: what no text could be is no address (404) and no query (400).

    The API judges its queries by itself: there 401 comes first, and a fault is said of its field. So do the doors of
    the links in our mails, which read a token and nothing else: they say what to do when a link does not work.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _UNSAYABLE.search(request.path) and not request.path.startswith(LINKS):
            return answer(request, refusals.NotFound())
        if not is_api(request) and not _is_sayable(request.META.get("QUERY_STRING", "")):
            return answer(request, refusals.MalformedRequest())
        return self.get_response(request)


def _is_sayable(query: str) -> bool:
    try:
        return "\0" not in unquote_to_bytes(query).decode()
    except UnicodeError:
        return False


@receiver(got_request_exception, dispatch_uid="errors.remember")
def remember(request: HttpRequest, **more: Any) -> None:
    """What was raised outside of any view, such as where a session is saved. While DEBUG is on Django's developers'
    page takes its place before the middleware sees it, and says 500 whatever it was.
    """
    request.failed_with = sys.exc_info()[1]  # type: ignore[attr-defined]


def _is_json(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith(("application/json", MEDIA_TYPE))


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """What the person meets instead of what they asked for."""
    if is_api(request):
        return problem(refusal)
    if refusal.status in (500, 503):
        return answer_without_database(request, refusal)
    if isinstance(refusal, refusals.Unauthorized):
        return sign_in_first(request)
    if isinstance(refusal, refusals.UserRestricted | refusals.NotApproved) and request.user.is_authenticated:
        request.user.refresh_from_db()  # their standing may be of this very moment, and the page is about it
    names = (type(refusal).__name__, refusal.code, str(refusal.status))
    template = next((TEMPLATES[name] for name in names if name in TEMPLATES), "refusal.html")
    try:
        response = render(request, template, {"refusal": refusal}, status=refusal.status)
    except (OperationalError, InterfaceError) as error:  # it greets the member, and the database has just gone
        return unavailable(request, error)
    for name, value in headers_of(refusal).items():
        response[name] = value
    return response


# The page of a kind, else of a code, else of a status, else the general one.
TEMPLATES = {
    "CopyNotFound": "exports/gone.html",
    "Leaving": "leaving/leaving.html",
    "Warned": "warned.html",
    "not_approved": "waiting.html",
    "user_restricted": "restricted.html",
    "help_request_unavailable": "closed_meanwhile.html",
    "404": "404.html",
}


def answer_without_database(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """For 429, 500 and 503, a page that asks nothing of anybody: no session, no member, no counts. Its code finds the
    line in the log.
    """
    if is_api(request):
        return problem(refusal)
    reference = request_id.get()[:8].upper()
    context: dict[str, Any] = {"refusal": refusal, "reference": reference, "request": request}
    response = render(None, f"{refusal.status}.html", context, status=refusal.status)
    for name, value in headers_of(refusal).items():
        response[name] = value
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    refusal = refusal_for(exception)
    return answer(request, refusal if refusal.status in (400, 401, 413) else refusals.MalformedRequest())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, refusals.PermissionDenied())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, exception if isinstance(exception, Refusal) else refusals.NotFound())


@csrf_exempt
def unknown_address(request: HttpRequest, address: str) -> HttpResponse:
    """Whatever the method, and before any question of where a form came from: there is nothing here."""
    raise refusals.NotFound


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    return answer(request, refusals.ServerError() if error is None else refusal_for(error))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Nothing that was written is lost: the page shows it, to be copied, and it stands in the box of its own page.

    A sign-in gives the browser another token, so the forms of its other tabs are refused. Who wanted to come in there
    and is in, or wanted to go and is gone, has what they came for.
    """
    if is_api(request):
        return problem(refusals.CsrfFailed())
    if request.user.is_authenticated and request.path in map(reverse, COMING_IN):
        return see_other(get_login_redirect_url(request))
    if not request.user.is_authenticated and request.path == reverse("account_logout"):
        return see_other("site:front")
    context = {"refusal": refusals.CsrfFailed(), "again": kept_texts.keep(request)}
    return render(request, "csrf.html", context, status=403)


COMING_IN = (
    "account_signup", "account_check_mail", "account_confirm", "account_login", "mfa_authenticate",
    "account_ask_for_link", "account_sign_in_by_link", "account_reset_password",
)  # fmt: skip
