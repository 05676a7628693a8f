"""Who is in, and why: one member looked up, and the rule for one member."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest
from carecollective.ground import texts
from carecollective.ground.sentences import interpolated

from .. import services
from ..decisions import RULES, Decision
from ..models import Flag
from ..stages import DISABLED, ENABLED, FLAG, INTERNAL, Stage
from .access import answer, may_act, may_see
from .forms import AlwaysForm

SHOWN_AT_MOST = 20


@may_see
def look_up(request: MemberRequest) -> HttpResponse:
    """A name or an address. Exactly one member found: why, their number, and what changes at the next stage."""
    flag, words = Flag.get(FLAG), texts.formed(request.GET.get("q", "").replace("\0", ""))
    found = []
    if words:
        by_name = Q(name__sounds=words) | Q(email__iexact=words)
        found = list(Member.objects.filter(by_name).order_by("name", "joined_at")[: SHOWN_AT_MOST + 1])
        exactly = [member for member in found if words.lower() == member.email.lower()]
        found = exactly or found
    context: dict[str, Any] = {
        "q": words,
        "found": found[:SHOWN_AT_MOST],
        "is_more": len(found) > SHOWN_AT_MOST,
        "flag": flag,
    }
    if len(found) == 1 and flag.pk:
        (member,) = found
        services.look_up(member, by=request.user)
        context |= {"member": member, "form": AlwaysForm(), **_why(flag, member)}
    return answer(request, "members.html", _("Look up a member"), **context)


@may_act
def always(request: MemberRequest, member_id: UUID) -> HttpResponse:
    member, form = get_object_or_404(Member, pk=member_id), AlwaysForm(request.POST)
    if form.is_valid():
        services.always(member, form.cleaned_data["rule"], by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, interpolated(_("The rule for %(name)s was changed."), name=member.name))
    else:
        messages.error(request, _("Choose a rule and say why, in at least 10 characters. Nothing was changed."))
    return redirect(reverse("rollout:look-up", query={"q": member.email}))


def _why(flag: Flag, member: Member) -> dict[str, Any]:
    decision = flag.decide(member)
    return {
        "decision": decision,
        "rule": RULES[decision.reason],
        "under": flag.in_effect.parts,
        "elsewhere": [(stage.label, _at(flag, member, stage)) for stage in _other_stages(flag.in_effect)],
    }


def _at(flag: Flag, member: Member, stage: Stage) -> Decision:
    return flag.plan.at(stage).decide(member.pk, is_staff=member.is_staff)


def _other_stages(here: Stage) -> list[Stage]:
    steps = [DISABLED, INTERNAL, *(Stage("percentage", percent * 100) for percent in (10, 25, 50)), ENABLED]
    return [stage for stage in steps if stage != here]
