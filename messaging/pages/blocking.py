"""Blocking somebody from inside a conversation, and taking that back."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.sentences import interpolated
from carecollective.ground.texts import isolated
from carecollective.web.answers import see_other

from .. import blocking
from ..thread import thread


@members_only
def block_other(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """From inside a conversation: the page says what follows, and the button does it."""
    other = thread(conversation_id, by=request.user, limit=1).conversation.other
    here = reverse("messaging:read-conversation", args=[conversation_id])
    if other is None:
        return see_other(here)
    if request.method == "POST":
        blocking.block(other.id, by=request.user)
        messages.success(
            request,
            interpolated(_("%(name)s is blocked. You can undo that under “You”, “Privacy”."), name=other.name),
        )
        return see_other(here)
    context = {
        "title": _("Block %(name)s?") % {"name": isolated(other.name)},
        "sentences": [
            interpolated(
                _("%(name)s will not be able to write to you or see your requests, and you will not see theirs."),
                name=other.name,
            ),
            _("Your conversations with them are archived. They are not told that you blocked them."),
            _("If someone frightens you, report the message too: then a person on the team looks at it."),
        ],
        "button": _("Block"),
        "back_url": here,
        "back_text": _("Back to the conversation"),
        "stops": True,
    }
    return render(request, "confirm.html", context)


@members_only
def unblock_member(request: MemberRequest, member_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        blocking.unblock(member_id, by=request.user)
        messages.success(
            request, _("No longer blocked. Archived conversations stay archived until one of you opens them.")
        )
    return see_other("messaging:privacy")
