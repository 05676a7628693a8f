"""What goes wrong in ways that were foreseen, and the refusal that each amounts to (exception mapping)."""

from typing import Any

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import DataError, InterfaceError, OperationalError, transaction
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS

from carecollective.ground import clock, refusals, writing
from carecollective.ground.refusals import Refusal

# What libraries and PostgreSQL raise, and the refusal that it amounts to.
MEANS: list[tuple[type[BaseException], type[Refusal]]] = [
    (exceptions.NotAuthenticated, refusals.Unauthorized),
    (exceptions.AuthenticationFailed, refusals.Unauthorized),
    (exceptions.MethodNotAllowed, refusals.MethodNotAllowed),
    (exceptions.UnsupportedMediaType, refusals.UnsupportedMediaType),
    (exceptions.NotFound, refusals.NotFound),
    (exceptions.PermissionDenied, refusals.PermissionDenied),
    (exceptions.ParseError, refusals.MalformedRequest),
    (Http404, refusals.NotFound),
    (DjangoPermissionDenied, refusals.PermissionDenied),
    (RequestDataTooBig, refusals.PayloadTooLarge),
    (TooManyFieldsSent, refusals.TooManyFields),
    (TooManyFilesSent, refusals.TooManyFields),
    (SessionInterrupted, refusals.Unauthorized),
    (SuspiciousOperation, refusals.MalformedRequest),
    (BadRequest, refusals.MalformedRequest),
    (UnreadablePostError, refusals.MalformedRequest),
    (ValidationError, refusals.MalformedRequest),
    (RecursionError, refusals.MalformedRequest),
    (UnicodeError, refusals.MalformedRequest),
    (DataError, refusals.MalformedRequest),
    (OperationalError, refusals.Unavailable),
    (InterfaceError, refusals.Unavailable),
]


# The database let go of a transaction that took too long. psycopg counts these among its internal errors.
LET_GO = ("25P03", "25P04")
# It does not believe who asks: this process has another key, or one of the two clocks was put right by minutes.
UNPROVEN = "58W01"


def refusal_for(error: BaseException) -> Refusal:
    """What an error amounts to; anything unforeseen is a ServerError."""
    if isinstance(error, Refusal):
        return error
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    if sqlstate == UNPROVEN:
        clock.learn_anew()
    if sqlstate in (*LET_GO, UNPROVEN):
        return refusals.Unavailable()
    if writing.is_refused(error):
        return refusals.ReadingOnly()
    for kind, refusal in MEANS:
        if isinstance(error, kind):
            return refusal()
    return refusals.ServerError()


def refusal_met(request: Any, error: BaseException) -> Refusal:
    """What an error amounts to for whoever met it on this request, of pages or of the API.

    Whoever was taken away, or has left, since they signed in has no sign-in any more: whatever else they ran into, a
    row that went with them or a fault, is beside the point.
    """
    refusal = refusal_for(_first(error))
    could_follow = request.method not in SAFE_METHODS or isinstance(refusal, refusals.ServerError)
    could_ask = not transaction.get_connection().needs_rollback  # in a transaction that failed there is no answer
    if could_follow and could_ask and not isinstance(refusal, refusals.Unavailable | refusals.Unauthorized):
        member = getattr(request, "user", None)
        if member is not None and member.is_authenticated and member.is_gone():
            return refusals.Unauthorized()
    return refusal


def _first(error: BaseException) -> BaseException:
    """The refusal that was being answered when this one was met.

    A door draws its page again to say no, and looks up what the member may see: what they were refused for may have
    taken just that away. Then it is the first "no" that tells them what has happened.
    """
    while isinstance(error, Refusal) and isinstance(error.__context__, Refusal) and not error.__suppress_context__:
        error = error.__context__
    return error
