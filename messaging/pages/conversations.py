"""The list of conversations, and one conversation."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from carecollective.accounts.models import Member
from carecollective.accounts.standing import members_only
from carecollective.kept_texts import services as kept_texts
from carecollective.kept_texts.pages import keep_when_signed_out
from carecollective.pages.answers import draft_done, is_fetched_ahead, kept_text, see_other, show_again, try_again_at
from carecollective.refusals import ConversationArchived, IdempotencyConflict, LegacyReadOnly, RateLimited

from .. import inbox as inboxes
from .. import services
from ..legacy.read_only import is_read_only
from ..models import Conversation
from ..thread import thread
from .forms import MessageForm

ACTIVE, ARCHIVED = Conversation.Status.ACTIVE, Conversation.Status.ARCHIVED


@require_safe
@members_only
def inbox(request: HttpRequest) -> HttpResponse:
    status = ARCHIVED if request.GET.get("status") == ARCHIVED else ACTIVE
    page = inboxes.inbox(request.user, status=status, cursor=request.GET.get("cursor"))
    context = {"page": page, "status": str(status), "archived_total": inboxes.archived_total(request.user)}
    context["previous_url"] = _inbox_url(status, page.previous)
    context["next_url"] = _inbox_url(status, page.next)
    return render(request, "messaging/inbox.html", context)


@require_safe
@members_only
def read_conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    context = _thread_page(request, conversation_id)
    conversation = context["conversation"]
    if context["can_write"]:  # otherwise the text waits until the conversation is open again
        context["form"] = MessageForm(initial=kept_text(request) | {"client_id": uuid.uuid4()})
    if conversation.unread_count and context["is_newest"] and not is_fetched_ahead(request):
        services.mark_read(conversation_id, by=request.user, up_to=context["said"][-1].id)
    return render(request, "messaging/thread.html", context | _beside(request.user, conversation))


@keep_when_signed_out
@members_only
def send_message(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        return see_other("messaging:read-conversation", conversation_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        context = _thread_page(request, conversation_id) | {"form": form}
        return show_again(request, "messaging/thread.html", context | _beside(request.user, context["conversation"]))
    text, client_id = form.cleaned_data["content"], form.cleaned_data["client_id"]
    try:
        services.send_message(conversation_id, by=request.user, text=text, id=client_id)
    except (ConversationArchived, IdempotencyConflict, LegacyReadOnly, RateLimited) as refusal:
        return _not_sent(request, conversation_id, text, refusal)
    return draft_done(
        see_other("messaging:read-conversation", conversation_id, after="#newest"), f"message:{conversation_id}"
    )


def _not_sent(request: HttpRequest, conversation_id: uuid.UUID, text: str, refusal: Any) -> HttpResponse:
    """The thread with the reason; the text is in the box again, or waits until the conversation is open again."""
    context = _thread_page(request, conversation_id)
    if isinstance(refusal, ConversationArchived):
        here = reverse("messaging:read-conversation", args=[conversation_id])
        kept_texts.hand_over(request.user, here, {"content": text})
        context |= {"not_sent": _("This conversation was archived while you were writing."), "written": text}
    elif isinstance(refusal, RateLimited):
        context["not_sent"] = _("You can send more at %(time)s.") % {"time": try_again_at(refusal)}
    elif isinstance(refusal, LegacyReadOnly):
        context |= {"not_sent": refusal.message, "written": text}
    else:
        context["not_sent"] = _("You already sent a message from this page. Send this too if you want to say more.")
    context["form"] = MessageForm({"content": text, "client_id": uuid.uuid4()})
    context |= _beside(request.user, context["conversation"])
    return show_again(request, "messaging/thread.html", context, refusal)


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


def _thread_page(request: HttpRequest, conversation_id: uuid.UUID) -> dict[str, Any]:
    before = request.GET.get("before")
    shown = thread(conversation_id, by=request.user, before=before)
    conversation = shown.conversation
    said = list(shown.messages)
    if not shown.before and conversation.initial_message:
        said.insert(0, FirstMessage(conversation))
    is_closed = conversation.legacy and is_read_only()
    return {
        "conversation": conversation,
        "said": said,
        "older": shown.before,
        "is_newest": not before,
        "can_write": conversation.status == ACTIVE and not is_closed,
        "is_closed": is_closed,
    }


def _beside(member: Member, conversation: inboxes.Entry) -> dict[str, Any]:
    """The list beside the thread, looked up once this conversation counts as read."""
    return {
        "page": inboxes.inbox(member, status=conversation.status),
        "archived_total": inboxes.archived_total(member),
    }


class FirstMessage:
    """A conversation's first message, looking like every other. Its id is the conversation's."""

    def __init__(self, conversation: inboxes.Entry) -> None:
        self.id, self.sender_id = conversation.id, conversation.helper_id
        self.content, self.created_at = conversation.initial_message, conversation.created_at


def _inbox_url(status: str, cursor: str | None) -> str:
    if not cursor:
        return ""
    return f"{reverse('messaging:inbox')}?{urlencode({'status': str(status), 'cursor': cursor})}"
