"""What members can do in version 1: lock, check, write, tell. The same verbs, locks and order as in version 2.

Members are locked first, then the help request, then the conversation. What version 2 leaves to a constraint, one
conversation for a helper and a request, here the lock on the help request stands for.
"""

from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from carecollective.accounts.models import Member, may_talk_with
from carecollective.ground import limits, rows, texts
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import (
    ConversationDeclined,
    ConversationNotFound,
    IdempotencyConflict,
    LegacyReadOnly,
    MessageNotFound,
    ValidationFailed,
)
from carecollective.told.notifications import services as notifications
from helprequests.models import HelpRequest
from messaging import notify
from messaging.closed import archived, stays_archived
from messaging.models import MESSAGE_LENGTH, Conversation, OfferAnswer

from . import sql
from .either import CopiedMeanwhile
from .models import LegacyConversation, LegacyMessage
from .read_only import is_read_only

Status = LegacyConversation.Status


class Sent(NamedTuple):
    message: LegacyMessage
    created: bool
    left: int | None = None  # how many more there may be within the minute


# --- Offering help; both run inside the offer's own transaction and scope, under the lock on the help request -------

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


def offered_before(help_request: HelpRequest, *, helper: Member, text: str) -> LegacyConversation | None:
    """The helper's conversation on this request that can still be written; its first words are `initial_message`."""
    values = {"me": helper.pk, "help_request": help_request.pk, "text": text}
    return next(iter(LegacyConversation.objects.raw(OFFERED_BEFORE, values)), None)


def begin(help_request: HelpRequest, *, helper: Member, text: str) -> LegacyConversation | None:
    """The new conversation with both participants and the first message, or None where V2 has this offer already,
    or there is a block.
    """
    values = {
        "help_request": help_request.pk,
        "me": helper.pk,
        "title": help_request.title,
        "owner": help_request.user_id,
    }
    conversation: Any = next(iter(LegacyConversation.objects.raw(BEGIN, values)), None)
    if conversation is None:
        return None
    with connection.cursor() as cursor:
        # Nothing is returned: a member reads no participant row but their own.
        cursor.execute(BRING_BOTH_IN, [conversation.pk, helper.pk, conversation.pk, help_request.user_id])
    write(conversation, sender=helper, recipient_id=help_request.user_id, text=text)
    conversation.initial_message = text
    return conversation


# --- Talking --------------------------------------------------------------------------------------------------------


@transaction.atomic
def send_message(conversation_id: UUID, *, by: Member, text: str, id: UUID | None = None) -> Sent:
    """Write in a conversation of version 1. With an id from the client, sending twice writes once.

    Raises ValidationFailed, ConversationNotFound, UserRestricted, IdempotencyConflict, RateLimited, LegacyReadOnly,
    ConversationArchived, ConversationDeclined.
    """
    text = texts.clean(text)
    problem = texts.problem_with(text, *MESSAGE_LENGTH)
    if problem:
        raise ValidationFailed([texts.as_error("content", problem, *MESSAGE_LENGTH)])
    Member.objects.locked(by)[by.pk].refuse_unless_approved()
    read_only = is_read_only()
    message = before = None
    with acting_as(by):
        conversation = lock(conversation_id, by)
        is_over = OfferAnswer.objects.last_word_is_said(conversation.pk, by=by)
        if conversation.is_open and not read_only and not is_over:
            message = write(conversation, sender=by, recipient_id=conversation.other_id, text=text, id=id)
        if message is None and id is not None:
            before = LegacyMessage.objects.filter(pk=id, conversation=conversation, sender=by, content=text).first()
    if before:
        return Sent(before, created=False)
    left = limits.MESSAGES.take(by.pk)  # a refusal below gives it back
    if read_only:
        raise LegacyReadOnly
    if not conversation.is_open:
        raise archived(conversation)
    if is_over:
        raise ConversationDeclined
    if message is None:
        raise IdempotencyConflict
    notify.wrote(conversation, by=by, to=conversation.other_id)
    return Sent(message, created=True, left=left)


def archive(conversation_id: UUID, *, by: Member) -> None:
    """Close the conversation for writing, for both. Raises ConversationNotFound, LegacyReadOnly."""
    _set_status(conversation_id, by, Status.CLOSED)


