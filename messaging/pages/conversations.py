"""The list of conversations, and one conversation: as pages, and the parts of them that an open page asks for again."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from carecollective.accounts.models import may_talk_with
from carecollective.accounts.standing import members_only
from carecollective.ground import limits
from carecollective.ground.identity import reading_as
from carecollective.ground.refusals import (
    ConversationArchived,
    ConversationDeclined,
    HelpRequestNotFound,
    IdempotencyConflict,
    LegacyReadOnly,
    MemberHasLeft,
    MessageNotFound,
    RateLimited,
    Refusal,
)
from carecollective.kept_texts import services as kept_texts
from carecollective.told.notifications import services as notifications
from carecollective.web.answers import (
    UNPROCESSABLE,
    draft_done,
    is_fetched_ahead,
    kept_text,
    see_other,
    show_again,
    try_again_at,
)
from carecollective.web.limits_in_words import few_left
from carecollective.web.whole_page import keep_counts
from helprequests import services as help_request_services

from .. import answer_events, services, threads
from .. import inbox as inboxes
from ..counts import counts_and_archived
from ..models import STEPS, UNDO_WITHIN, Conversation
from ..reports.services import what_the_team_knows
from ..seen import seen_in_v1, seen_up_to
from ..sharing.pages.panel import panel as sharing_panel
from ..thread import PAGE_SIZE, moment_of, thread
from ..waiting import last_word_is_said
from .answering import said_in_order
from .forms import MessageForm

ACTIVE = Conversation.Status.ACTIVE


@require_safe
@members_only
def read_conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """The newest page of it, or one further back; an open thread asks for that as a part to put above its own."""
    is_part = request.htmx and request.GET.get("before")
    context = _thread_page(request, conversation_id, further=None if is_part else _looked_at)
    if is_part:
        return render(request, "messaging/_earlier.html", context)
    if context["is_newest"]:
        context |= _with_kept_text(request, context)
    return render(request, "messaging/thread.html", context)


def _looked_at(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What is seen here counts as read, and then what stands around the thread is looked up."""
    conversation, kept = context["conversation"], {}
    if context["is_newest"]:
        kept = kept_text(request)
        if not is_fetched_ahead(request):
            if conversation.unread_count:
                services.mark_read(conversation.id, by=request.user, up_to=context["last"].id)
            else:  # an answer is no message, and it is seen here too
                notifications.read_about(request.user.pk, conversation_id=conversation.id)
    return {"kept": kept} | _beside(request, context)


