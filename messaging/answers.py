"""Answers to offers: yes, no thanks, taken back, and undone within ten minutes. Each is said once and kept.

That an offer is accepted, the help request alone says, by its helper; everything else is the last thing that was said
(docs/decisions/0009-answers.md). Whoever answers holds the member, the help request, then the conversation.
"""

from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.administrators import LOCKED_OUT
from carecollective.accounts.models import Member
from carecollective.ground import clock, limits
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import (
    ConversationArchived,
    InvalidTransition,
    LegacyReadOnly,
    PermissionDenied,
    Refusal,
)
from carecollective.ground.registry import Many
from carecollective.told.kinds import Reader, What
from carecollective.told.notifications import services as notifications
from helprequests import services as help_request_services
from helprequests.models import HelpRequest

from . import inbox, notify, threads
from .closed import archived, stays_archived
from .models import NOTE, STEPS, UNDO_WITHIN, UNDOABLE, Answer, OfferAnswer, Thread

Said = OfferAnswer.Kind


class NotAsItStands(InvalidTransition):
    message = _("This cannot be done with the offer as it is now.")


class NothingToUndo(InvalidTransition):
    message = _("There is nothing of yours to undo here.")


class TooLateToUndo(InvalidTransition):
    message = _("This can no longer be undone.")


class NoOffer(InvalidTransition):
    message = _("There is no offer in this conversation.")


class HelperIsAway(InvalidTransition):
    message = _("This member cannot help right now. Your request stays open for others.")


class Offer(NamedTuple):
    """Of either version. `about` is the answer that was just said."""

    pk: UUID
    version: str
    help_request_id: UUID
    requester_id: UUID
    helper_id: UUID
    about: UUID | None = None
    # Where it is locked: how it stands, the conversation's row, and why nothing new can be written in it.
    answer: str | None = None
    conversation: Thread | None = None
    closed: Refusal | None = None


# --- In which conversations ------------------------------------------------------------------------------------------

# In every conversation in which help was offered, where `said` is the last answer. Of a request as it was when its row
# was locked: by now it may have lost its helper, so accepted and waiting are asked of the one that is named here.
ACCEPTED = "helper_id = %(helper)s::uuid"
WAITING = "(said IS NULL AND (helper_id = %(helper)s::uuid) IS NOT TRUE)"
CONCERNED = f"({ACCEPTED} OR {WAITING})"
# While the request takes offers; a word of the requester's is an answer too.
UNANSWERED = """
    EXISTS (SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
            AND (hr.expires_at IS NULL OR hr.expires_at > clock_timestamp()))
    AND since <= clock_timestamp() - %(age)s
    AND NOT EXISTS (SELECT FROM thread_messages AS m WHERE m.conversation_id = offers.id
                    AND m.sender_id = offers.requester_id AND m.created_at > offers.since OFFSET 0)
"""
OFFERED = """
SELECT offers.id FROM offers JOIN help_requests AS hr ON hr.id = help_request_id
WHERE is_offer AND offers.helper_id = %(me)s AND hr.status IN ('open', 'in_progress')
    AND (answer IS NULL OR answer = 'accepted') ORDER BY hr.id, offers.id
"""
SAY_IN_ALL = """
INSERT INTO offer_answers (conversation_id, kind, by_id)
SELECT id, %(kind)s, CASE WHEN %(by)s::uuid IN (requester_id, helper_id) THEN %(by)s::uuid END FROM offers
WHERE is_offer AND help_request_id = %(help_request)s AND {which} ORDER BY id
RETURNING conversation_id, (SELECT version FROM threads WHERE threads.id = conversation_id), help_request_id,
          requester_id, helper_id, id
"""


# --- What the two of them say ---------------------------------------------------------------------------------------


