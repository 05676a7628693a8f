"""Wanting nothing to do with somebody, taking that back, and who can see what of oneself."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from carecollective.accounts.standing import members_only, own_account
from carecollective.ground.sentences import said
from carecollective.ground.texts import isolated
from carecollective.web.answers import see_other
from carecollective.web.whole_page import whole_page

from .. import blocking
from ..reports.services import opened_by_the_team
from ..sharing.reading import shared_by
from ..thread import thread


@members_only
def block_other(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """From inside a conversation: the page says what follows, and the button does it."""
    other = thread(conversation_id, by=request.user, limit=1).conversation.other
    here = reverse("messaging:read-conversation", args=[conversation_id])
    if other is None:
        return see_other(here)
    if request.method == "POST":
        blocking.block(other.id, by=request.user)
        messages.success(
            request,
            said(_("%(name)s is blocked. You can undo that under “You”, “Privacy”."), name=other.name),
        )
        return see_other(here)
    context = {
        "title": _("Block %(name)s?") % {"name": isolated(other.name)},
        "sentences": [
            said(
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
def unblock_member(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        blocking.unblock(member_id, by=request.user)
        messages.success(
            request, _("No longer blocked. Archived conversations stay archived until one of you opens them.")
        )
    return see_other("messaging:privacy")


@require_safe
@own_account
def privacy(request: HttpRequest) -> HttpResponse:
    """Who sees what, in sentences: with whom it is shared, what the team opened, and whom this member has blocked."""
    with whole_page(request):
        context = {
            "shared": shared_by(request.user),
            "opened": opened_by_the_team(request.user),
            "blocks": blocking.blocked_by(request.user),
        }
    return render(request, "messaging/privacy.html", context)
