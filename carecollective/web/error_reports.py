"""Faults are told to an error tracker (Sentry), where one is named: what failed and where, no word of anybody."""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.django import DjangoIntegration

# All that a report says. A list of what may leave cannot forget what must not.
KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment", "sdk", "logger")
KEPT_OF_A_FRAME = ("filename", "function", "module", "lineno", "in_app")


def start(dsn: str, *, release: str, **options: Any) -> None:
    """From now on each unforeseen exception is reported to this address. `options` are the library's own."""
    sentry_sdk.init(
        dsn=dsn,
        release=release,
        send_default_pii=False,
        include_local_variables=False,  # a message's text is one of them
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=None,
        auto_session_tracking=False,
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(middleware_spans=False, signals_spans=False)],
        before_send=only_what_failed,
        **options,
    )


def only_what_failed(event: Any, _hint: Any) -> Any:
    """The kinds of the exceptions and the lines they passed; not what they say, since a database quotes rows."""
    report = {name: event[name] for name in KEPT if name in event}
    raised = event.get("exception", {}).get("values", [])
    report["exception"] = {"values": [_without_words(exception) for exception in raised]}
    return report


def _without_words(exception: dict[str, Any]) -> dict[str, Any]:
    frames = (exception.get("stacktrace") or {}).get("frames", [])
    where = [{name: frame[name] for name in KEPT_OF_A_FRAME if name in frame} for frame in frames]
    return {"type": exception.get("type"), "module": exception.get("module"), "stacktrace": {"frames": where}}
