"""Each request has an id: on its response as X-Request-ID, and on every line that it logs (a correlation id)."""

import json
import logging
import re
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

# Whoever reads the log must not be able to come in with what stands there.
A_LINK_IN_A_MAIL = re.compile(r"(/link/[\w-]+/)[^\s/]+")

request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdMiddleware:
    """Ours alone: an id that the caller could choose would let a stranger write into the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id.set(str(uuid.uuid4()))  # and left there: what is logged after the response belongs to it too
        response = self.get_response(request)
        response["X-Request-ID"] = request_id.get()
        return response


class JsonFormatter(logging.Formatter):
    """One line of JSON per event, so that nothing a caller sends can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "event": A_LINK_IN_A_MAIL.sub(r"\1…", record.getMessage()),
            "service": record.name,
            "request_id": request_id.get(),
        }
        if record.exc_info and record.exc_info[0]:
            event["error"] = record.exc_info[0].__name__
            event["trace"] = self.formatException(record.exc_info)
        return json.dumps(event)

    def formatException(self, exc_info: Any) -> str:
        """Where it happened and what it was. What it said only on a developer's machine: an error quotes what
        members wrote, as PostgreSQL does with the whole row that broke a rule.
        """
        if settings.DEBUG:
            return super().formatException(exc_info)
        return "\n".join(_told(exc_info[1]))


# Their words are about servers and settings, and nobody could help without them.
MAY_SPEAK = (OperationalError, InterfaceError, ImproperlyConfigured, ImportError)


def _told(error: BaseException, *later: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and before not in later:  # a library may well raise one error from the other in a ring
        yield from _told(before, error, *later)
        yield ""
    yield from (line.rstrip() for line in traceback.format_tb(error.__traceback__))
    diagnosis = getattr(error, "diag", None)
    broken = getattr(diagnosis, "constraint_name", None) or getattr(diagnosis, "column_name", None)
    words = str(error) if isinstance(error, MAY_SPEAK) else f"in {broken}" if broken else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}: {words}".rstrip(": ")
