"""What members can do in messaging: lock, check, write, tell. All of it or none."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db import transaction

from carecollective.accounts.models import Block, Member
from carecollective.ground import limits
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as, as_the_login, is_reading
from carecollective.ground.refusals import (
    ConversationArchived,
    ConversationDeclined,
    ConversationExists,
    ConversationNotFound,
    HelpRequestHasRunOut,
    HelpRequestNotFound,
    HelpRequestUnavailable,
    IdempotencyConflict,
    LegacyReadOnly,
    OwnHelpRequest,
    Refusal,
)
from carecollective.ground.standing import Standing
from carecollective.told.notifications import services as notifications
from helprequests.models import TAKES_OFFERS, HelpRequest

from . import notify, threads
from .closed import archived
from .models import STEPS, Conversation, Message, Offer, OfferAnswer, Talk, Thread, ThreadMessage


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of an offer of help: Begun, Again or Same."""

    conversation: threads.Begun
    created: ClassVar[bool] = False


class Begun(Offered):
    """A new conversation."""

    created = True


class Again(Offered):
    """It was over, and waits for an answer once more."""


class Same(Offered):
    """It was sent before."""


class Marked(NamedTuple):
    """What was unread until now."""

    messages: bool
    notices: bool


class Sent(NamedTuple):
    message: Any  # of its own version
    created: bool
    left: int | None = None  # how many more there may be within the minute


@transaction.atomic
def offer_help(help_request_id: UUID, *, by: Member, text: str, version: str = "v2") -> Offered:
    """Begin the one conversation of this helper on this request with its first message (10 to 1000 code points).

    `version` is where a new one begins ("v1" while version 1 can be written); one that there is keeps its own.
    The same text again is the same offer; after one that was taken back, released or lapsed, any text is a message in
    its conversation, and the offer waits again. Raises ValidationFailed, UserRestricted, HelpRequestNotFound,
    OwnHelpRequest, HelpRequestUnavailable, ConversationExists (with `conversation_id`), RateLimited.
    """
    text = rule_of(Conversation, "initial_message").checked("initial_message", text)
    standing, help_request = _lock_member_and_help_request(by, help_request_id)
    standing.refuse_unless_free_to_start()
    if help_request.user_id == by.pk:
        raise OwnHelpRequest
    begun, before = _begun_or_before(help_request, version, by, text)
    if before:
        return _once_more(before, help_request, by=by, text=text)
    limits.OFFERS.take(by.pk)  # a refusal below gives it back
    if begun is None:
        raise _unavailable(help_request)
    notify.offered(begun, by=by, to=help_request.user_id)
    return Begun(begun)


class Before(NamedTuple):
    """The conversation that there is, how its offer stands, and whether it was begun or gone on with by this text."""

    conversation: threads.Begun
    answer: str | None
    is_the_same: bool


def _begun_or_before(
    help_request: HelpRequest, version: str, by: Member, text: str
) -> tuple[threads.Begun | None, Before | None]:
    """A new conversation, or the one that there is on this request, or neither.

    What an older version has stands in the way of a new one; that there is one in the newest, its begin finds out.
    """
    read_only = threads.read_only_versions()
    newest, *older = threads.hands
    begin = threads.hand_of(newest.version if version in read_only else version).begin
    with acting_as(by):
        found = (
            hand.offered_before(help_request, helper=by, text=text) for hand in older if hand.version not in read_only
        )
        in_older = next(filter(None, found), None)
        begun = begin(help_request, helper=by, text=text) if in_older is None and help_request.takes_offers else None
        if begun:
            return begun, None
        is_blocked = Block.objects.between(by.pk, help_request.user_id).exists()
        in_newest = newest.offered_before(help_request, helper=by, text=text)
        is_older = in_older and (in_newest is None or in_older.initial_message == text)
        before = _before(in_older if is_older else in_newest, by, text)
    if is_blocked:  # the request of somebody with whom there is a block is not there
        raise HelpRequestNotFound
    return None, before


def _before(conversation: threads.Begun | None, by: Member, text: str) -> Before | None:
    if conversation is None:
        return None
    answer = Offer.objects.get(pk=conversation.pk).answer
    is_the_same = conversation.initial_message == text or _was_offered_again_with(text, conversation, by)
    return Before(conversation, answer, is_the_same)


def _once_more(before: Before, help_request: HelpRequest, *, by: Member, text: str) -> Offered:
    if before.answer in STEPS["offer again"].before:
        return _offer_again(before.conversation, help_request, by=by, text=text)
    if before.is_the_same:
        return Same(before.conversation)
    limits.OFFERS.take(by.pk)  # the refusal gives it back
    raise ConversationExists(conversation_id=before.conversation.pk)


def _unavailable(help_request: HelpRequest) -> HelpRequestUnavailable:
    """It was closed, or nobody closed it and its time is over."""
    has_run_out = help_request.status in TAKES_OFFERS
    return (HelpRequestHasRunOut if has_run_out else HelpRequestUnavailable)(help_request.category)


def _was_offered_again_with(text: str, conversation: Talk, by: Member) -> bool:
    again = OfferAnswer.objects.filter(conversation_id=conversation.pk, kind=OfferAnswer.Kind.OFFERED)
    since = again.order_by("-at").values_list("at", flat=True).first()
    if since is None:
        return False
    said = ThreadMessage.objects.filter(conversation=conversation.pk, sender=by, content=text, created_at__gte=since)
    return said.exists()


