"""Writing into the audit log: one statement, in the transaction of the act, so neither is there without the other."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest

from carecollective.ground import clock, limits, operators
from carecollective.ground.identity import Person, acting_as_system, proof_of_the_system
from carecollective.ground.purposes import Purpose

from . import sending
from .models import Entry, Hand, Kind

# Codes alone: the database refuses whatever could be a sentence or an address of a person.
WRITE = "SELECT write_audit_entry(%s, %s, %s, %s, %s, %s, %s, %s)"
FAILURES_KEPT_FOR = timedelta(days=90)


def record(
    kind: Kind,
    *,
    by: Person | Hand,
    subject: UUID | None = None,
    about: UUID | None = None,
    codes: str = "",
    origin: str = "",
) -> None:
    """Write one entry, outside of every scope. Called in the transaction of an act, it stands and falls with it.

    `by` is the member who did it, or whose hand else. What failed is written down after its transaction has ended.
    """
    hand, actor_id = (by, None) if isinstance(by, Hand) else (Hand.MEMBER, by.pk)
    proof: Any = proof_of_the_system(Purpose.AUDIT)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if hand == Hand.OPERATOR:
            _say("app.operator", operators.login())
        cursor.execute(WRITE, [proof, kind.value, hand.value, actor_id, subject, about, codes, origin])
    sending.wake_the_sender()


def sign_in_failed(request: HttpRequest | None, *, member: Person | None, codes: str) -> None:
    """The account where there is one, and never the address that was typed: people type their password there."""
    member_id = member.pk if member else None
    record(Kind.SIGN_IN_FAILED, by=Hand.NOBODY, subject=member_id, codes=codes, origin=_origin(request))


@contextmanager
def done_by(doer: Person | Hand) -> Iterator[None]:
    """Whose roles and deletions these are: the database itself writes those down, whoever makes them.

    Where nobody says so, it was an operator.
    """
    with transaction.atomic():
        _say("app.doer", doer.value if isinstance(doer, Hand) else str(doer.pk))
        yield
        _say("app.doer", "")
        sending.wake_the_sender()


def forget_old_failures() -> int:
    """Failed sign-ins are of use for a while. No other entry can be deleted, and these no earlier."""
    with acting_as_system("forget old failures to sign in", Purpose.AUDIT):
        old = Entry.objects.filter(kind=Kind.SIGN_IN_FAILED, at__lt=clock.now() - FAILURES_KEPT_FOR)
        return old.delete()[0]


def _origin(request: HttpRequest | None) -> str:
    if request is None:
        return ""
    address = limits.caller_address(request)
    return hmac.new(settings.SECRET_KEY.encode(), f"audit:{address}".encode(), hashlib.sha256).hexdigest()[:16]


def _say(what: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [what, value])
