"""What stands around a thread: the list beside it, and the counts of its header."""

from typing import Any

from carecollective.accounts.standing import MemberRequest
from carecollective.web.answers import is_on_a_phone
from carecollective.web.whole_page import keep_counts
from messaging import inbox as inboxes
from messaging.counts import counts, counts_and_archived
from messaging.models import Conversation

ACTIVE, ARCHIVED = Conversation.Status.ACTIVE, Conversation.Status.ARCHIVED


def whole(request: MemberRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What stands around a whole page: not the list where a phone would hide it."""
    if not is_on_a_phone(request):
        return beside(request, context)
    keep_counts(request, counts(request.user))
    return {"status": str(context["conversation"].status), "open_id": context["conversation"].id}


def around(request: MemberRequest, context: dict[str, Any]) -> dict[str, Any]:
    """For a thread that is open: the counts of its header, and the list where it shows one."""
    if "list" in request.GET:
        return beside(request, context, ARCHIVED if request.GET["list"] == ARCHIVED else ACTIVE)
    keep_counts(request, counts(request.user))
    return {}


def beside(request: MemberRequest, context: dict[str, Any], status: str = "") -> dict[str, Any]:
    """The list beside the thread, and what is counted: as it is once this conversation counts as read."""
    conversation = context["conversation"]
    status = str(status or conversation.status)
    page = inboxes.inbox(request.user, status=status)
    counted, archived_total = counts_and_archived(request.user)
    keep_counts(request, counted)
    return {"page": page, "archived_total": archived_total, "status": status, "open_id": conversation.id}
