"""Every entry is sent out of the house as it is written, where AUDIT_SINK says so: that much stays, whatever is done
to the database afterwards.

A trigger notes each new entry as unsent, in the transaction of the act; a job sends it after the commit. So the act
neither waits for the sink nor fails with it, and what could not be sent is sent later, at least once: each has its id.
"""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from carecollective.ground import sinks
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

log = logging.getLogger(__name__)
SEND = "audit.send"
AT_ONCE = 100  # in one request
MOST_IN_ONE_JOB = 100  # requests: then others have their turn
LATE = 15 * 60  # seconds
DAYS_KEPT_WITHOUT_A_SINK = 7

# An old failure to sign in may be forgotten by now: then its entry is NULL.
NEXT = """
SELECT unsent.number, entry.at, entry.kind, row_to_json(entry) FROM audit_unsent AS unsent
LEFT JOIN (SELECT id, at, kind, hand, actor_id, role, login, subject_id, about_id, codes, origin FROM audit_entries)
    AS entry ON entry.id = unsent.entry_id
ORDER BY unsent.number LIMIT %s
"""
SENT = "DELETE FROM audit_unsent WHERE number = ANY (%s)"
FORGET = "DELETE FROM audit_unsent WHERE noted_at < statement_timestamp() - make_interval(days => %s)"
OLDEST = "SELECT extract(epoch FROM statement_timestamp() - min(noted_at))::int FROM audit_unsent"


def wake_the_sender() -> None:
    """After the commit of this transaction. Where that fails, the clock finds what is unsent within a minute."""
    if settings.AUDIT_SINK:
        transaction.on_commit(_ask_for_the_sender, robust=True)


def _ask_for_the_sender() -> None:
    try:
        with transaction.atomic():
            app.configure_task(SEND, queueing_lock=SEND, lock=SEND).defer()
    except AlreadyEnqueued:
        pass


def send_what_is_unsent() -> int:
    """How many were sent. A sink that is away is logged, and asked again by the clock. Without a sink what is noted is
    kept for some days, for whoever is about to name one.
    """
    if settings.AUDIT_SINK is None:
        with acting_as_system("forget what no sink wants", Purpose.AUDIT), connection.cursor() as cursor:
            cursor.execute(FORGET, [DAYS_KEPT_WITHOUT_A_SINK])
        return 0
    sent = 0
    try:
        for _turn in range(MOST_IN_ONE_JOB):
            if not (batch := _send_some(settings.AUDIT_SINK)):
                break
            sent += batch
    except sinks.SinkAway as away:
        log.warning("AUDIT_SINK cannot be reached, so entries wait: %s.", away)
    return sent


def _send_some(sink: sinks.Sink) -> int:
    """The sink is asked outside of every transaction, so a slow one holds nothing."""
    with acting_as_system("read what is unsent", Purpose.AUDIT), connection.cursor() as cursor:
        cursor.execute(NEXT, [AT_ONCE])
        found = cursor.fetchall()
    records = [sinks.Record(at.isoformat(), kind, entry) for _number, at, kind, entry in found if entry]
    if records:
        sinks.send(sink, records, origin=urlsplit(settings.PUBLIC_URL).hostname or "")
    with acting_as_system("note that it is sent", Purpose.AUDIT), connection.cursor() as cursor:
        cursor.execute(SENT, [[number for number, *_ in found]])
    return len(found)


def fault() -> str | None:
    """What an operator has to do where entries wait (doctor)."""
    if settings.AUDIT_SINK is None:
        return None
    with acting_as_system("how far the audit is sent", Purpose.AUDIT), connection.cursor() as cursor:
        cursor.execute(OLDEST)
        (oldest,) = cursor.fetchone()
    if (oldest or 0) <= LATE:
        return None
    return _(
        "Entries of the audit have waited for %(n)s minutes to go to %(sink)s (AUDIT_SINK). Look whether it listens, "
        "whether the log says why it said no, and whether a worker of the jobs runs; nothing is lost meanwhile."
    ) % {"n": oldest // 60, "sink": settings.AUDIT_SINK.name}
