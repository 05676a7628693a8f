"""Complete conversations of version 1 into version 2, and back while nobody has gone on there (data migration).

Batch by batch, each in one transaction: killed at any moment, it loses and doubles nothing, and the next run goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

from .inventory import inventory

BATCH = 500
Told = Callable[[int], None]


@dataclass
class Copied:
    """`conversations` = `copied` + `copied_before` + everything in `stayed`, which gives each its reasons."""

    conversations: int = 0
    copied: int = 0
    messages: int = 0
    copied_before: int = 0
    stayed: dict[UUID, Sequence[str]] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        return self.conversations == self.copied + self.copied_before + len(self.stayed)


@dataclass
class TakenBack:
    conversations: int = 0
    taken_back: int = 0
    refused: dict[UUID, str] = field(default_factory=dict)


# --- Into version 2 -------------------------------------------------------------------------------------------------

ALL = "SELECT id, migrated_to_v2 FROM conversations ORDER BY created_at, id"
LOCK = """
SELECT id FROM conversations WHERE id = ANY(%(ids)s) AND NOT migrated_to_v2 ORDER BY id FOR NO KEY UPDATE
"""
FIRST = "(SELECT id FROM messages WHERE conversation_id = c.id ORDER BY created_at, id LIMIT 1)"
COPY_CONVERSATIONS = f"""
INSERT INTO conversations_v2
    (id, help_request_id, requester_id, helper_id, initial_message, status, created_at, updated_at)
SELECT c.id, c.help_request_id, hr.user_id, c.created_by, first.content,
       CASE c.status WHEN 'active' THEN 'active' ELSE 'archived' END, first.created_at,
       greatest(c.last_message_at, (SELECT max(created_at) FROM messages WHERE conversation_id = c.id))
FROM conversations AS c
JOIN help_requests AS hr ON hr.id = c.help_request_id
JOIN messages AS first ON first.id = {FIRST}
WHERE c.id = ANY(%(ids)s)
"""  # noqa: S608  (no value stands in the text)
COPY_MESSAGES = f"""
INSERT INTO messages_v2 (id, conversation_id, sender_id, content, created_at, updated_at)
SELECT m.id, m.conversation_id, m.sender_id, m.content, m.created_at, greatest(m.updated_at, m.created_at)
FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id
WHERE c.id = ANY(%(ids)s) AND m.id <> {FIRST}
"""  # noqa: S608  (likewise)
# Up to the last message before the first unread one: what was unread stays unread.
COPY_READ_MARKS = """
INSERT INTO conversation_read_markers (conversation_id, member_id, read_up_to)
SELECT c.id, reader.id, max(m.created_at)
FROM conversations AS c
JOIN help_requests AS hr ON hr.id = c.help_request_id
CROSS JOIN LATERAL (VALUES (hr.user_id), (c.created_by)) AS reader (id)
JOIN messages AS m ON m.conversation_id = c.id AND m.sender_id <> reader.id AND m.read_at IS NOT NULL
WHERE c.id = ANY(%(ids)s) AND NOT EXISTS (
    SELECT FROM messages AS unread
    WHERE unread.conversation_id = c.id AND unread.sender_id <> reader.id AND unread.read_at IS NULL
        AND unread.created_at <= m.created_at)
GROUP BY c.id, reader.id
"""
# A report of the first message names it by the conversation's own id from now on.
MOVE_REPORTS = f"""
UPDATE message_reports AS r SET version = 'v2',
    message_id = CASE r.message_id WHEN {FIRST.replace("c.id", "r.conversation_id")} THEN r.conversation_id
                 ELSE r.message_id END
WHERE r.conversation_id = ANY(%(ids)s) AND r.version = 'v1'
"""  # noqa: S608  (likewise)
MARK = "UPDATE conversations SET migrated_to_v2 = true WHERE id = ANY(%(ids)s)"


def migrate(*, dry_run: bool = False, tell: Told = lambda done: None) -> Copied:
    """Copy every complete conversation. A dry run does it all and lets none of it stand."""
    with acting_as_system("list what version 1 has", Purpose.OLD_MESSAGING):
        found = _rows(ALL)
    report = Copied(conversations=len(found), copied_before=sum(is_copied for _, is_copied in found))
    left = [id for id, is_copied in found if not is_copied]
    tell(report.copied_before)
    for start in range(0, len(left), BATCH):
        batch = left[start : start + BATCH]
        try:
            _copy(batch, report, dry_run)
        except IntegrityError:  # one of them meets a constraint that the inventory did not foresee: find out which
            for id in batch:
                _copy_one(id, report, dry_run)
        tell(len(batch))
    return report


def _copy_one(id: UUID, report: Copied, dry_run: bool) -> None:
    try:
        _copy([id], report, dry_run)
    except IntegrityError as refused:
        report.stayed[id] = [_constraint(refused)]


def _copy(ids: Sequence[UUID], report: Copied, dry_run: bool) -> None:
    with transaction.atomic():
        with acting_as_system("copy version 1 into version 2", Purpose.OLD_MESSAGING):
            locked = [id for (id,) in _rows(LOCK, ids=ids)]
            # Judged under the lock: nobody writes in it, closes it or copies it now.
            lines = inventory(locked)
            complete = [line.id for line in lines if not line.reasons]
            _rows(COPY_CONVERSATIONS, ids=complete)
            followed = _count(COPY_MESSAGES, ids=complete)
            _rows(COPY_READ_MARKS, ids=complete)
            _rows(MOVE_REPORTS, ids=complete)
            _rows(MARK, ids=complete)
        if dry_run:
            transaction.set_rollback(True)
    report.copied += len(complete)
    report.messages += len(complete) + followed
    report.copied_before += len(ids) - len(locked)  # by another run, meanwhile
    report.stayed |= {line.id: line.reasons for line in lines if line.reasons}


# --- And back -------------------------------------------------------------------------------------------------------

COPIES = "SELECT id FROM conversations WHERE migrated_to_v2 ORDER BY created_at, id"
THEIR_HELP_REQUESTS = "SELECT help_request_id FROM conversations WHERE id = ANY(%(ids)s)"
LOCK_HELP_REQUESTS = "SELECT id FROM help_requests WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE"
UNCHANGED = """
v2.updated_at = (SELECT greatest(c.last_message_at, max(m.created_at)) FROM conversations AS c
                 JOIN messages AS m ON m.conversation_id = c.id WHERE c.id = v2.id GROUP BY c.id)
