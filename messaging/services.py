"""What members can do in messaging: lock, check, write, tell. All of it or none."""

from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from carecollective import limits, texts
from carecollective.accounts.models import Member
from carecollective.identity import acting_as
from carecollective.refusals import (
    ConversationArchived,
    ConversationExists,
    ConversationNotFound,
    HelpRequestNotFound,
    HelpRequestUnavailable,
    IdempotencyConflict,
    MessageNotFound,
    OwnHelpRequest,
    ValidationFailed,
)
from helprequests.models import HelpRequest

from . import notify
from .legacy import services as legacy
from .legacy.either import or_in_version_1
from .legacy.models import LegacyConversation
from .legacy.read_only import is_read_only
from .models import FIRST_MESSAGE_LENGTH, MESSAGE_LENGTH, Conversation, Message, ReadMarker


class Offer(NamedTuple):
    conversation: Conversation | LegacyConversation
    created: bool


class Sent(NamedTuple):
    message: Message
    created: bool


@transaction.atomic
def offer_help(help_request_id: UUID, *, by: Member, text: str, version: str = "v2") -> Offer:
    """Begin the one conversation of this helper on this request with its first message (10 to 1000 code points).

    `version` is where a new one begins ("v1" while version 1 can be written); one that there is keeps its own.
    The same text again is the same offer. Raises ValidationFailed, UserRestricted, HelpRequestNotFound,
    OwnHelpRequest, HelpRequestUnavailable, ConversationExists (with `conversation_id`), RateLimited.
    """
    text = cleaned("initial_message", text, *FIRST_MESSAGE_LENGTH)
    member, help_request = _lock_member_and_help_request(by, help_request_id)
    member.refuse_unless_free_to_start()
    if help_request.user_id == by.pk:
        raise OwnHelpRequest

    v1_is_read_only = is_read_only()
    begin: Any = legacy.begin if version == "v1" and not v1_is_read_only else Conversation.objects.begin
    conversation = before = None
    with acting_as(by):
        in_v1 = None if v1_is_read_only else legacy.offered_before(help_request, helper=by, text=text)
        if in_v1 is None and help_request.takes_offers:
            conversation = begin(help_request, helper=by, text=text)
        if conversation is None:
            in_v2 = Conversation.objects.filter(help_request=help_request, helper=by).first()
            before = in_v1 if in_v1 and (in_v2 is None or in_v1.initial_message == text) else in_v2
    if before and before.initial_message == text:
        return Offer(before, created=False)
    limits.OFFERS.take(by.pk)  # a refusal below gives it back
    if before:
        raise ConversationExists(conversation_id=before.pk)
    if conversation is None:
        raise HelpRequestUnavailable
    notify.conversation_changed(conversation.pk)
    return Offer(conversation, created=True)


@or_in_version_1(legacy.send_message)
@transaction.atomic
def send_message(conversation_id: UUID, *, by: Member, text: str, id: UUID | None = None) -> Sent:
    """Write in a conversation (1 to 1000 code points). With an id from the client, sending twice writes once.

    Raises ValidationFailed, ConversationNotFound, UserRestricted, IdempotencyConflict, RateLimited,
    ConversationArchived.
    """
    text = cleaned("content", text, *MESSAGE_LENGTH)
    _lock_member(by).refuse_unless_approved()
    message = before = None
    with acting_as(by):
        conversation = _lock(conversation_id, by)
        is_open = conversation.status == Conversation.Status.ACTIVE
        if is_open:
            message = Message.objects.write(conversation, sender=by, text=text, id=id)
        if message is None and id is not None:
            before = Message.objects.filter(pk=id, conversation=conversation, sender=by, content=text).first()
    if before:
        return Sent(before, created=False)
    limits.MESSAGES.take(by.pk)  # a refusal below gives it back
    if not is_open:
        raise ConversationArchived
    if message is None:
        raise IdempotencyConflict
    notify.conversation_changed(conversation.pk)
    return Sent(message, created=True)


@or_in_version_1(legacy.archive)
def archive(conversation_id: UUID, *, by: Member) -> None:
    """Close the conversation for writing, for both."""
    _set_status(conversation_id, by, Conversation.Status.ARCHIVED)


@or_in_version_1(legacy.reopen)
def reopen(conversation_id: UUID, *, by: Member) -> None:
    _set_status(conversation_id, by, Conversation.Status.ACTIVE)


@or_in_version_1(legacy.mark_read)
@transaction.atomic
def mark_read(conversation_id: UUID, *, by: Member, up_to: UUID) -> None:
    """Everything up to this message is read; the conversation's own id names the first message.

    The marker only ever moves forward. Raises ConversationNotFound, MessageNotFound.
    """
    with acting_as(by):
        conversation = Conversation.objects.visible_to(by).filter(pk=conversation_id).first()
        if conversation is None:
            raise ConversationNotFound
        seen_at: Any = conversation.created_at
        if up_to != conversation.pk:
            seen_at = conversation.messages.filter(pk=up_to).values_list("created_at", flat=True).first()
        if seen_at is None:
            raise MessageNotFound
        ReadMarker.objects.move(conversation.pk, member=by, up_to=seen_at)


def cleaned(field: str, text: str, fewest: int, most: int) -> str:
    """The text as it is kept. Raises ValidationFailed with this field's one fault."""
    text = texts.clean(text)
    problem = texts.problem_with(text, fewest, most)
    if problem:
        raise ValidationFailed([texts.as_error(field, problem, fewest, most)])
    return text


LOCK_MEMBER_AND_HELP_REQUEST = """
SELECT help_requests.*, members.verification_status, members.restriction
FROM members CROSS JOIN help_requests WHERE members.id = %s AND help_requests.id = %s
FOR NO KEY UPDATE
"""


def _lock_member_and_help_request(by: Member, help_request_id: UUID) -> tuple[Member, HelpRequest]:
    """Both rows as they are now, so that neither a restriction nor a closing can slip in between check and write.

    One statement, members first: the order in which every verb takes them.
    """
    locked = list(HelpRequest.objects.raw(LOCK_MEMBER_AND_HELP_REQUEST, [by.pk, help_request_id]))
    if not locked:
        _lock_member(by).refuse_unless_free_to_start()
        raise HelpRequestNotFound
    row: Any = locked[0]
    return Member(verification_status=row.verification_status, restriction=row.restriction), row


# By hand, and only what is asked of them: to put the statement together took longer than the lock.
LOCK_MEMBER = "SELECT id, verification_status, restriction FROM members WHERE id = %s FOR NO KEY UPDATE"
# Not FOR SHARE: under that two senders would wait for each other for ever.
LOCK_CONVERSATION = """
SELECT id, status FROM conversations_v2 WHERE id = %s AND %s IN (requester_id, helper_id) FOR NO KEY UPDATE
"""


def _lock_member(by: Member) -> Member:
    return Member.objects.raw(LOCK_MEMBER, [by.pk])[0]


def _lock(conversation_id: UUID, by: Member) -> Conversation:
    locked = list(Conversation.objects.raw(LOCK_CONVERSATION, [conversation_id, by.pk]))
    if not locked:
        raise ConversationNotFound
    return locked[0]


@transaction.atomic
def _set_status(conversation_id: UUID, by: Member, status: str) -> None:
    with acting_as(by):
        conversation = _lock(conversation_id, by)
        if conversation.status == status:
            return
        conversation.status = status
        conversation.save(update_fields=["status"])
    notify.conversation_changed(conversation.pk)
