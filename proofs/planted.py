"""A server process, or the worker below it, with one fault in it: a program. PLANTED names the fault.

Each takes one protection out of the code. What is planted in the database stands beside the proof that plants it.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

import django
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from carecollective.ground import clock, foreseen, patience, worker, writing
from carecollective.tests import serving
from carecollective.tests.waiting import a_moment

PLANTED = "PLANTED"
A_MOMENT = 0.3  # seconds
FOR_EVER = 10_000.0  # seconds


@contextmanager
def nothing_is_foreseen() -> Iterator[None]:
    """A database that is away, full or let go of us is a fault like any other."""
    unforeseen = (OperationalError, InterfaceError)
    means = [(kind, refusal) for kind, refusal in foreseen.MEANS if kind not in unforeseen]
    with patch.object(foreseen, "MEANS", means), patch.object(writing, "SAYS_NO", ()):
        yield


@contextmanager
def the_machines_own_clock() -> Iterator[None]:
    with patch.object(clock, "now", timezone.now):
        yield


@contextmanager
def waits_for_ever() -> Iterator[None]:
    """Neither the database nor this side ends a statement that waits."""
    limits = dict.fromkeys(patience.LIMITS, "0")
    said = " ".join(f"-c {name}={value}" for name, value in limits.items())
    os.environ[serving.SECONDS_FOR_A_STATEMENT] = str(FOR_EVER)
    with patch.object(patience, "LIMITS", limits), patch.object(patience, "AS_AN_OPTION", said):
        yield


@contextmanager
def no_locks() -> Iterator[None]:
    with _loaded("messaging.tests.endings").without_row_locks():
        yield


@contextmanager
def offers_without_a_key() -> Iterator[None]:
    """No lock, and no constraint that tells a second offer from the first."""
    conversations = _loaded("messaging.models.conversations")
    columns = "help_request_id, requester_id, helper_id, initial_message"
    statement = f"INSERT INTO conversations_v2 ({columns}) VALUES (%s, %s, %s, %s) RETURNING *"

    def begin(queryset: Any, help_request: Any, *, helper: Any, text: str, **_: Any) -> Any:
        return queryset.raw(statement, [help_request.pk, help_request.user_id, helper.pk, text])[0]

    with no_locks(), patch.object(conversations.ConversationQuerySet, "begin", begin):
        yield


@contextmanager
def answers_dawdle() -> Iterator[None]:
    """The moment between COMMIT and the answer is long enough to be killed in: no fault for clients with ids."""
    services = _loaded("messaging.services")
    send = services.send_message

    def send_and_dawdle(*given: Any, **more: Any) -> Any:
        sent = send(*given, **more)
        a_moment(A_MOMENT)
        return sent

    with patch.object(services, "send_message", send_and_dawdle):
        yield


@contextmanager
def mail_in_the_request() -> Iterator[None]:
    """An offer speaks to the mail server before it is answered."""
    offering, mail = _loaded("messaging.offering"), import_module("django.core.mail")
    offer = offering.offer_help

    def offer_and_send(*given: Any, **more: Any) -> Any:
        offered = offer(*given, **more)
        mail.get_connection().open()
        return offered

    with patch.object(offering, "offer_help", offer_and_send):
        yield


@contextmanager
def sent_before_it_is() -> Iterator[None]:
    """A mail is written down as sent, and then the mail server gets it."""
    sending = _loaded("carecollective.told.mail.sending")
    kept: list[Any] = []
    take, send_next = sending.Server.take, sending._send_next

    def send_next_and_then(server: Any) -> Any:
        came = send_next(server)
        while kept:
            take(server, kept.pop())
        return came

    with (
        patch.object(sending.Server, "take", lambda server, message: kept.append(message)),
        patch.object(sending, "_send_next", send_next_and_then),
    ):
        yield


FAULTS: dict[str, Callable[[], Any]] = {
    each.__name__: each
    for each in (
        nothing_is_foreseen,
        the_machines_own_clock,
        waits_for_ever,
        no_locks,
        offers_without_a_key,
        answers_dawdle,
        mail_in_the_request,
        sent_before_it_is,
    )
}


def _loaded(module: str) -> Any:
    """The module, when the models are there."""
    import_module("carecollective.asgi")
    return import_module(module)


def _run() -> None:
    if len(sys.argv) == 3:
        worker.COMMAND = [sys.executable, "-m", "proofs.planted"]
        serving.serve(int(sys.argv[1]), sys.argv[2])
    else:
        django.setup()
        asyncio.run(worker._work_until_the_server_ends())


if __name__ == "__main__":
    with ExitStack() as planted:
        planted.enter_context(FAULTS[os.environ[PLANTED]]())
        _run()
