"""Names that members changed: from what to what, whom that looks like, and "Looked at"."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from carecollective.accounts import renames
from carecollective.accounts.standing import MemberRequest
from carecollective.ground.refusals import Refusal
from carecollective.web.admin import team_answer, team_page
from carecollective.web.answers import nothing_done, see_other


@team_page(renames.PERMISSION)
def waiting(request: MemberRequest) -> HttpResponse:
    return _listed(request)


def _listed(request: MemberRequest) -> HttpResponse:
    return team_answer(request, "admin/team/renames.html", _("Changed names"), renamed=renames.listed(by=request.user))


@team_page(renames.PERMISSION)
def look_at(request: MemberRequest, entry_id: UUID) -> HttpResponse:
    """By a post alone."""
    if request.method != "POST":
        return _listed(request)
    try:
        renames.look_at(entry_id, by=request.user)
    except Refusal as refusal:
        nothing_done(request, refusal.message)
    else:
        messages.success(request, _("Looked at"))
    return see_other("team:renames")