@transaction.atomic
def reopen(conversation_id: UUID, *, by: Member) -> None:
    """Raises ConversationNotFound, LegacyReadOnly, and ConversationArchived where it is blocked, where nobody is left,
    and where its helper has offered again on the same request meanwhile.
    """
    Member.objects.locked(by)  # before the help request
    with acting_as(by):
        about = LegacyConversation.objects.visible_to(by).filter(pk=conversation_id).values("help_request")[:1]
        help_request_id = about[0]["help_request"] if about else None
    # As the offers on it do: so none of them can come in between.
    HelpRequest.objects.select_for_update(no_key=True).filter(pk=help_request_id).first()
    _set_status(conversation_id, by, Status.ACTIVE)


MARK_READ = f"""
UPDATE messages AS m SET read_at = clock_timestamp()
WHERE m.conversation_id = %(conversation)s AND m.sender_id <> %(me)s AND m.read_at IS NULL
    AND {sql.VISIBLE.format(message="m")} AND (m.created_at, m.id) <= (%(created_at)s, %(id)s)
RETURNING m.sender_id
"""  # noqa: S608  (likewise)


@transaction.atomic
def mark_read(conversation_id: UUID, *, by: Member, up_to: UUID) -> None:
    """Everything that others wrote up to this message is read, also where version 1 can no longer be written.

    Raises ConversationNotFound, MessageNotFound.
    """
    with acting_as(by):
        conversation = LegacyConversation.objects.visible_to(by).filter(pk=conversation_id).first()
        if conversation is None:
            raise ConversationNotFound
        seen = conversation.messages.visible().filter(pk=up_to).only("created_at").first()
        if seen is None:
            raise MessageNotFound
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "conversation": conversation.pk,
                "me": by.pk,
                "created_at": seen.created_at,
                "id": seen.pk,
            }
            cursor.execute(MARK_READ, values)
            writers = {row[0] for row in cursor.fetchall()}
    if writers:
        notify.read(conversation, by_both=[by.pk, *writers])
    notifications.read_about(by.pk, conversation_id=conversation_id)


@transaction.atomic
def _set_status(conversation_id: UUID, by: Member, status: str) -> None:
    read_only = is_read_only()
    Member.objects.locked(by)
    with acting_as(by):
        conversation = lock(conversation_id, by)
        if read_only:
            raise LegacyReadOnly
        if status == Status.ACTIVE and (
            not conversation.could_be_open or _has_a_successor(conversation) or not may_talk_with(conversation.other_id)
        ):
            raise stays_archived(conversation)
        if conversation.status in (status, Status.BLOCKED):  # blocked reads as archived, and stays what it is
            return
        rows.update(conversation, status=status)
    notify.status_changed(conversation, by=by, to=conversation.other_id)


def _has_a_successor(conversation: LegacyConversation) -> bool:
    """While this one was closed its helper has offered again: one helper, one request, one open conversation."""
    about = {"help_request": conversation.help_request_id}
    helper_id = conversation.created_by_id
    older = LegacyConversation.objects.filter(**about, created_by=helper_id, status=Status.ACTIVE, migrated_to_v2=False)
    older = older.exclude(pk=conversation.pk).filter(messages__in=LegacyMessage.objects.visible())
    return conversation.help_request_id is not None and (
        Conversation.objects.filter(**about, helper=helper_id).exists() or older.exists()
    )


LOCK = f"""
SELECT c.*, {sql.IS_OPEN} AS is_open, {sql.OTHER} AS other_id,
       c.status <> 'blocked' AND p.left_at IS NULL AND ({sql.OTHER}) IS NOT NULL AS could_be_open
FROM conversations AS c
LEFT JOIN conversation_participants AS p ON p.conversation_id = c.id AND p.user_id = %(me)s
LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
WHERE c.id = %(id)s AND (c.created_by = %(me)s OR p.user_id = %(me)s)
"""  # noqa: S608  (likewise)


def lock(conversation_id: UUID, by: Member) -> Any:
    """The conversation as it is now, with `is_open`, `could_be_open` and `other_id`.

    A blocked one cannot be locked by its participants, so it is only read. Raises ConversationNotFound, and
    CopiedMeanwhile.
    """
    values = {"id": conversation_id, "me": by.pk}
    for statement in (LOCK + "FOR NO KEY UPDATE OF c", LOCK):
        found = next(iter(LegacyConversation.objects.raw(statement, values)), None)
        if found is not None:
            break
    else:
        raise ConversationNotFound
    if found.migrated_to_v2:
        raise CopiedMeanwhile
    return found


def write(
    conversation: LegacyConversation, *, sender: Member, recipient_id: UUID, text: str, id: UUID | None = None
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
    return rows.insert(LegacyMessage, values, on_conflict="(id)")