def _with_kept_text(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """In the box; where there is none now, shown with the reason, and kept on where it may be open again."""
    kept = context["kept"]
    if context["can_write"]:
        return {"form": MessageForm(initial=kept | {"client_id": uuid.uuid4()})}
    if not kept.get("content"):
        return {}
    if not context["is_closed"] and context["may_talk"]:
        kept_texts.hand_over(request.user, request.path, {"content": kept["content"]})
    return {"not_sent": _("Nobody can write here right now."), "written": kept["content"]}


@require_safe
@members_only
def new_in_conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """For a thread that is open: what came after its cursor, and what may have changed around it.

    Nothing is read by being fetched; what somebody has seen, the page says to `mark_seen`.
    """
    context = _thread_page(request, conversation_id, after=request.GET.get("after"))
    context["form"] = MessageForm(initial={"client_id": uuid.uuid4()})
    return render(request, "messaging/_new.html", context)


@members_only
def mark_seen(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        return see_other("messaging:read-conversation", conversation_id)
    up_to = uuid_or_none(request.POST.get("up_to"))
    if up_to is None:
        raise MessageNotFound
    services.mark_read(conversation_id, by=request.user, up_to=up_to)
    return HttpResponse(status=204)


@members_only
def send_message(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        return see_other("messaging:read-conversation", conversation_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        if request.htmx:
            return _problem(UNPROCESSABLE, *form.errors["content"])
        context = _thread_page(request, conversation_id, further=_beside) | {"form": form}
        return show_again(request, "messaging/thread.html", context)
    text, client_id = form.cleaned_data["content"], form.cleaned_data["client_id"]
    try:
        sent = services.send_message(conversation_id, by=request.user, text=text, id=client_id)
    except (ConversationArchived, ConversationDeclined, IdempotencyConflict, LegacyReadOnly, RateLimited) as refusal:
        return _not_sent(request, conversation_id, text, refusal)
    left = few_left(limits.MESSAGES, sent.left)
    if request.htmx:
        context = {"said": [sent.message], "left": left}
        return render(request, "messaging/_sent.html", context, status=201 if sent.created else 200)
    if left:
        messages.info(request, left)
    return draft_done(
        see_other("messaging:read-conversation", conversation_id, after="#newest"), f"message:{conversation_id}"
    )


def _not_sent(request: HttpRequest, conversation_id: uuid.UUID, text: str, refusal: Refusal) -> HttpResponse:
    """The thread with the reason; the text is in the box again, or waits until the conversation is open again.

    A page with scripts shows text and reason where the message stands, and is told the reason alone.
    """
    if isinstance(refusal, ConversationArchived):
        is_for_good = isinstance(refusal, MemberHasLeft)
        reason = refusal.message if is_for_good else _("This conversation was archived while you were writing.")
    elif isinstance(refusal, RateLimited):
        reason = _("You can send more at %(time)s.") % {"time": try_again_at(refusal)}
    elif isinstance(refusal, ConversationDeclined | LegacyReadOnly):
        reason = refusal.message
    else:
        reason = _("You already sent a message from this page. Send this too if you want to say more.")
    if request.htmx:
        return _problem(refusal.status, reason)
    context = _thread_page(request, conversation_id, further=_beside) | {"not_sent": reason}
    if not context["can_write"]:
        context["written"] = text
        here = reverse("messaging:read-conversation", args=[conversation_id])
        if not context["is_closed"] and context["may_talk"]:
            kept_texts.hand_over(request.user, here, {"content": text})
    context["form"] = MessageForm({"content": text, "client_id": uuid.uuid4()})
    return show_again(request, "messaging/thread.html", context, refusal)


def _problem(status: int, detail: Any) -> HttpResponse:
    return JsonResponse({"detail": str(detail)}, status=status)


@members_only
def archive_conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        services.archive(conversation_id, by=request.user)
        messages.success(request, _("Archived. Neither of you can write here until one of you opens it again."))
    return see_other("messaging:read-conversation", conversation_id)


@members_only
def reopen_conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        services.reopen(conversation_id, by=request.user)
        messages.success(request, _("This conversation is open again. Both of you can write."))
    return see_other("messaging:read-conversation", conversation_id)


Further = Callable[[HttpRequest, dict[str, Any]], dict[str, Any]]


def _thread_page(
    request: HttpRequest, conversation_id: uuid.UUID, *, after: str | None = None, further: Further | None = None
) -> dict[str, Any]:
    """All that a thread is drawn from, in one scope; `further` looks up in it what the page shows beside."""
    with reading_as(request.user):
        context = _thread(request, conversation_id, after=after)
        if further:
            context |= further(request, context)
    conversation = context["conversation"]
    if conversation.legacy:  # where the system has to be asked
        context["seen_up_to"] = seen_in_v1(conversation, by=request.user)
    return context


def _thread(request: HttpRequest, conversation_id: uuid.UUID, *, after: str | None) -> dict[str, Any]:
    before = request.GET.get("before")
    with reading_as(request.user):
        shown = thread(conversation_id, by=request.user, before=before, after=after)
        conversation = shown.conversation
        happened = answer_events.events(conversation_id, by=request.user)
        is_over = last_word_is_said(conversation, by=request.user)
        known = what_the_team_knows(conversation_id, by=request.user)
        still = _what_is_still_open(conversation, request.user)
        seen = None if conversation.legacy else seen_up_to(conversation, by=request.user)
    said: list[Any] = list(shown.messages)
    if not shown.before and not after and conversation.initial_message:
        said.insert(0, FirstMessage(conversation))
    is_closed = threads.is_read_only(conversation.version)
    # After a cursor all of it: what happened to the request takes no turn among the messages, and may come out late.
    since = said[0].created_at if shown.before and not after else None
    until = moment_of(before, conversation_id, by=request.user) if before else None
    return {
        "reported": known.reported,
        "opened_by_team": known.opened,
        "conversation": conversation,
        "said": said_in_order(said, happened, reader=request.user, other=conversation.other, since=since, until=until),
        "last": said[-1] if said else None,
        "older": shown.before,
        "after": shown.after,
        "has_more": after and len(shown.messages) == PAGE_SIZE,
        "seen_up_to": seen,
        "is_newest": not before,
        "can_write": conversation.status == ACTIVE and not is_closed and not is_over,
        "is_closed": is_closed,
        "last_word_is_said": is_over,
        **still,
        "undo_until": conversation.answer_at and conversation.answer_at + UNDO_WITHIN,
        "can_undo": conversation.can_undo and still["may_talk"] and not is_closed,
    } | sharing_panel(conversation, happened, reader=request.user, is_closed=is_closed)


def _what_is_still_open(conversation: inboxes.Entry, member: Any) -> dict[str, bool]:
    """What the thread offers that others, or time, may have ended: talking, seeing the request, and offering again.

    Asked where it can be so at all; an active conversation is between two who may talk.
    """
    is_archived, about = conversation.status != ACTIVE, conversation.help_request
    other_id = conversation.other and conversation.other.id
    may_talk = not is_archived or (other_id is not None and may_talk_with(other_id))
    is_over = conversation.helper_id == member.pk and conversation.answer in STEPS["offer again"].before
    help_request = None
    if about and (is_archived or is_over):
        with suppress(HelpRequestNotFound):
            help_request = help_request_services.find(about.id, by=member)
    return {
        "may_talk": may_talk,
        "sees_request": about is not None and (help_request is not None or not (is_archived or is_over)),
        "can_offer_again": is_over
        and may_talk
        and help_request is not None
        and help_request.takes_offers
        and member.restriction == member.Restriction.NONE,
    }


def _beside(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The list beside the thread, and what is counted: as it is once this conversation counts as read."""
    conversation = context["conversation"]
    page = inboxes.inbox(request.user, status=conversation.status)
    counts, archived_total = counts_and_archived(request.user)
    keep_counts(request, counts)
    return {
        "page": page,
        "archived_total": archived_total,
        "status": conversation.status,
        "open_id": conversation.id,
    }


class FirstMessage:
    """A conversation's first message, looking like every other. Its id is the conversation's."""

    def __init__(self, conversation: inboxes.Entry) -> None:
        self.id, self.sender_id = conversation.id, conversation.helper_id
        self.content, self.created_at = conversation.initial_message, conversation.created_at


def uuid_or_none(value: str | None) -> uuid.UUID | None:
    try:
        return forms.UUIDField().clean(value)
    except forms.ValidationError:
        return None