@transaction.atomic
def accept(conversation_id: UUID, *, by: Member) -> None:
    """The requester takes the helper on; the request must be open, and the helper still be free to come in.

    Raises ConversationNotFound, PermissionDenied, InvalidTransition, ConversationArchived, LegacyReadOnly.
    """
    offer = locked(conversation_id, by=by)
    _refuse_unless("accept", offer, by)
    _refuse_unless_open(offer)
    _refuse_unless_they_can_help(offer.helper_id)
    help_request_services.accept(offer.help_request_id, helper=Member(pk=offer.helper_id), by=by)
    _say(Said.ACCEPTED, offer, by)


@transaction.atomic
def decline(conversation_id: UUID, *, by: Member, note: str = "") -> None:
    """No thanks, with a message of the requester's (at most 300 code points) if they have one.

    Raises ValidationFailed, RateLimited, and what `accept` does.
    """
    note = NOTE.checked("note", note)
    offer = locked(conversation_id, by=by)
    _refuse_unless("decline", offer, by)
    if note:
        limits.MESSAGES.take(by.pk)  # a refusal below gives it back
        _refuse_unless_open(offer)
    # First the note: what counts as the helper's last word comes after the answer.
    _say(Said.DECLINED, offer, by, note=note)


@transaction.atomic
def withdraw(conversation_id: UUID, *, by: Member) -> None:
    """The helper takes the offer back; where it was accepted, the request is open again. Also in an archived one.

    Raises ConversationNotFound, PermissionDenied, InvalidTransition, RateLimited.
    """
    offer = locked(conversation_id, by=by)
    _refuse_unless("withdraw", offer, by)
    limits.WITHDRAWALS.take(by.pk)  # a refusal below gives it back
    _withdraw(offer, by)


@transaction.atomic
def withdraw_all(*, by: Member) -> None:
    """Whoever leaves takes back every offer that waits or was accepted, in whatever standing they are."""
    with acting_as(by), connection.cursor() as cursor:
        cursor.execute(OFFERED, {"me": by.pk})
        offered = [id for (id,) in cursor.fetchall()]
    for conversation_id in offered:
        with suppress(ConversationArchived):  # of version 1, and blocked: what it still holds is released below
            offer = locked(conversation_id, by=by, in_any_standing=True)
            if offer.answer in STEPS["withdraw"].before:
                _withdraw(offer, by)
    for help_request in HelpRequest.objects.filter(helper=by, status=HelpRequest.Status.IN_PROGRESS).order_by("pk"):
        help_request_services.release(help_request.pk, by=by)


@transaction.atomic
def undo(conversation_id: UUID, *, by: Member) -> None:
    """Take back one's own answer while nothing has followed from it. Raises ConversationNotFound, InvalidTransition."""
    offer = locked(conversation_id, by=by)
    with acting_as(by):
        last = OfferAnswer.objects.latest_in(offer.pk)
    if last is None or last.by_id != by.pk or last.kind not in UNDOABLE:
        raise NothingToUndo
    if last.at < clock.now() - UNDO_WITHIN:
        raise TooLateToUndo
    if last.kind == Said.ACCEPTED:
        help_request_services.take_helper_off(offer.help_request_id, by=by)
    elif last.before == Answer.ACCEPTED:
        help_request_services.put_helper_back(offer.help_request_id, helper_id=offer.helper_id)
    with acting_as(by):
        OfferAnswer.objects.write(offer.pk, Said.UNDONE, by=by)
    notifications.withdraw(about=last.pk)
    notify.happened(offer)


def enough_help(help_request_id: UUID, *, by: Member) -> None:
    """The owner needs no more help: whoever still waits is thanked and told.

    Raises HelpRequestNotFound, PermissionDenied, InvalidTransition.
    """
    help_request_services.enough_help(help_request_id, by=by)


# What is said -> what the other of the two hears.
HEARD = {
    Said.ACCEPTED: (What.ACCEPTED, Reader.HELPER),
    Said.DECLINED: (What.DECLINED, Reader.OFFERER),
    Said.WITHDRAWN: (What.WITHDRAWN, Reader.REQUESTER),
}

