"""The list of one's conversations, as a page and in parts."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.identity import reading_as
from carecollective.web.whole_page import keep_counts
from messaging import inbox as inboxes
from messaging.counts import counts_and_archived
from messaging.waiting import to_accept, waiting_on

from .beside import ACTIVE, ARCHIVED
from .thread_page import uuid_or_none


@require_safe
@members_only
def inbox(request: MemberRequest) -> HttpResponse:
    status = ARCHIVED if request.GET.get("status") == ARCHIVED else ACTIVE
    with reading_as(request.user):
        context = _list(request, status)
    return render(request, "messaging/inbox.html", context)


@require_safe
@members_only
def news(request: MemberRequest) -> HttpResponse:
    """For a page that is open: the counts as they are now, and the list of conversations where it shows one."""
    context: dict[str, Any] = {}
    if "list" in request.GET:
        with reading_as(request.user):
            context = _list(request, ARCHIVED if request.GET["list"] == ARCHIVED else ACTIVE)
        context["open_id"] = uuid_or_none(request.GET.get("open"))
    return render(request, "messaging/_news.html", context)


def _list(request: MemberRequest, status: str) -> dict[str, Any]:
    page = inboxes.inbox(request.user, status=status, cursor=request.GET.get("cursor"))
    counts, archived_total = counts_and_archived(request.user)
    keep_counts(request, counts)
    is_first = status == ACTIVE and not page.previous and "open" not in request.GET
    return {
        "page": page,
        "please_answer": to_accept(waiting_on(request.user)) if is_first else [],
        "status": str(status),
        "archived_total": archived_total,
        "previous_url": _inbox_url(status, page.previous),
        "next_url": _inbox_url(status, page.next),
    }


def _inbox_url(status: str, cursor: str | None) -> str:
    asked = urlencode({"status": str(status), "cursor": cursor})
    return f"{reverse('messaging:inbox')}?{asked}" if cursor else ""
