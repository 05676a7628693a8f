"""What goes wrong in ways that were foreseen, and the refusal that each amounts to."""

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions

from carecollective import refusals
from carecollective.refusals import Refusal

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
    (TooManyFieldsSent, refusals.PayloadTooLarge),
    (TooManyFilesSent, refusals.PayloadTooLarge),
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


def refusal_for(error: BaseException) -> Refusal:
    """What an error amounts to; anything unforeseen is a ServerError."""
    if isinstance(error, Refusal):
        return error
    if getattr(error.__cause__, "sqlstate", None) in LET_GO:
        return refusals.Unavailable()
    for kind, refusal in MEANS:
        if isinstance(error, kind):
            return refusal()
    return refusals.ServerError()