def _offer_again(conversation: threads.Begun, help_request: HelpRequest, *, by: Member, text: str) -> Again:
    limits.OFFERS.take(by.pk)  # a refusal below gives it back
    if not help_request.takes_offers:
        raise _unavailable(help_request)
    with acting_as(by):
        locked = threads.lock(conversation.pk, by)
        if not locked.is_open:  # either of the two re-opens it, so whoever offers again does
            threads.hand_of(locked.version).set_open(locked, is_open=True)
        answer = OfferAnswer.objects.write(conversation.pk, OfferAnswer.Kind.OFFERED, by=by)
        threads.write(locked, by=by, text=text)
    notify.offered(locked, by=by, to=help_request.user_id, about=answer.pk)
    return Again(conversation)


@transaction.atomic
def send_message(conversation_id: UUID, *, by: Member, text: str, id: UUID | None = None) -> Sent:
    """Write in a conversation (1 to 1000 code points). With an id from the client, sending twice writes once.

    After a "no thanks" the helper has one last message, and one more for each of the requester's. Raises
    ValidationFailed, ConversationNotFound, UserRestricted, IdempotencyConflict, RateLimited, LegacyReadOnly,
    ConversationArchived, ConversationDeclined.
    """
    text = rule_of(Message, "content").checked("content", text)
    Member.objects.locked(by)[by.pk].refuse_unless_approved()
    message = before = None
    with acting_as(by):
        thread = threads.lock(conversation_id, by)
        refusal = _refusal_to_write(thread)
        if refusal is None:
            message = threads.write(thread, by=by, text=text, id=id)
        if message is None and id is not None:
            before = threads.hand_of(thread.version).written(thread, id, by=by, text=text)
        if message is None and refusal is None and OfferAnswer.objects.last_word_is_said(thread.pk, by=by):
            refusal = ConversationDeclined
    if before:
        return Sent(before, created=False)
    left = limits.MESSAGES.take(by.pk)  # a refusal below gives it back
    if refusal is ConversationArchived:
        raise archived(thread)
    if refusal or message is None:
        raise refusal or IdempotencyConflict
    notify.wrote(thread, by=by, to=thread.other_id)
    return Sent(message, created=True, left=left)


def _refusal_to_write(thread: Thread) -> type[Refusal] | None:
    if threads.is_read_only(thread.version):
        return LegacyReadOnly
    return None if thread.is_open else ConversationArchived


def archive(conversation_id: UUID, *, by: Member) -> None:
    """Close the conversation for writing, for both. Raises ConversationNotFound, LegacyReadOnly."""
    _set_open(conversation_id, by, is_open=False)


def reopen(conversation_id: UUID, *, by: Member) -> None:
    """Raises ConversationNotFound, LegacyReadOnly, and ConversationArchived where it stays as it is."""
    _set_open(conversation_id, by, is_open=True)


def mark_read(conversation_id: UUID, *, by: Member, up_to: UUID) -> Marked:
    """Everything up to this message is read; the conversation's own id names the first message.

    A page that is being read may call it. Raises ConversationNotFound, MessageNotFound.
    """
    with transaction.atomic(savepoint=not is_reading()):
        return _mark_read(conversation_id, by, up_to)


def _mark_read(conversation_id: UUID, by: Member, up_to: UUID) -> Marked:
    with acting_as(by):
        for hand in threads.in_turn():
            hear_of_it = hand.mark_read(conversation_id, by=by, up_to=up_to)
            if hear_of_it is not None:
                break
        else:
            raise ConversationNotFound
    if hear_of_it:
        as_the_login(partial(notify.read, conversation_id, hand.version, by_both=hear_of_it))
    return Marked(bool(hear_of_it), notifications.read_about(by.pk, conversation_id=conversation_id))


LOCK_MEMBER_AND_HELP_REQUEST = """
SELECT help_requests.*, members.verification_status, members.restriction, members.warned_at, members.leaving_at
FROM members CROSS JOIN help_requests WHERE members.id = %s AND help_requests.id = %s
FOR NO KEY UPDATE
"""

STANDING = ("verification_status", "restriction", "warned_at", "leaving_at")


def _lock_member_and_help_request(by: Member, help_request_id: UUID) -> tuple[Standing, HelpRequest]:
    """Both rows as they are now, so that neither a restriction nor a closing can slip in between check and write.

    One statement, members first: the order in which every verb takes them.
    """
    locked = list(HelpRequest.objects.raw(LOCK_MEMBER_AND_HELP_REQUEST, [by.pk, help_request_id]))
    if not locked:
        Member.objects.locked(by)[by.pk].refuse_unless_free_to_start()
        raise HelpRequestNotFound
    row: Any = locked[0]
    return Standing(**{name: getattr(row, name) for name in STANDING}), row


@transaction.atomic
def _set_open(conversation_id: UUID, by: Member, *, is_open: bool) -> None:
    Member.objects.locked(by)
    for hand in threads.in_turn():
        if is_open:
            hand.hold(conversation_id, by)
        with acting_as(by):
            thread = hand.lock(conversation_id, by)
            if thread is None:
                continue
            if hand.is_read_only():
                raise LegacyReadOnly
            has_changed = hand.set_open(thread, is_open=is_open)
        if has_changed:
            notify.status_changed(thread, by=by, to=thread.other_id)
        return
    raise ConversationNotFound
