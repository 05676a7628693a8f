"""Open pages and clients hear that they should look again: after COMMIT and only then, ids only
(publish/subscribe).

What changed is read again, under the reader's own identity. So nothing is lost with a wake-up that nobody heard, and
one that somebody forged shows nothing.

A transactional outbox: what is to be said is a row of the transaction that it tells of, and is said in one of its own
once that is committed. NOTIFY inside would take a lock of the whole PostgreSQL instance until the commit is on disk,
and all commits would go one after the other. A process that dies in between leaves the row, which whoever listens
finds within seconds (`SAY_WHAT_IS_LEFT`).
"""

import json
from collections.abc import Iterable
from threading import Lock
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction

CHANNEL = "care_events"
MEMBERS_IN_ONE = 100  # PostgreSQL carries less than 8,000 bytes

# What of a conversation: something was written; an answer to its offer; how far somebody has read; whether it is open;
# a phone number or a place.
Changed = Literal["message", "answer", "read", "status", "shared"]

PUT = "INSERT INTO wake_outbox (payload) VALUES (%s) RETURNING transaction_id"
SAY = f"""
WITH said AS (DELETE FROM wake_outbox WHERE transaction_id = ANY (%(transactions)s::bigint[]) RETURNING id, payload)
SELECT set_config('synchronous_commit', 'off', true), pg_notify(channel, payload) FROM (
    (SELECT '{CHANNEL}' AS channel, payload FROM said ORDER BY id)
    UNION ALL SELECT * FROM unnest(%(channels)s::text[], %(payloads)s::text[])
) AS owed
"""  # noqa: S608  (no value stands in the text)
# Rows that somebody says at this moment are locked: theirs. The others will be found by the next look.
SAY_WHAT_IS_LEFT = f"""
WITH said AS (
    DELETE FROM wake_outbox
    WHERE id = ANY (ARRAY(SELECT id FROM wake_outbox ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED))
    RETURNING id, payload
)
SELECT set_config('synchronous_commit', 'off', true), pg_notify('{CHANNEL}', payload)
FROM (SELECT payload FROM said ORDER BY id) AS owed
"""  # noqa: S608  (likewise)


def conversation_changed(conversation_id: UUID, version: str, what: Changed, *, members: Iterable[UUID | None]) -> None:
    """For both of its people."""
    ids = [str(member) for member in members if member]
    _put({"type": "conversation", "id": str(conversation_id), "version": version, "what": what, "members": ids})


def notifications_changed(*member_ids: UUID) -> None:
    ids = [str(member_id) for member_id in member_ids]
    for begin in range(0, len(ids), MEMBERS_IN_ONE):
        _put({"type": "notification", "members": ids[begin : begin + MEMBERS_IN_ONE]})


def notifications_read(member_id: UUID) -> None:
    """For the reader's own other pages: nobody else waits for it, so no row is kept of it."""
    signal_after_commit(CHANNEL, _text({"type": "notification", "members": [str(member_id)]}))


def say_after_commit(transaction_id: int | None) -> None:
    """What a function of the database put into the outbox in this transaction, as `txid_current_if_assigned()` has it.

    None: it put nothing there.
    """
    if transaction_id is not None:
        _owe({transaction_id}, set())


def signal_after_commit(channel: str, payload: str) -> None:
    """For whoever also looks without being woken: no row is kept of it."""
    _owe(set(), {(channel, payload)})


def say_what_is_left() -> None:
    """By the clock, so that no id stays in the outbox where no socket is ever open."""
    with connection.cursor() as cursor:
        cursor.execute(SAY_WHAT_IS_LEFT)


class Owed:
    """What one transaction is to say, all of it in one statement."""

    def __init__(self) -> None:
        self.transactions: set[int] = set()
        self.signals: set[tuple[str, str]] = set()

    def say(self) -> None:
        """Whoever comes while somebody of this process is saying something waits for that, and then one of them says it
        for all who waited (group commit): to notify, the transactions of all processes stand in one line.
        """
        _waiting.append(self)
        with _one_says:
            owed = _waiting[:]
            del _waiting[: len(owed)]  # and not what is added meanwhile
            if owed:
                _say({id for each in owed for id in each.transactions}, {one for each in owed for one in each.signals})


_one_says, _waiting = Lock(), list[Owed]()


def _say(transactions: set[int], signals: set[tuple[str, str]]) -> None:
    channels, payloads = [channel for channel, _ in signals], [payload for _, payload in signals]
    owed: dict[str, Any] = {"transactions": list(transactions), "channels": channels, "payloads": payloads}
    with connection.cursor() as cursor:
        cursor.execute(SAY, owed)


def _put(event: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PUT, [_text(event)])
        (transaction_id,) = cursor.fetchone()
    say_after_commit(transaction_id)


def _text(event: dict[str, object]) -> str:
    return json.dumps(event, separators=(",", ":"))


def _owe(transactions: set[int], signals: set[tuple[str, str]]) -> None:
    """What a savepoint takes back has no row any more: to ask for it costs nothing, a signal more neither."""
    there = _owed_already()
    owed = there or Owed()
    owed.transactions |= transactions
    owed.signals |= signals
    if there is None:
        transaction.on_commit(owed.say, robust=True)  # a failure is logged: what it tells of is done


def _owed_already() -> Owed | None:
    """Of this transaction, where it has to say something already."""
    owners = (getattr(part, "__self__", None) for hook in connection.run_on_commit for part in hook)
    return next((owner for owner in owners if isinstance(owner, Owed)), None)
