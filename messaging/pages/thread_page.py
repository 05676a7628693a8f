"""What a thread is drawn from: what was said in it, what is still open, and what stands around it."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django import forms
from django.http import HttpRequest

from carecollective.accounts.models import may_talk_with
from carecollective.ground.identity import reading_as
from carecollective.ground.refusals import HelpRequestNotFound
from carecollective.web.answers import is_on_a_phone
from carecollective.web.whole_page import keep_counts
from helprequests import services as help_request_services

from .. import answer_events, threads
from .. import inbox as inboxes
from ..counts import counts, counts_and_archived
from ..models import STEPS, UNDO_WITHIN, Conversation
from ..reports.services import what_the_team_knows
from ..seen import seen_in_v1, seen_up_to
from ..sharing.pages.panel import panel as sharing_panel
from ..thread import PAGE_SIZE, moment_of, thread
from ..waiting import last_word_is_said
from .answering import said_in_order

ACTIVE, ARCHIVED = Conversation.Status.ACTIVE, Conversation.Status.ARCHIVED
Further = Callable[[HttpRequest, dict[str, Any]], dict[str, Any]]


def thread_page(
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


def whole(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What stands around a whole page: not the list where a phone would hide it."""
    if not is_on_a_phone(request):
        return beside(request, context)
    keep_counts(request, counts(request.user))
    return {"status": str(context["conversation"].status), "open_id": context["conversation"].id}


def around(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """For a thread that is open: the counts of its header, and the list where it shows one."""
    if "list" in request.GET:
        return beside(request, context, ARCHIVED if request.GET["list"] == ARCHIVED else ACTIVE)
    keep_counts(request, counts(request.user))
    return {}


def beside(request: HttpRequest, context: dict[str, Any], status: str = "") -> dict[str, Any]:
    """The list beside the thread, and what is counted: as it is once this conversation counts as read."""
    conversation = context["conversation"]
    status = str(status or conversation.status)
    page = inboxes.inbox(request.user, status=status)
    counted, archived_total = counts_and_archived(request.user)
    keep_counts(request, counted)
    return {"page": page, "archived_total": archived_total, "status": status, "open_id": conversation.id}


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
