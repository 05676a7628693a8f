"""The page of one's privacy: who can see what of oneself."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carecollective.accounts import waiting_acts
from carecollective.accounts.standing import MemberRequest, own_account
from carecollective.web.whole_page import whole_page

from .. import blocking
from ..reports.acts import done_to
from ..sharing.reading import shared_by


@require_safe
@own_account
def privacy(request: MemberRequest) -> HttpResponse:
    """Who sees what, in sentences: with whom it is shared, what the team did, and whom this member has blocked."""
    done = done_to(request.user)
    with whole_page(request):
        context = {
            "done": done,
            "acts": waiting_acts.about(request.user),
            "shared": shared_by(request.user),
            "blocks": blocking.blocked_by(request.user),
        }
    return render(request, "messaging/privacy.html", context)
