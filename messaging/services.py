"""What members can do in messaging: lock, check, write, tell. All of it or none."""

from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from carecollective.accounts.models import Block, Member, may_talk_with
from carecollective.ground import limits, texts
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import (
    ConversationDeclined,
    ConversationExists,
    ConversationNotFound,
    HelpRequestHasRunOut,
    HelpRequestNotFound,
    HelpRequestUnavailable,
    IdempotencyConflict,
    MessageNotFound,
    OwnHelpRequest,
    ValidationFailed,
)
from carecollective.told.notifications import services as notifications
from helprequests.models import TAKES_OFFERS, HelpRequest

from . import notify
from .closed import archived, stays_archived
from .legacy import services as legacy
from .legacy.either import or_in_version_1
from .legacy.models import LegacyConversation
from .legacy.read_only import is_read_only
from .models import FIRST_MESSAGE_LENGTH, MESSAGE_LENGTH, STEPS, Conversation, Message, OfferAnswer, ReadMarker
from .models import Offer as Standing


class Offer(NamedTuple):
    conversation: Conversation | LegacyConversation
    created: bool

    @property
    def again(self) -> bool:
        """It was over, and waits for an answer once more."""
        return isinstance(self, OfferedAgain)


class OfferedAgain(Offer):
    pass


class Sent(NamedTuple):
    message: Message
    created: bool
    left: int | None = None  # how many more there may be within the minute


@transaction.atomic
def offer_help(help_request_id: UUID, *, by: Member, text: str, version: str = "v2") -> Offer:
    """Begin the one conversation of this helper on this request with its first message (10 to 1000 code points).

    `version` is where a new one begins ("v1" while version 1 can be written); one that there is keeps its own.
    The same text again is the same offer; after one that was taken back, released or lapsed, any text is a message in
    its conversation, and the offer waits again. Raises ValidationFailed, UserRestricted, HelpRequestNotFound,
    OwnHelpRequest, HelpRequestUnavailable, ConversationExists (with `conversation_id`), RateLimited.
    """
    text = cleaned("initial_message", text, *FIRST_MESSAGE_LENGTH)
    member, help_request = _lock_member_and_help_request(by, help_request_id)
    member.refuse_unless_free_to_start()
    if help_request.user_id == by.pk:
        raise OwnHelpRequest

    v1_is_read_only = is_read_only()
    begin: Any = legacy.begin if version == "v1" and not v1_is_read_only else Conversation.objects.begin
    conversation = before = answer = None
    with acting_as(by):
        in_v1 = None if v1_is_read_only else legacy.offered_before(help_request, helper=by, text=text)
        if in_v1 is None and help_request.takes_offers:
            conversation = begin(help_request, helper=by, text=text)
        if conversation is None:
            is_blocked = Block.objects.between(by.pk, help_request.user_id).exists()
            in_v2 = Conversation.objects.filter(help_request=help_request, helper=by).first()
            before = in_v1 if in_v1 and (in_v2 is None or in_v1.initial_message == text) else in_v2
        if before:
            answer = Standing.objects.get(pk=before.pk).answer
            is_the_same = before.initial_message == text or _was_offered_again_with(text, before, by)
    if conversation is None and is_blocked:  # the request of somebody with whom there is a block is not there
        raise HelpRequestNotFound
    if before and answer in STEPS["offer again"].before:
        return _offer_again(before, help_request, by=by, text=text)
    if before and is_the_same:
        return Offer(before, created=False)
    limits.OFFERS.take(by.pk)  # a refusal below gives it back
    if before:
        raise ConversationExists(conversation_id=before.pk)
    if conversation is None:
        raise _unavailable(help_request)
    notify.offered(conversation, by=by, to=help_request.user_id)
    return Offer(conversation, created=True)


def _unavailable(help_request: HelpRequest) -> HelpRequestUnavailable:
    """It was closed, or nobody closed it and its time is over."""
    has_run_out = help_request.status in TAKES_OFFERS
    return (HelpRequestHasRunOut if has_run_out else HelpRequestUnavailable)(help_request.category)


def _was_offered_again_with(text: str, conversation: Any, by: Member) -> bool:
    again = OfferAnswer.objects.filter(conversation_id=conversation.pk, kind=OfferAnswer.Kind.OFFERED)
    since = again.order_by("-at").values_list("at", flat=True).first()
    if since is None:
        return False
    return conversation.messages.filter(sender=by, content=text, created_at__gte=since).exists()


def _offer_again(conversation: Any, help_request: HelpRequest, *, by: Member, text: str) -> Offer:
    limits.OFFERS.take(by.pk)  # a refusal below gives it back
    if not help_request.takes_offers:
        raise _unavailable(help_request)
    with acting_as(by):
        locked = lock_either(conversation.pk, by)
        if not locked.is_open:  # either of the two re-opens it, so whoever offers again does
            Conversation.objects.filter(pk=conversation.pk).update(status=Conversation.Status.ACTIVE)
        answer = OfferAnswer.objects.write(conversation.pk, OfferAnswer.Kind.OFFERED, by=by)
        write(locked, by=by, text=text)
    notify.offered(locked, by=by, to=help_request.user_id, about=answer.pk)
    return OfferedAgain(conversation, created=False)


