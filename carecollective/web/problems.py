"""Every error under /api in one shape: application/problem+json (RFC 9457)."""

import http
import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from carecollective.ground import refusals
from carecollective.ground.foreseen import refusal_met
from carecollective.ground.refusals import Refusal

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """The API's answer to whatever was raised in it. The unforeseen goes on to handler500, which logs it."""
    if isinstance(error, exceptions.ValidationError):
        error = refusals.ValidationFailed(list(_flattened(error.detail)))
    refusal = refusal_met(context["request"], error)
    if isinstance(refusal, refusals.ServerError):
        return None
    write_down(error, refusal)
    set_rollback()
    response = Response(body_of(refusal), status=refusal.status, content_type=MEDIA_TYPE)
    for name, value in headers_of(refusal).items():
        response[name] = value
    return response


def write_down(error: BaseException, refusal: Refusal) -> None:
    """What was no answer of ours, but an error on the way to one: somebody may have to look."""
    if isinstance(error, OperationalError | InterfaceError):
        # Nobody at the other end says no SQLSTATE; then where it was asked is beside the point, a hundred times over.
        is_connected = getattr(error.__cause__, "sqlstate", None) is not None
        log.error("unavailable: %s", str(error).partition("\n")[0], exc_info=error if is_connected else None)
    elif isinstance(error, DataError | UnicodeError | ValidationError | RecursionError):
        log.warning(refusal.code, exc_info=error)


def problem(refusal: Refusal) -> HttpResponse:
    """The same answer where no API view was reached: unknown paths, and errors outside of one."""
    return JsonResponse(body_of(refusal), status=refusal.status, content_type=MEDIA_TYPE, headers=headers_of(refusal))


def body_of(refusal: Refusal) -> dict[str, Any]:
    return {
        "type": f"/problems#{refusal.code}",
        "title": http.HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": str(refusal.message),
        "code": refusal.code,
        **{name: value if isinstance(value, list | int) else str(value) for name, value in refusal.extra.items()},
    }


def headers_of(refusal: Refusal) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if "retry_after" in refusal.extra:
        headers["Retry-After"] = str(refusal.extra["retry_after"])
    if refusal.status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Token"
    return headers


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or request.path == "/api"


def _flattened(detail: Any, field: str = "") -> Any:
    """Serializer errors, however nested, as one list of {"field", "code", "detail"}."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            if name == "non_field_errors":
                yield from _flattened(inner, field)
            else:
                yield from _flattened(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flattened(inner, field)
    else:
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "detail": str(detail) or _("Change this.")}
