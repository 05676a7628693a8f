"""What waits for a second person: who asked, what, why and until when, with Agree and Decline."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from carecollective.accounts import four_eyes, waiting_acts
from carecollective.accounts.standing import MemberRequest
from carecollective.audit.models import Kind
from carecollective.ground.refusals import Refusal
from carecollective.team.queues import SECONDS
from carecollective.web.admin import team_answer, team_page
from carecollective.web.answers import nothing_done, see_other


@team_page(SECONDS)
def waiting(request: MemberRequest) -> HttpResponse:
    return _listed(request)


def _listed(request: MemberRequest) -> HttpResponse:
    acts: list[Any] = waiting_acts.waiting(by=request.user)
    for act in acts:
        act.what, act.in_detail = Kind(act.kind).label, act.codes.replace(">", "→")
    return team_answer(request, "admin/team/grave_acts.html", _("What waits for a second person"), acts=acts)


@team_page(SECONDS)
def agree(request: MemberRequest, act_id: UUID) -> HttpResponse:
    return _step(request, four_eyes.agree, act_id)


@team_page(SECONDS)
def decline(request: MemberRequest, act_id: UUID) -> HttpResponse:
    return _step(request, four_eyes.decline, act_id)


def _step(request: MemberRequest, verb: Callable[..., Any], act_id: UUID) -> HttpResponse:
    """By a post alone; how it stands afterwards is said."""
    if request.method != "POST":
        return _listed(request)
    try:
        act = verb(act_id, by=request.user)
    except Refusal as refusal:
        nothing_done(request, refusal.message)
    else:
        messages.success(request, act.get_status_display())
    return see_other("team:grave-acts")