@or_in_version_1(legacy.send_message)
@transaction.atomic
def send_message(conversation_id: UUID, *, by: Member, text: str, id: UUID | None = None) -> Sent:
    """Write in a conversation (1 to 1000 code points). With an id from the client, sending twice writes once.

    After a "no thanks" the helper has one last message, and one more for each of the requester's. Raises
    ValidationFailed, ConversationNotFound, UserRestricted, IdempotencyConflict, RateLimited, ConversationArchived,
    ConversationDeclined.
    """
    text = cleaned("content", text, *MESSAGE_LENGTH)
    Member.objects.locked(by)[by.pk].refuse_unless_approved()
    message = before = None
    with acting_as(by):
        conversation = lock(conversation_id, by)
        is_over = OfferAnswer.objects.last_word_is_said(conversation.pk, by=by)
        if conversation.is_open and not is_over:
            message = Message.objects.write(conversation, sender=by, text=text, id=id)
        if message is None and id is not None:
            before = Message.objects.filter(pk=id, conversation=conversation, sender=by, content=text).first()
    if before:
        return Sent(before, created=False)
    left = limits.MESSAGES.take(by.pk)  # a refusal below gives it back
    if not conversation.is_open:
        raise archived(conversation)
    if is_over:
        raise ConversationDeclined
    if message is None:
        raise IdempotencyConflict
    notify.wrote(conversation, by=by, to=conversation.other_id)
    return Sent(message, created=True, left=left)


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
        has_moved = ReadMarker.objects.move(conversation.pk, member=by, up_to=seen_at)
    if has_moved:
        notify.read(conversation, by_both=[conversation.requester_id, conversation.helper_id])
    notifications.read_about(by.pk, conversation_id=conversation_id)


def cleaned(field: str, text: str, fewest: int, most: int) -> str:
    """The text as it is kept. Raises ValidationFailed with this field's one fault."""
    text = texts.clean(text)
    problem = texts.problem_with(text, fewest, most)
    if problem:
        raise ValidationFailed([texts.as_error(field, problem, fewest, most)])
    return text


LOCK_MEMBER_AND_HELP_REQUEST = """
SELECT help_requests.*, members.verification_status, members.restriction, members.warned_at, members.leaving_at,
       members.left_at
FROM members CROSS JOIN help_requests WHERE members.id = %s AND help_requests.id = %s
FOR NO KEY UPDATE
"""

STANDING = ("verification_status", "restriction", "warned_at", "leaving_at", "left_at")


def _lock_member_and_help_request(by: Member, help_request_id: UUID) -> tuple[Member, HelpRequest]:
    """Both rows as they are now, so that neither a restriction nor a closing can slip in between check and write.

    One statement, members first: the order in which every verb takes them.
    """
    locked = list(HelpRequest.objects.raw(LOCK_MEMBER_AND_HELP_REQUEST, [by.pk, help_request_id]))
    if not locked:
        Member.objects.locked(by)[by.pk].refuse_unless_free_to_start()
        raise HelpRequestNotFound
    row: Any = locked[0]
    return Member(**{name: getattr(row, name) for name in STANDING}), row


# By hand, as every lock here: to put the statement together took longer than the lock.
# Not FOR SHARE: under that two senders would wait for each other for ever.
LOCK_CONVERSATION = """
SELECT id, help_request_id, requester_id, helper_id, status,
       status = 'active' AS is_open, CASE helper_id WHEN %(me)s THEN requester_id ELSE helper_id END AS other_id
FROM conversations_v2 WHERE id = %(id)s AND %(me)s IN (requester_id, helper_id) FOR NO KEY UPDATE
"""


def lock(conversation_id: UUID, by: Member) -> Any:
    """The conversation as it is now, with `is_open` and `other_id`. Raises ConversationNotFound."""
    locked = list(Conversation.objects.raw(LOCK_CONVERSATION, {"id": conversation_id, "me": by.pk}))
    if not locked:
        raise ConversationNotFound
    return locked[0]


# In whichever version the conversation is.
lock_either = or_in_version_1(legacy.lock)(lock)


def write(conversation: Any, *, by: Member, text: str) -> None:
    """A message in a conversation of either version, which the caller has locked and found open."""
    if conversation.version == "v1":
        legacy.write(conversation, sender=by, recipient_id=conversation.other_id, text=text)
    else:
        Message.objects.write(conversation, sender=by, text=text, id=None)


@transaction.atomic
def _set_status(conversation_id: UUID, by: Member, status: str) -> None:
    Member.objects.locked(by)
    with acting_as(by):
        conversation = lock(conversation_id, by)
        if conversation.status == status:
            return
        if status == Conversation.Status.ACTIVE and not may_talk_with(conversation.other_id):
            raise stays_archived(conversation)
        conversation.status = status
        conversation.save(update_fields=["status"])
    notify.status_changed(conversation, by=by, to=conversation.other_id)
