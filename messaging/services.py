"""What members can do in messaging: lock, check, write, tell. All of it or none."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db import transaction

from carecollective.accounts.models import Member
from carecollective.ground import limits
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as, as_the_login, is_reading, until_the_commit
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
from carecollective.ground.round_trips import Asked, OneTrip
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications
from carecollective.told.notifications.telling import Telling
from helprequests.models import TAKES_OFFERS, HelpRequest

from . import notify, threads
from .begun import Before, begun_or_before, lock_asked
from .closed import archived
from .models import STEPS, Conversation, Message, OfferAnswer, Thread


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
    begun = before = None
    telling = Telling(What.OFFERED)
    with OneTrip() as trip:
        asked = lock_asked(by, help_request_id)
        counted = limits.OFFERS.ask(by.pk)
        with acting_as(by):
            older = threads.offers_asked(help_request_id, by=by, text=text)
            trip.end()
            if locked := asked():
                standing, help_request = locked
                standing.refuse_unless_free_to_start()
                if help_request.user_id == by.pk:
                    raise OwnHelpRequest
                found, begin = older(help_request), threads.hand_that_begins(version)
                begun, before = begun_or_before(help_request, begin, by=by, text=text, older=found, telling=telling)
                _end_with_the_commit(telling, counted)
    if locked is None:
        raise _no_request(by)
    if before:
        return _once_more(before, help_request, by=by, text=text, counted=counted)
    limits.OFFERS.take(by.pk, asked=counted)  # a refusal below gives it back
    if begun is None:
        raise _unavailable(help_request)
    if not telling.is_done:
        notify.offered(begun, by=by, to=help_request.user_id)
    return Begun(begun)


def _once_more(before: Before, help_request: HelpRequest, *, by: Member, text: str, counted: Asked | None) -> Offered:
    if before.answer not in STEPS["offer again"].before and before.is_the_same:
        limits.OFFERS.untake(by.pk, asked=counted)
        return Same(before.conversation)
    limits.OFFERS.take(by.pk, asked=counted)  # a refusal below gives it back
    if before.answer not in STEPS["offer again"].before:
        raise ConversationExists(conversation_id=before.conversation.pk)
    return _offer_again(before.conversation, help_request, by=by, text=text)


def _unavailable(help_request: HelpRequest) -> HelpRequestUnavailable:
    """It was closed, or nobody closed it and its time is over."""
    has_run_out = help_request.status in TAKES_OFFERS
    return (HelpRequestHasRunOut if has_run_out else HelpRequestUnavailable)(help_request.category)


def _offer_again(conversation: threads.Begun, help_request: HelpRequest, *, by: Member, text: str) -> Again:
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
    telling = Telling(What.WROTE)
    with OneTrip() as trip:
        caller = Member.objects.lock_asked(by)
        counted = limits.MESSAGES.ask(by.pk)
        with acting_as(by):
            asked = threads.lock_asked(conversation_id, by)
            trip.end()
            caller().refuse_unless_approved()
            thread = asked()
            message, refusal = _write(thread, by=by, text=text, id=id, telling=telling)
            before = None if message else _written_before(thread, id, by=by, text=text)
            _end_with_the_commit(telling, counted)
    if before:
        limits.MESSAGES.untake(by.pk, asked=counted)
        return Sent(before, created=False)
    left = limits.MESSAGES.take(by.pk, asked=counted)  # a refusal below gives it back
    if refusal is ConversationArchived:
        raise archived(thread)
    if refusal:
        raise refusal
    if not telling.is_done:
        notify.wrote(thread, by=by, to=thread.other_id)
    return Sent(message, created=True, left=left)


def _write(
    thread: Thread, *, by: Member, text: str, id: UUID | None, telling: Telling
) -> tuple[Any, type[Refusal] | None]:
    """The new message, or why there is none."""
    refusal = _refusal_to_write(thread)
    if refusal:
        return None, refusal
    if message := threads.write(thread, by=by, text=text, id=id, telling=telling):
        return message, None
    is_over = OfferAnswer.objects.last_word_is_said(thread.pk, by=by)
    return None, ConversationDeclined if is_over else IdempotencyConflict


def _written_before(thread: Thread, id: UUID | None, *, by: Member, text: str) -> Any:
    return id and threads.hand_of(thread.version).written(thread, id, by=by, text=text)


def _end_with_the_commit(telling: Telling, counted: Asked | None) -> None:
    """Where all is written, told and counted, the login has nothing more to do."""
    if telling.is_done and (counted is None or counted()):
        until_the_commit()


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


def _no_request(by: Member) -> Refusal:
    """How the member stands comes first. Raises Unauthorized, UserRestricted and the like."""
    Member.objects.locked(by)[by.pk].refuse_unless_free_to_start()
    return HelpRequestNotFound()


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
