"""Answers to an offer: yes, no thanks, taken back, undone; and how a thread tells what happened."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.identity import acting_as
from carecollective.ground.languages import marked
from carecollective.ground.refusals import (
    ConversationArchived,
    InvalidTransition,
    LegacyReadOnly,
    PermissionDenied,
    RateLimited,
)
from carecollective.ground.sentences import interpolated
from carecollective.ground.texts import isolated
from carecollective.kept_texts import services as kept_texts
from carecollective.web.answers import (
    draft_done,
    kept_text,
    nothing_done,
    say_what_was_written,
    see_other,
    show_again,
    try_again_at,
)
from helprequests import services as help_request_services

from .. import answer_events, answers, inbox
from ..inbox import Person
from ..waiting import awaits_answer
from .forms import NoThanksForm


@members_only
def accept_offer(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST" and _done(request, conversation_id, "accepted", answers.accept):
        conversation = _entry(conversation_id, request.user)
        sentence = _("You accepted this offer. %(name)s has been told, and your request shows that someone is helping.")
        messages.success(request, interpolated(sentence, name=conversation.other_name))
    return _to_the_thread(conversation_id)


@members_only
def decline_offer(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    conversation = _entry(conversation_id, request.user)
    if conversation.helper_id == request.user.pk:
        raise PermissionDenied
    context = {"conversation": conversation, "back_url": _thread_url(conversation_id)}
    if request.method != "POST":
        if not awaits_answer(conversation):
            say_what_was_written(request)
            return _to_the_thread(conversation_id)
        return render(request, "messaging/decline.html", context | {"form": NoThanksForm(initial=kept_text(request))})
    form = NoThanksForm(request.POST)
    if not form.is_valid():
        return show_again(request, "messaging/decline.html", context | {"form": form})
    note = form.cleaned_data["note"]
    try:
        is_done = _done(request, conversation_id, "declined", answers.decline, note=note)
    except RateLimited as refusal:
        form.add_error("note", _("You can send more at %(time)s.") % {"time": try_again_at(refusal)})
        return show_again(request, "messaging/decline.html", context | {"form": form}, refusal)
    if is_done:
        sentence = _("You said no thanks. %(name)s has been told.")
        messages.success(request, interpolated(sentence, name=conversation.other_name))
    elif note and note != getattr(_entry(conversation_id, request.user).last_message, "content", ""):  # none is lost
        kept_texts.hand_over(request.user, _thread_url(conversation_id), {"content": note})
    return draft_done(_to_the_thread(conversation_id), f"decline:{conversation_id}")


@members_only
def withdraw_offer(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    conversation = _entry(conversation_id, request.user)
    if conversation.helper_id != request.user.pk:
        raise PermissionDenied
    name, is_helping = conversation.other_name, conversation.answer == "accepted"
    if request.method == "POST":
        if _done(request, conversation_id, "withdrawn", answers.withdraw):
            messages.success(request, interpolated(STEPPED_BACK if is_helping else TAKEN_BACK, name=name))
        return _to_the_thread(conversation_id)
    if not is_helping and not awaits_answer(conversation):
        return _to_the_thread(conversation_id)
    if is_helping:
        words: dict[str, Any] = {
            "title": _("Step back from helping %(name)s?") % {"name": isolated(name)},
            "sentences": [
                interpolated(_("We let %(name)s know, and the request opens again for other helpers."), name=name),
                _("You can still write to each other, and you can offer again."),
            ],
            "button": _("Step back"),
        }
    else:
        words = {
            "title": _("Withdraw your offer?"),
            "sentences": [
                interpolated(_("We let %(name)s know. What you both wrote stays in the conversation."), name=name),
                _("You can still write to each other, and you can offer again."),
            ],
            "button": _("Withdraw my offer"),
        }
    words |= {"back_url": _thread_url(conversation_id), "back_text": _("Back to the conversation"), "stops": True}
    return render(request, "confirm.html", words)


TAKEN_BACK = gettext_lazy("You withdrew your offer. %(name)s has been told.")
STEPPED_BACK = gettext_lazy("You stepped back. %(name)s has been told, and the request is open for other helpers.")


@members_only
def undo_answer(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        try:
            answers.undo(conversation_id, by=request.user)
        except InvalidTransition:
            # The second of two clicks finds nothing to undo either, so the sentence must be true after both.
            messages.info(request, _("There is nothing to undo here now. This is how things are."))
        else:
            messages.success(request, _("Undone. Everything is as it was before."))
    return _to_the_thread(conversation_id)


@members_only
def enough_help(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    help_request = help_request_services.find(help_request_id, by=request.user)
    if help_request.user_id != request.user.pk:
        raise PermissionDenied
    here = reverse("messaging:read-request", args=[help_request_id])
    if request.method == "POST":
        answers.enough_help(help_request_id, by=request.user)
        messages.success(request, _("Everyone who was waiting for your answer has been told, with your thanks."))
        return see_other(here)
    words = {
        "title": _("Do you have enough help?"),
        "sentences": [
            _("We thank everyone whose offer still waits, and tell them that you have enough help."),
            _("Anyone who is already helping you keeps helping."),
        ],
        "button": _("I have enough help"),
        "back_url": here,
        "back_text": marked(help_request.title, help_request.lang),
    }
    return render(request, "confirm.html", words)


def _done(
    request: MemberRequest, conversation_id: uuid.UUID, wanted: str, verb: Callable[..., None], **more: Any
) -> bool:
    """Whether this answer is given now. If not, the next page says so; a second click says nothing."""
    try:
        verb(conversation_id, by=request.user, **more)
    except (ConversationArchived, InvalidTransition, LegacyReadOnly):
        if _entry(conversation_id, request.user).answer != wanted:
            nothing_done(request)
        return False
    return True


def _entry(conversation_id: uuid.UUID, member: Member) -> inbox.Entry:
    with acting_as(member):
        return inbox.entry(conversation_id, by=member)


def _thread_url(conversation_id: uuid.UUID) -> str:
    return reverse("messaging:read-conversation", args=[conversation_id])


def _to_the_thread(conversation_id: uuid.UUID) -> HttpResponse:
    return see_other(_thread_url(conversation_id))


# --- What happened, inside the thread ---------------------------------------------------------------------------------

# Kind -> icon, what whoever did it reads, what the other reads, what both read where neither of them did it. What the
# one who is away reads of it elsewhere stands in `carecollective/told/notifications/table.py`.
SENTENCES: dict[str, tuple[str, Any, Any, Any]] = {
    "accepted": ("check", gettext_lazy("You accepted this offer"), gettext_lazy("%(name)s accepted your offer"), None),
    "declined": ("minus", gettext_lazy("You said no thanks"), gettext_lazy("%(name)s said no thanks"), None),
    "enough_help": (
        "hands",
        gettext_lazy("You said that you have enough help"),
        gettext_lazy("%(name)s has enough help now"),
        None,
    ),
    "withdrawn": (
        "back",
        gettext_lazy("You withdrew your offer"),
        gettext_lazy("%(name)s can't help after all"),
        None,
    ),
    "released": (
        "back",
        gettext_lazy("You opened the request for other helpers"),
        gettext_lazy("%(name)s opened the request for other helpers"),
        None,
    ),
    "stepped_back": (
        "back",
        gettext_lazy("You stepped back. The request is open again"),
        gettext_lazy("%(name)s can't help after all. The request is open again"),
        None,
    ),
    "lapsed": ("clock", None, None, gettext_lazy("This offer ran out: it had no answer for 14 days")),
    "offered": (
        "hands",
        gettext_lazy("You offered to help again"),
        gettext_lazy("%(name)s offered to help again"),
        None,
    ),
    "undone": ("back", gettext_lazy("You undid that"), gettext_lazy("%(name)s undid that"), None),
    "completed": (
        "check",
        gettext_lazy("You marked the request as done"),
        gettext_lazy("%(name)s marked the request as done"),
        gettext_lazy("The request was marked as done"),
    ),
    "cancelled": (
        "minus",
        gettext_lazy("You closed the request"),
        gettext_lazy("The request was closed by %(name)s"),
        gettext_lazy("The request was closed"),
    ),
    "reopened": (
        "circle",
        gettext_lazy("You opened the request again"),
        gettext_lazy("The request was opened again by %(name)s"),
        gettext_lazy("The request was opened again"),
    ),
    "closed": ("minus", None, None, gettext_lazy("The team closed the request")),
    "shared_phone": (
        "phone",
        gettext_lazy("You shared your phone number"),
        gettext_lazy("%(name)s shared a phone number"),
        None,
    ),
    "shared_place": (
        "place",
        gettext_lazy("You shared an address or meeting place"),
        gettext_lazy("%(name)s shared an address or meeting place"),
        None,
    ),
    "stopped_phone": (
        "minus",
        gettext_lazy("You stopped sharing your phone number"),
        gettext_lazy("%(name)s stopped sharing a phone number"),
        None,
    ),
    "stopped_place": (
        "minus",
        gettext_lazy("You stopped sharing an address or meeting place"),
        gettext_lazy("%(name)s stopped sharing an address or meeting place"),
        None,
    ),
}


class Happened(NamedTuple):
    """A change of state in a sentence for its reader. It stands between the messages, and is none."""

    id: uuid.UUID
    created_at: datetime
    icon: str
    words: str


def said_in_order(
    said: list[Any],
    events: Iterable[answer_events.Event],
    *,
    reader: Member,
    other: Person | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Any]:
    """Messages and what happened between them, oldest first; of what happened, only what falls on this page."""
    happened = (
        _happened(event, reader, other)
        for event in events
        if (since is None or event.at >= since) and (until is None or event.at < until)
    )
    return sorted([*said, *happened], key=lambda thing: thing.created_at)


def _happened(event: answer_events.Event, reader: Member, other: Person | None) -> Happened:
    icon, own, others, nobodys = SENTENCES["stepped_back" if event.is_stepping_back else event.kind]
    sentence = nobodys if event.by_id is None else own if event.by_id == reader.pk else others
    name = other.name if other and other.posted_for and other.id == event.by_id else event.by_name
    return Happened(event.id, event.at, icon, str(sentence) % {"name": isolated(name or "")})
