"""The page of the rollout, and turning it up and down."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest
from carecollective.ground.refusals import PermissionDenied, Refusal

from .. import gates, guard_rails, history, kpis, probes, services
from ..heads import Roster
from ..models import Act, Flag
from ..stages import ENABLED, FLAG, NotAStage, Stage, parse
from ..versions import v1_is_read_only
from . import charts, screen
from .access import answer, may_act, may_see
from .forms import AdvanceForm, OldMessagingForm, ReasonForm

OFFERED = ("internal", "percentage:1", "percentage:10", "percentage:25", "percentage:50", "enabled")
NAMES_AT_MOST = 50


@may_see
def page(request: MemberRequest) -> HttpResponse:
    flag, roster = Flag.get(FLAG), Roster.read()
    past = history.Reader(request.user).of_the_page(Act.Kind.TRIP, Act.Kind.TEST, Act.Kind.REHEARSAL)
    last = next(iter(past.changes), None)
    window = request.GET.get("window", "stage")
    window = window if window in screen.WINDOWS else "stage"
    context = {
        "flag": flag,
        "steps": screen.steps(flag, roster, last),
        "last": last,
        "can_undo": flag.stopped == "turned_off" and last is not None and last.kind == Act.Kind.OFF,
        "trip": past.last.get(Act.Kind.TRIP),
        "re_arm": ReasonForm(initial={"seen": flag.version}),
        "window": window,
        "acts": past.newest,
        "test": past.last.get(Act.Kind.TEST),
        "rehearsal": past.last.get(Act.Kind.REHEARSAL),
        "v1_read_only": v1_is_read_only(),
        "can_close_old": flag.in_effect == ENABLED,
        "now": timezone.now(),
        **screen.context_for_who(flag, roster),
    }
    return answer(
        request,
        "page.html",
        _("Rollout of the new messaging"),
        **context,
        **_measured(flag, roster, window, past.changes),
    )


def _measured(flag: Flag, roster: Roster, window: str, changes: list[Act]) -> dict[str, Any]:
    """Numbers that cannot be read must not take the controls with them."""
    try:
        numbers = kpis.read(flag, screen.since(window, flag), roster=roster)
        broken, warnings = guard_rails.judged(flag)
        return {
            "numbers": numbers,
            "tiles": screen.tiles(numbers),
            "truth": screen.truth(flag, numbers, broken, warnings),
            "chart": charts.read(changes),
            "conversations": numbers.conversations,
        }
    except DatabaseError as error:
        code = getattr(error.__cause__, "sqlstate", "") or type(error).__name__
        return {"numbers": None, "unread": code, "truth": screen.truth(flag, None, [], [])}


@may_act
def turn_off(request: MemberRequest) -> HttpResponse:
    """One tap, no question, whatever was changed since the page was opened."""
    act = services.turn_off(by=request.user)
    if act.numbers["v1_opened"]:
        messages.info(request, _("The old messaging can be written again."))
    return redirect("rollout:page")


@may_act
def undo(request: MemberRequest) -> HttpResponse:
    act = services.undo(by=request.user)
    if act.numbers["v1_left_open"]:
        messages.info(request, _("The old messaging can be written again."))
    messages.success(request, _("On again: %(stage)s.") % {"stage": parse(act.to_stage).label})
    return redirect("rollout:page")


@may_act
def re_arm(request: MemberRequest) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why it can go on again, in at least 10 characters. Nothing was changed."))
        return redirect("rollout:page")
    act = services.re_arm(by=request.user, reason=form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
    messages.success(request, _("On again: %(stage)s.") % {"stage": parse(act.to_stage).label})
    return redirect("rollout:page")


@may_see
def advance(request: MemberRequest) -> HttpResponse:
    """From → to, the people, the checks, and why: its own page, because up is the slow way."""
    flag = Flag.get(FLAG)
    form = AdvanceForm(request.POST or None, here=flag.in_effect, initial={"seen": flag.version})
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        try:
            act = services.change_stage(
                sent["to"], by=request.user, reason=sent["reason"], seen=sent["seen"], despite=sent["despite"]
            )
        except Refusal as no:
            refusal = no
        else:
            text = _("%(stage)s: %(heads)s of %(members)s members start in the new messaging.")
            values = {"stage": parse(act.to_stage).label, "heads": act.heads, "members": act.members}
            messages.success(request, text % values)
            return redirect("rollout:page")
    try:
        to = _wanted(request)
    except NotAStage as reason:
        return _choose(request, flag, error=str(reason))
    if to is None:
        return _choose(request, flag)
    status = refusal.status if refusal else 422 if form.errors else 200
    return _ask(request, flag, to, form, refusal, status)


@may_see
def old_messaging(request: MemberRequest) -> HttpResponse:
    """Closing the old messaging: who is affected stands there before it is done."""
    flag, form = Flag.get(FLAG), OldMessagingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        try:
            if sent["read_only"]:
                services.close_v1(by=request.user, reason=sent["reason"], seen=sent["seen"])
            else:
                services.open_v1(by=request.user, reason=sent["reason"])
        except PermissionDenied:  # answered like every other button here that is not theirs
            raise
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
        return redirect("rollout:page")
    people = probes.probe().people_in_v1()
    context = {
        "form": form if form.errors else OldMessagingForm(initial={"seen": flag.version}),
        "flag": flag,
        "v1_read_only": v1_is_read_only(),
        "can_close_old": flag.in_effect == ENABLED,
        "conversations": probes.probe().conversations().get("v1", 0),
        "people": Member.objects.filter(pk__in=people).order_by("name")[:NAMES_AT_MOST],
        "heads": len(people),
    }
    return answer(request, "old_messaging.html", _("Old messaging"), 422 if form.errors else 200, **context)


def _wanted(request: MemberRequest) -> Stage | None:
    sent = request.POST if request.method == "POST" else request.GET
    if sent.get("percent"):
        return parse(f"percentage:{sent['percent']}")
    return parse(sent["to"]) if sent.get("to") else None


def _choose(request: MemberRequest, flag: Flag, error: str = "") -> HttpResponse:
    roster = Roster.read()
    stages = [(stage, roster.heads(flag.plan.at(stage))) for stage in map(parse, OFFERED)]
    context = {"flag": flag, "stages": stages, "members": len(roster), "error": error}
    return answer(request, "choose.html", _("Go to another stage"), 422 if error else 200, **context)


def _ask(
    request: MemberRequest, flag: Flag, to: Stage, form: AdvanceForm, refusal: Refusal | None, status: int
) -> HttpResponse:
    roster = Roster.read()
    plan = flag.plan.at(to)
    reached, before = roster.reached(plan), set(roster.reached(flag.plan))
    is_up = to > flag.in_effect
    checks = gates.checks(flag, to) if is_up else []
    unmet = [check for check in checks if not check.is_met]
    if is_up and unmet and form.errors and not form.data.get("despite"):  # all that is missing, at once
        form.add_error("despite", _("Tick this when you have read them."))
    if not is_up:
        form.fields["reason"].label = _("Why now? (optional)")
        form.fields["reason"].help_text = _("Whoever looks at the history later reads this.")
    if refusal:  # the page is up to date now: sending it again is another decision
        form.data = sent = request.POST.copy()
        sent["seen"] = str(flag.version)
    context = {
        "flag": flag,
        "to": to,
        "form": form,
        "refusal": refusal,
        "is_up": is_up,
        "checks": checks,
        "unmet": unmet,
        "heads": len(reached),
        "heads_before": len(before),
        "members": len(roster),
        "names": _names(reached, before) if len(reached) <= NAMES_AT_MOST else [],
        "overridden": flag.override is not None,
        "page": reverse("rollout:page"),
    }
    return answer(request, "advance.html", _("Go to another stage"), status, **context)


def _names(reached: list[UUID], before: set[UUID]) -> list[tuple[str, bool]]:
    people = Member.objects.filter(pk__in=reached).order_by("name")
    return [(member.name, member.pk not in before) for member in people]
