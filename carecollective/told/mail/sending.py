"""Sends what is due, one mail after the other, the oldest first (at-least-once delivery).

Each mail has a transaction of its own, open from the last look at whether it is wanted until the server has it and
that is written down. Who dies in between leaves everything as it was, and the next one sends the mail again, under the
same Message-ID: at most one mail too many for each death.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from smtplib import SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.compiled import compiled
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.told.notifications.models import Notification

from .decisions import IntoDigest, NotNeeded, Send, Wait, decide
from .letters import letter
from .models import DIGEST, Mail
from .preferences import known_or_usual

log = logging.getLogger(__name__)

TURN = 20261121  # names the lock of whoever sends: two at once would mix up the order
AT_A_TIME = 100  # then other jobs have their turn, and a worker that shall end can
MOST_TRIES = 3
# A server that takes the connection and then not this mail: five days, as mail servers give each other.
MOST_PASSING_TRIES = 130
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
PERMANENT = 500


class ServerAway(Exception):
    """Nobody's mail gets through: nothing about any of them has changed."""


class SomebodyElseSends(Exception):
    pass


class Server:
    """The mail server, called when there is something to send, and once for many."""

    def __init__(self) -> None:
        self.line: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.hang_up()

    def take(self, message: EmailMessage) -> None:
        """Raises ServerAway where it does not even listen, and its own errors about this mail."""
        if self.line is None:
            line = get_connection()
            try:
                line.open()
            except OSError as error:  # every error of smtplib is one, a refused password too
                raise ServerAway from error
            self.line = line
        try:
            self.line.send_messages([message])
        except SMTPSenderRefused as error:  # our own address: so it will be with every mail
            self.hang_up()
            raise ServerAway from error
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            with suppress(OSError):
                line.close()


class Came(Enum):
    NOTHING_DUE, DEALT_WITH, NOT_NOW = range(3)


def send_what_is_due() -> bool:
    """Returns whether there may be more. Raises ServerAway, SomebodyElseSends."""
    failures_in_a_row = 0
    with Server() as server:
        for _ in range(AT_A_TIME):
            came = _send_next(server)
            if came is Came.NOTHING_DUE:
                return False
            failures_in_a_row = failures_in_a_row + 1 if came is Came.NOT_NOW else 0
            if failures_in_a_row == 2:  # then it is hardly the mails
                raise ServerAway
    return True


@transaction.atomic
def _send_next(server: Server) -> Came:
    _take_turn()
    with acting_as_system("send mail", Purpose.MAIL):
        found = _next_due(now=clock.now())
    if not found:
        return Came.NOTHING_DUE
    (mail,) = found
    try:
        with transaction.atomic():  # a fault in here leaves a transaction in which it can be written down
            came, change = Came.DEALT_WITH, _deal_with(mail, server)
    except ServerAway:
        raise
    except Exception as fault:
        came, change = _after(fault, mail)
    with acting_as_system("write down what became of a mail", Purpose.MAIL):
        Mail.objects.filter(pk=mail.pk).update(**change)
    return came


@compiled
def _next_due(*, now: datetime) -> QuerySet[Mail]:
    return Mail.objects.due(now).select_for_update(skip_locked=True)[:1]


def _take_turn() -> None:
    """Free again with this transaction, and so also when this process dies. Raises SomebodyElseSends."""
    with connection.cursor() as cursor:
        # A mail server may take its time, while this transaction waits without a statement.
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s), set_config('idle_in_transaction_session_timeout', '0', true)",
            [TURN],
        )
        if not cursor.fetchone()[0]:
            raise SomebodyElseSends


def _deal_with(mail: Mail, server: Server) -> dict[str, Any]:
    """What to write into its row."""
    now = clock.now()
    (recipient,) = _recipients(id=mail.recipient_id)
    with acting_as_system("see whether a mail is still wanted", Purpose.MAIL):
        wishes = known_or_usual(recipient.pk)
        told = _told(mail=mail.pk)
    match decide(mail, told, recipient, wishes, now):
        case NotNeeded(because):
            return {"not_needed_at": now, "not_needed": because}
        case Wait(until):
            return {"due_at": until}
        case IntoDigest(key, at):
            return {"not_needed_at": now, "not_needed": "digest", "digest": _digest(recipient, key, at)}
        case Send(wanted):
            server.take(letter(mail, wanted, recipient, wishes))
            return {"sent_at": clock.now(), "attempts": mail.attempts + 1, "error": ""}


@compiled
def _recipients(*, id: UUID) -> QuerySet[Member]:
    return Member.objects.filter(pk=id)


@compiled
def _told(*, mail: UUID) -> QuerySet[Notification]:
    parts = Mail.objects.filter(Q(digest=mail) | Q(pk=mail), notification_id__isnull=False)
    return Notification.objects.filter(pk__in=parts.values("notification_id")).order_by("created_at")


def _digest(recipient: Member, key: str, at: datetime) -> Mail:
    with acting_as_system("put a mail into the one of the day", Purpose.MAIL):
        return Mail.objects.get_or_create(key=key, defaults={"recipient": recipient, "kind": DIGEST, "due_at": at})[0]


def _after(fault: Exception, mail: Mail) -> tuple[Came, dict[str, Any]]:
    is_passing = _is_passing(fault)
    attempts = mail.attempts + 1
    change: dict[str, Any] = {"attempts": attempts, "error": type(fault).__name__[:60]}
    log.warning("A mail (%s) could not be sent: %s.", mail.kind, change["error"])
    if attempts >= (MOST_PASSING_TRIES if is_passing else MOST_TRIES):
        change["set_aside_at"] = clock.now()
    elif attempts > 1 or not is_passing:  # a connection that broke is tried again at once, and nothing is out of order
        change["due_at"] = clock.now() + min(FIRST_PAUSE * 2 ** min(attempts, 10), LONGEST_PAUSE)
    return (Came.NOT_NOW if is_passing else Came.DEALT_WITH), change


def _is_passing(fault: Exception) -> bool:
    """May the same mail get through later? Else it is the mail itself: its address, a header, a fault of ours."""
    if isinstance(fault, SMTPRecipientsRefused):
        return all(code < PERMANENT for code, _said in fault.recipients.values())
    if isinstance(fault, SMTPResponseException):
        return fault.smtp_code < PERMANENT
    return isinstance(fault, OSError)
