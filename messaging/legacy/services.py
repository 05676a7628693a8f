"""The hand that writes version 1 (an adapter: `messaging.hand.Hand`).

What version 2 leaves to a constraint, one conversation for a helper and a request, here the lock on the help request
stands for.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from carecollective.accounts.models import Member, may_talk_with
from carecollective.ground import rows
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import MessageNotFound
from carecollective.told.notifications.telling import Telling
from helprequests.models import HelpRequest
from messaging.closed import stays_archived
from messaging.hand import Hand, run
from messaging.models import MAY_WRITE, Conversation, Talk, Thread

from . import sql
from .models import LegacyConversation, LegacyMessage
from .read_only import is_read_only

Status = LegacyConversation.Status

OFFERED_BEFORE = f"""
SELECT c.*, first.content AS initial_message
FROM conversations AS c
JOIN conversation_participants AS p ON p.conversation_id = c.id AND p.user_id = %(me)s
LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
LEFT JOIN LATERAL (
    SELECT content FROM messages AS m
    WHERE m.conversation_id = c.id AND m.sender_id = %(me)s AND {sql.VISIBLE.format(message="m")}
    ORDER BY m.created_at, m.id LIMIT 1
) AS first ON true
WHERE c.help_request_id = %(help_request)s AND {sql.STANDS_IN_THE_WAY}
ORDER BY first.content = %(text)s DESC NULLS LAST, c.created_at DESC, c.id LIMIT 1
"""  # noqa: S608  (no value stands in the text)
BEGIN = """
INSERT INTO conversations (help_request_id, created_by, title)
SELECT %(help_request)s, %(me)s, %(title)s
WHERE NOT EXISTS (SELECT FROM conversations_v2 WHERE help_request_id = %(help_request)s AND helper_id = %(me)s)
    AND may_talk_with(%(owner)s)
RETURNING *
"""
BRING_BOTH_IN = "INSERT INTO conversation_participants (conversation_id, user_id) VALUES (%s, %s), (%s, %s)"
MARK_READ = f"""
UPDATE messages AS m SET read_at = clock_timestamp()
WHERE m.conversation_id = %(conversation)s AND m.sender_id <> %(me)s AND m.read_at IS NULL
    AND {sql.VISIBLE.format(message="m")} AND (m.created_at, m.id) <= (%(created_at)s, %(id)s)
RETURNING m.sender_id
"""  # noqa: S608  (likewise)
LOCK = f"""
SELECT 'v1' AS version, c.id, c.help_request_id, hr.user_id AS requester_id, c.created_by AS helper_id,
       {sql.IS_OPEN} AS is_open, {sql.OTHER} AS other_id, c.migrated_to_v2,
       c.status <> 'blocked' AND p.left_at IS NULL AND ({sql.OTHER}) IS NOT NULL AS could_be_open
FROM conversations AS c
LEFT JOIN conversation_participants AS p ON p.conversation_id = c.id AND p.user_id = %(me)s
LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
WHERE c.id = %(id)s AND (c.created_by = %(me)s OR p.user_id = %(me)s)
"""  # noqa: S608  (likewise)
FORGET_TITLES_OF_GONE = "UPDATE conversations SET title = '' WHERE title <> '' AND help_request_id IS NULL"
FORGET_TITLES_OF = """
UPDATE conversations SET title = '' WHERE title <> '' AND help_request_id IN (
    SELECT id FROM help_requests WHERE user_id = %(owner)s)