# --- What follows from time, and from the help request --------------------------------------------------------------


# --- Reading --------------------------------------------------------------------------------------------------------

# What else happened between the two, in SQL and column by column as above: whoever knows of it registers.
beside: Many[str] = Many()


# --- How it is done -------------------------------------------------------------------------------------------------


def locked(conversation_id: UUID, *, by: Member, in_any_standing: bool = False) -> Offer:
    """The offer as it stands, with everything locked that an answer depends on, or that what is shared does.

    Raises ConversationNotFound, InvalidTransition where there is no offer, and ConversationArchived.
    """
    read_only = threads.read_only_versions()
    with acting_as(by):
        seen = inbox.entry(conversation_id, by=by)
    about = seen.help_request
    if in_any_standing:  # whoever leaves holds their own row already, and another one would come out of order
        Member.objects.locked(by)
    else:  # both, so that neither is gone before this is over
        people = filter(None, (seen.requester_id, seen.helper_id))
        Member.objects.locked(by, *people)[by.pk].refuse_unless_approved()
    if about:
        HelpRequest.objects.select_for_update(no_key=True).filter(pk=about.id).first()
    with acting_as(by):
        conversation = threads.lock(conversation_id, by)
        entry = inbox.entry(conversation_id, by=by)
    if entry.help_request is None or entry.requester_id is None:
        raise NoOffer
    if not conversation.could_be_open:  # blocked, or left: not even its row is theirs to lock
        raise stays_archived(conversation)
    closed: Refusal | None = None if conversation.is_open else archived(conversation)
    return Offer(
        pk=entry.id,
        version=entry.version,
        help_request_id=entry.help_request.id,
        requester_id=entry.requester_id,
        helper_id=entry.helper_id,
        answer=entry.answer,
        conversation=conversation,
        closed=LegacyReadOnly() if entry.version in read_only else closed,
    )


def _withdraw(offer: Offer, by: Member) -> None:
    if offer.answer == Answer.ACCEPTED:
        help_request_services.take_helper_off(offer.help_request_id, by=by)
    _say(Said.WITHDRAWN, offer, by)


def _refuse_unless(step: str, offer: Offer, by: Member) -> None:
    (who,) = STEPS[step].who
    if by.pk != (offer.requester_id if who == "requester" else offer.helper_id):
        raise PermissionDenied
    if offer.answer not in STEPS[step].before or offer.requester_id == offer.helper_id:
        raise NotAsItStands


def _refuse_unless_open(offer: Offer) -> None:
    if offer.closed:
        raise offer.closed


def _refuse_unless_they_can_help(helper_id: UUID) -> None:
    """`locked` holds them: whoever is banned or deleted a moment later is so after a yes."""
    helper = Member.objects.get(pk=helper_id)
    if helper.restriction in LOCKED_OUT or helper.verification_status != Member.Verification.APPROVED:
        raise HelperIsAway


def _say(kind: Said, offer: Offer, by: Member, *, note: str = "") -> None:
    with acting_as(by):
        if note and offer.conversation:
            threads.write(offer.conversation, by=by, text=note)
        answer = OfferAnswer.objects.write(offer.pk, kind, by=by)
    what, reader = HEARD[kind]
    if what == What.WITHDRAWN and offer.answer == Answer.ACCEPTED:
        what = What.STEPPED_BACK
    notify.happened(offer._replace(about=answer.pk), what, reader=reader, by=by.pk)


def say_in_all(kind: str, which: str, help_request: HelpRequest, *, by: Member | None, **values: Any) -> list[Offer]:
    """One answer in each of these conversations on the request, which is locked and as it was; inside a scope."""
    values |= {"kind": kind, "by": by and by.pk, "help_request": help_request.pk, "helper": help_request.helper_id}
    with connection.cursor() as cursor:
        cursor.execute(SAY_IN_ALL.format(which=which), values)
        return [Offer(*row) for row in cursor.fetchall()]