"""
CHANGED = f"""
SELECT v2.id, CASE WHEN EXISTS (
        SELECT FROM messages_v2 AS m WHERE m.conversation_id = v2.id
            AND NOT EXISTS (SELECT FROM messages AS v1 WHERE v1.id = m.id AND v1.conversation_id = v2.id))
    THEN 'somebody has written since'
    WHEN EXISTS (SELECT FROM offer_answers AS a WHERE a.conversation_id = v2.id AND a.at = v2.updated_at)
    THEN 'answered since' ELSE 'archived or re-opened since' END
FROM conversations_v2 AS v2 WHERE v2.id = ANY(%(ids)s) AND ({UNCHANGED}) IS NOT TRUE
"""  # noqa: S608  (likewise)
# Whatever else hangs on conversations of version 2 would go with a copy. Answers do not: they keep the id, which is the
# same in both versions, and one that was given since has moved the clock.
WHAT_HANGS_ON_THEM = """
SELECT con.conrelid::regclass::text, att.attname
FROM pg_constraint AS con JOIN pg_attribute AS att ON att.attrelid = con.conrelid AND att.attnum = con.conkey[1]
WHERE con.contype = 'f' AND con.confrelid = 'conversations_v2'::regclass AND cardinality(con.conkey) = 1
    AND con.conrelid NOT IN (
        'messages_v2'::regclass, 'conversation_read_markers'::regclass, 'unread_conversations'::regclass)
"""
TAKE_READ_MARKS_BACK = """
UPDATE messages AS m SET read_at = clock_timestamp()
FROM conversation_read_markers AS marker
WHERE marker.conversation_id = ANY(%(ids)s) AND m.conversation_id = marker.conversation_id
    AND m.sender_id <> marker.member_id AND m.created_at <= marker.read_up_to AND m.read_at IS NULL
"""
MOVE_REPORTS_BACK = f"""
UPDATE message_reports AS r SET version = 'v1',
    message_id = CASE r.message_id WHEN r.conversation_id THEN {FIRST.replace("c.id", "r.conversation_id")}
                 ELSE r.message_id END
WHERE r.conversation_id = ANY(%(ids)s) AND r.version = 'v2'
"""  # noqa: S608  (likewise)
# Once more, as the row is when its lock is there: a message that got in between has moved updated_at.
TAKE_BACK = f"""
DELETE FROM conversations_v2 AS v2 WHERE v2.id = ANY(%(ids)s) AND {UNCHANGED} RETURNING v2.id
"""  # noqa: S608  (likewise)
STILL_THERE = "SELECT id FROM conversations_v2 WHERE id = ANY(%(ids)s)"
UNMARK = "UPDATE conversations SET migrated_to_v2 = false WHERE id = ANY(%(ids)s)"


def rollback(*, tell: Told = lambda done: None) -> TakenBack:
    """Take copies out of version 2 again. Those in which anyone has written or answered since are refused, by id."""
    with acting_as_system("list the copies", Purpose.OLD_MESSAGING):
        copies = [id for (id,) in _rows(COPIES)]
    report = TakenBack(conversations=len(copies))
    for start in range(0, len(copies), BATCH):
        batch = copies[start : start + BATCH]
        _take_back(batch, report)
        tell(len(batch))
    return report


@transaction.atomic
def _take_back(ids: Sequence[UUID], report: TakenBack) -> None:
    with acting_as_system("find the help requests of copies", Purpose.OLD_MESSAGING):
        help_requests = [id for (id,) in _rows(THEIR_HELP_REQUESTS, ids=ids) if id]
    # Whoever answers an offer holds its request: while we do, nobody answers.
    _rows(LOCK_HELP_REQUESTS, ids=help_requests)
    with acting_as_system("take copies of version 1 back", Purpose.OLD_MESSAGING):
        refused = dict(_rows(CHANGED, ids=ids))
        for table, column in _rows(WHAT_HANGS_ON_THEM):
            answered = _rows(f"SELECT {column} FROM {table} WHERE {column} = ANY(%(ids)s)", ids=ids)  # noqa: S608
            refused |= {id: f"answered since ({table})" for (id,) in answered}
        untouched = [id for id in ids if id not in refused]
        _rows(TAKE_READ_MARKS_BACK, ids=untouched)
        _rows(TAKE_BACK, ids=untouched)
        # Also one whose copy is gone already, with its help request: version 1 shows it again.
        kept = {id for (id,) in _rows(STILL_THERE, ids=ids)}
        refused |= {id: "somebody has written since" for id in kept if id not in refused}
        back = [id for id in untouched if id not in kept]
        _rows(MOVE_REPORTS_BACK, ids=back)
        _rows(UNMARK, ids=back)
    report.refused |= refused
    report.taken_back += len(ids) - len(refused)


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def _count(statement: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _constraint(refused: IntegrityError) -> str:
    return getattr(getattr(refused.__cause__, "diag", None), "constraint_name", None) or "integrity"