"""


class Version1(Hand):
    version = "v1"
    OFFERED_BEFORE = OFFERED_BEFORE
    LOCK_ALL_ON = "SELECT FROM conversations WHERE help_request_id = %(help_request)s ORDER BY id FOR NO KEY UPDATE"
    ARCHIVE_BETWEEN = """
    UPDATE conversations AS c SET status = 'closed' WHERE status = 'active' AND migrated_to_v2 = false AND EXISTS (
        SELECT FROM conversation_participants AS p WHERE p.conversation_id = c.id AND p.user_id = %(me)s)
        AND (c.created_by = %(other)s OR EXISTS (
            SELECT FROM help_requests AS hr WHERE hr.id = c.help_request_id AND hr.user_id = %(other)s)) RETURNING id
    """
    ARCHIVE_ALL = """
    UPDATE conversations AS c SET status = 'closed' WHERE status = 'active' AND migrated_to_v2 = false AND EXISTS (
        SELECT FROM conversation_participants AS p WHERE p.conversation_id = c.id AND p.user_id = %(me)s)
    RETURNING id, CASE created_by WHEN %(me)s THEN (SELECT user_id FROM help_requests WHERE id = c.help_request_id)
                  ELSE created_by END
    """
    # Whoever is still a participant counts.
    REMOVE_OF_NOBODY = """
    DELETE FROM conversations AS c
    WHERE EXISTS (SELECT FROM conversation_participants AS p WHERE p.conversation_id = c.id AND p.user_id = %(member)s)
        AND NOT EXISTS (SELECT FROM conversation_participants AS p JOIN members AS m ON m.id = p.user_id
                        WHERE p.conversation_id = c.id AND m.name <> %(former)s)
    """
    LOCK_ABOUT = "SELECT FROM conversations WHERE %(id)s IN (id, help_request_id) ORDER BY id FOR UPDATE"
    # A copied conversation's older self goes along, and outlives its request unless it goes first.
    REMOVE_ABOUT = "DELETE FROM conversations WHERE %(id)s IN (id, help_request_id)"

    def is_read_only(self) -> bool:
        return is_read_only()

    # The first two run inside the offer's own transaction and scope, under the lock on the help request.
    def offered_before(self, help_request: HelpRequest, *, helper: Member, text: str) -> LegacyConversation | None:
        """The helper's conversation here that can still be written; its first words are `initial_message`."""
        values = {"me": helper.pk, "help_request": help_request.pk, "text": text}
        return next(iter(LegacyConversation.objects.raw(OFFERED_BEFORE, values)), None)

    def begin(
        self, help_request: HelpRequest, *, helper: Member, text: str, telling: Telling
    ) -> LegacyConversation | None:
        """The new conversation with both participants and the first message, or None where V2 has this offer already,
        or there is a block.
        """
        values = {
            "help_request": help_request.pk,
            "me": helper.pk,
            "title": help_request.title,
            "owner": help_request.user_id,
        }
        conversation: LegacyConversation | None = next(iter(LegacyConversation.objects.raw(BEGIN, values)), None)
        if conversation is None:
            return None
        with connection.cursor() as cursor:
            # Nothing is returned: a member reads no participant row but their own.
            cursor.execute(BRING_BOTH_IN, [conversation.pk, helper.pk, conversation.pk, help_request.user_id])
        _write(conversation, sender=helper, recipient_id=help_request.user_id, text=text)
        conversation.initial_message = text
        return conversation

    def hold(self, conversation_id: UUID, by: Member) -> None:
        """The help request, as the offers on it do: so none of them can come in between."""
        with acting_as(by):
            about = LegacyConversation.objects.visible_to(by).filter(pk=conversation_id).values("help_request")[:1]
            help_request_id: Any = about[0]["help_request"] if about else None
        HelpRequest.objects.select_for_update(no_key=True).filter(pk=help_request_id).first()

    def mark_read(self, conversation_id: UUID, *, by: Member, up_to: UUID) -> Iterable[UUID] | None:
        """Everything that others wrote up to this message, also where version 1 can no longer be written."""
        conversation = LegacyConversation.objects.visible_to(by).filter(pk=conversation_id).first()
        if conversation is None:
            return None
        seen = conversation.messages.visible().filter(pk=up_to).only("created_at").first()
        if seen is None:
            raise MessageNotFound
        values: dict[str, Any] = {
            "conversation": conversation.pk,
            "me": by.pk,
            "created_at": seen.created_at,
            "id": seen.pk,
        }
        with connection.cursor() as cursor:
            cursor.execute(MARK_READ, values)
            writers = {row[0] for row in cursor.fetchall()}
        return [by.pk, *writers] if writers else []

    def set_open(self, thread: Thread, *, is_open: bool) -> bool:
        """One that is blocked, where nobody is left, and whose helper has offered again meanwhile stays archived."""
        conversation = LegacyConversation.objects.get(pk=thread.pk)
        if is_open and (
            not thread.could_be_open or _has_a_successor(conversation) or not may_talk_with(thread.other_id)
        ):
            raise stays_archived(thread)
        status = Status.ACTIVE if is_open else Status.CLOSED
        if conversation.status in (status, Status.BLOCKED):  # blocked reads as archived, and stays what it is
            return False
        rows.update(conversation, status=status)
        return True

    def lock(self, conversation_id: UUID, by: Member) -> Thread | None:
        """A blocked one cannot be locked by its participants, so it is only read. None also where it went over to
        version 2 while somebody waited for its lock: it is written there.
        """
        values = {"id": conversation_id, "me": by.pk}
        for statement in (LOCK + "FOR NO KEY UPDATE OF c", LOCK):
            found: Any = next(iter(Thread.objects.raw(statement, values)), None)
            if found is not None:
                return None if found.migrated_to_v2 else found
        return None

    def write(
        self, thread: Thread, *, by: Member, text: str, id: UUID | None = None, telling: Telling | None = None
    ) -> LegacyMessage | None:
        return _write(thread, sender=by, recipient_id=thread.other_id, text=text, id=id)

    def written(self, thread: Thread, id: UUID, *, by: Member, text: str) -> LegacyMessage | None:
        return LegacyMessage.objects.filter(pk=id, conversation=thread.pk, sender=by, content=text).first()

    def forget_words_of_requests(self, owner_id: UUID | None) -> None:
        """A thread of version 1 repeats the title."""
        run(FORGET_TITLES_OF if owner_id else FORGET_TITLES_OF_GONE, owner=owner_id)


def _has_a_successor(conversation: LegacyConversation) -> bool:
    """While this one was closed its helper has offered again: one helper, one request, one open conversation."""
    about = {"help_request": conversation.help_request_id}
    helper_id = conversation.created_by_id
    older = LegacyConversation.objects.filter(**about, created_by=helper_id, status=Status.ACTIVE, migrated_to_v2=False)
    older = older.exclude(pk=conversation.pk).filter(messages__in=LegacyMessage.objects.visible())
    return conversation.help_request_id is not None and (
        Conversation.objects.filter(**about, helper=helper_id).exists() or older.exists()
    )


def _write(
    conversation: Talk, *, sender: Member, recipient_id: UUID | None, text: str, id: UUID | None = None
) -> LegacyMessage | None:
    """The new message, or None where the id is taken. `created_at` is the database's to say."""
    values = {
        "conversation_id": conversation.pk,
        "sender_id": sender.pk,
        "recipient_id": recipient_id,
        "help_request_id": conversation.help_request_id,
        "content": text,
    }
    if id is not None:
        values["id"] = id
    return rows.insert(LegacyMessage, values, on_conflict="(id)", only_if=MAY_WRITE.format(messages="messages"))
