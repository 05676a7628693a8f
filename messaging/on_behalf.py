"""Offers on what the team asks for somebody (a shared inbox): every coordinator reads and answers in the team's name.

A conversation is between two. On such a request one of them is the team: its account is the one of whoever posted, and
what a coordinator says there is said as that account. Who really said it is in the audit, message by message.
"""

from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.audit import services as audit
from carecollective.audit.models import Entry as Written
from carecollective.audit.models import Kind
from carecollective.ground import texts
from carecollective.ground.identity import acting_as_staff
from carecollective.ground.refusals import (
    ConversationNotFound,
    InvalidTransition,
    NotApproved,
    PermissionDenied,
    UserRestricted,
    ValidationFailed,
)
from helprequests.models import TAKES_OFFERS
from helprequests.on_behalf import PERMISSION as PERMISSION

from . import answers, services
from .models import Conversation, OfferAnswer
from .thread import Thread, thread

ACTS = ("message", "accept", "decline")
OWN_OFFER = _("This is your own offer. Someone else on the team answers it.")
POSTER_IS_AWAY = _("Whoever posted this cannot take part right now, so it cannot be answered. Ask an administrator.")


class TeamThread(NamedTuple):
    """`wrote` says by whom each message of the team's was written, by its id, where it was not the poster."""

    thread: Thread
    posted_for: str
    poster: Member
    wrote: dict[str, str]


def under_way() -> QuerySet[Any]:
    """Conversations on what the team asks, while there is something to do; `answer` is null while one waits for it.

    In the staff's scope: who offered and when, and no word of it.
    """
    latest = OfferAnswer.objects.filter(conversation_id=OuterRef("pk")).order_by("-at").values("answer")[:1]
    found = Conversation.objects.filter(help_request__status__in=TAKES_OFFERS, status=Conversation.Status.ACTIVE)
    found = found.exclude(help_request__on_behalf=None).annotate(
        answer=Subquery(latest), posted_for=F("help_request__on_behalf__shown_name")
    )
    return found.order_by("created_at", "pk")


def waiting() -> QuerySet[Any]:
    """Of those, the offers that wait: none of the request's others is accepted, and nobody has answered."""
    return under_way().filter(answer=None, help_request__status="open")


@transaction.atomic
def read(conversation_id: UUID, *, by: Member, before: str | None = None) -> TeamThread:
    """The conversation as whoever posted reads it. Who looked is written down.

    Raises PermissionDenied, ConversationNotFound, InvalidCursor.
    """
    poster, posted_for = _poster(conversation_id, by)
    found = thread(conversation_id, by=poster, before=before)
    with acting_as_staff(by, "who wrote in the team's name"):
        signed = Written.objects.filter(kind=Kind.ANSWERED_FOR_TEAM, about_id=conversation_id, codes__contains=" ")
        wrote = {codes.partition(" ")[2]: name for codes, name in signed.values_list("codes", "actor__name")}
    audit.record(Kind.ANSWERED_FOR_TEAM, by=by, about=conversation_id, codes="read")
    return TeamThread(found, posted_for, poster, wrote)


@transaction.atomic
def answer(conversation_id: UUID, act: str, *, by: Member, text: str = "") -> None:
    """Say something in the team's name: a message, a yes, or a no with or without a word.

    Raises PermissionDenied, ConversationNotFound, ValidationFailed, InvalidTransition, and what a member's own would.
    """
    poster, _posted_for = _poster(conversation_id, by)
    message_id = ""
    try:
        if act == "message":
            message_id = str(services.send_message(conversation_id, by=poster, text=text).message.id)
        elif act == "accept":
            answers.accept(conversation_id, by=poster)
        elif act == "decline":
            answers.decline(conversation_id, by=poster, note=text)
        else:
            raise ValidationFailed([texts.as_error("act", "not_a_choice", 0, 0)])
    except (UserRestricted, NotApproved):
        raise InvalidTransition(POSTER_IS_AWAY) from None
    audit.record(Kind.ANSWERED_FOR_TEAM, by=by, about=conversation_id, codes=f"{act} {message_id}".strip())


def _poster(conversation_id: UUID, by: Member) -> tuple[Member, str]:
    """Whose account speaks for the team there, and for whom."""
    by = Member.objects.get(pk=by.pk)  # as they are now: whoever left the team a moment ago reads nothing
    by.refuse_unless_approved()
    if not (by.is_staff and by.has_perm(PERMISSION)):
        raise PermissionDenied
    with acting_as_staff(by, "whose account speaks for the team"):
        found = Conversation.objects.filter(pk=conversation_id).exclude(help_request__on_behalf=None)
        known = found.values_list("requester_id", "helper_id", "help_request__on_behalf__shown_name").first()
    if known is None:
        raise ConversationNotFound
    poster_id, helper_id, posted_for = known
    if helper_id == by.pk:
        raise PermissionDenied(OWN_OFFER)
    return Member.objects.get(pk=poster_id), posted_for
