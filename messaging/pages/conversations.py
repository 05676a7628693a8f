"""One conversation: as a page, and the parts of it that an open page asks for again."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground import limits, writing
from carecollective.ground.identity import reading_as
from carecollective.ground.refusals import (
    ConversationArchived,
    ConversationDeclined,
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
from messaging.pages.beside import around, whole

from .. import inbox as inboxes
from .. import services
from .forms import MessageForm
from .thread_page import thread_page, uuid_or_none


@require_safe
@members_only
def read_conversation(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """The newest page of it, or one further back; an open thread asks for that as a part to put above its own."""
    is_part = request.htmx and request.GET.get("before")
    context = thread_page(request, conversation_id, further=None if is_part else _looked_at)
    if is_part:
        return render(request, "messaging/_earlier.html", context)
    if context["is_newest"]:
        context |= _with_kept_text(request, context)
    return render(request, "messaging/thread.html", context)


def _looked_at(request: MemberRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What is seen here counts as read, and then what stands around the thread is looked up."""
    conversation, kept = context["conversation"], {}
    if context["is_newest"]:
        kept = kept_text(request)
        if not (is_fetched_ahead(request) or writing.is_reading_only()):
            if conversation.unread_count:
                services.mark_read(conversation.id, by=request.user, up_to=context["last"].id)
            else:  # an answer is no message, and it is seen here too
                notifications.read_about(request.user.pk, conversation_id=conversation.id)
    return {"kept": kept} | whole(request, context)


def _with_kept_text(request: MemberRequest, context: dict[str, Any]) -> dict[str, Any]:
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
def new_in_conversation(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """For a thread that is open: what came after its cursor, and what may have changed around it.

    Nothing is read by being fetched; what somebody has seen, the page says to `mark_seen`.
    """
    context = thread_page(request, conversation_id, after=request.GET.get("after"), further=around)
    context["form"] = MessageForm(initial={"client_id": uuid.uuid4()})
    return render(request, "messaging/_new.html", context)


@members_only
def mark_seen(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        return see_other("messaging:read-conversation", conversation_id)
    up_to = uuid_or_none(request.POST.get("up_to"))
    if up_to is None:
        raise MessageNotFound
    if not request.htmx:
        services.mark_read(conversation_id, by=request.user, up_to=up_to)
        return HttpResponse(status=204)
    with reading_as(request.user):
        marked = services.mark_read(conversation_id, by=request.user, up_to=up_to)
        context = around(request, {"conversation": inboxes.entry(conversation_id, by=request.user)})
    own = [f"conversation {conversation_id} read"] * marked.messages + ["notification"] * marked.notices
    return render(request, "messaging/_news.html", context | {"own": own})


@members_only
def send_message(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        return see_other("messaging:read-conversation", conversation_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        if request.htmx:
            return _problem(UNPROCESSABLE, *form.errors["content"])
        context = thread_page(request, conversation_id, further=whole) | {"form": form}
        return show_again(request, "messaging/thread.html", context)
    text, client_id = form.cleaned_data["content"], form.cleaned_data["client_id"]
    try:
        sent = services.send_message(conversation_id, by=request.user, text=text, id=client_id)
    except (ConversationArchived, ConversationDeclined, IdempotencyConflict, LegacyReadOnly, RateLimited) as refusal:
        return _not_sent(request, conversation_id, text, refusal)
    left = few_left(limits.MESSAGES, sent.left)
    if request.htmx:
        context = {"said": [sent.message], "left": left} | _after_own_message(request, conversation_id, sent.created)
        return render(request, "messaging/_sent.html", context, status=201 if sent.created else 200)
    if left:
        messages.info(request, left)
    return draft_done(
        see_other("messaging:read-conversation", conversation_id, after="#newest"), f"message:{conversation_id}"
    )


def _after_own_message(request: MemberRequest, conversation_id: uuid.UUID, is_new: bool) -> dict[str, Any]:
    """The list beside an open thread, and the frame that it need not ask after: it stands for this message alone."""
    with reading_as(request.user):
        conversation = inboxes.entry(conversation_id, by=request.user)
        context = around(request, {"conversation": conversation}) if "list" in request.GET else {}
    is_alone = is_new and not conversation.unread_count
    return context | {"own": [f"conversation {conversation_id} message"] if is_alone else []}


def _not_sent(request: MemberRequest, conversation_id: uuid.UUID, text: str, refusal: Refusal) -> HttpResponse:
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
    context = thread_page(request, conversation_id, further=whole) | {"not_sent": reason}
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
def archive_conversation(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        services.archive(conversation_id, by=request.user)
        messages.success(request, _("Archived. Neither of you can write here until one of you opens it again."))
    return see_other("messaging:read-conversation", conversation_id)


@members_only
def reopen_conversation(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        services.reopen(conversation_id, by=request.user)
        messages.success(request, _("This conversation is open again. Both of you can write."))
    return see_other("messaging:read-conversation", conversation_id)
