"""What the page says (dashboard), decided by rules: one sentence of truth, the stages with their heads, the tiles."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import gates, kpis
from ..guard_rails import Finding
from ..heads import Roster
from ..kpis import Numbers
from ..models import Act, Flag
from ..rates import GOAL_P95_MS, Rate
from ..stages import DISABLED, ENABLED, INTERNAL, Stage

WINDOWS = ("stage", "day", "week")


@dataclass(frozen=True, slots=True)
class Truth:
    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    title: str
    value: str
    detail: str
    verdict: str
    goal: str = ""
    rate: Rate | None = None

    @property
    def verdict_label(self) -> str:
        return {
            "met": _("Met"),
            "not_met": _("Not met"),
            "too_few": _("Too few to tell"),
            "shown": _("For your information"),
        }[self.verdict]

    @property
    def bar(self) -> dict[str, str] | None:
        """The interval and the goal as places on a line from 0 to 200."""
        if self.rate is None or not self.rate.n:
            return None
        low, high = self.rate.low * 200, self.rate.high * 200
        places = {"low": low, "width": max(high - low, 2), "value": (self.rate.value or 0) * 200}
        if self.rate.goal is not None:
            places["goal"] = self.rate.goal * 200
        return {name: f"{place:.1f}" for name, place in places.items()}


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    heads: int
    is_current: bool
    rule: str
    since: datetime | None = None
    by: str = ""


def since(window: str, flag: Flag) -> datetime:
    now = timezone.now()
    if window == "stage":
        # Not from the last turning off, and never so far back that attempts are gone already.
        return max(flag.stage_since, now - timedelta(days=90))
    return now - timedelta(days=7 if window == "week" else 1)


def truth(flag: Flag, numbers: Numbers | None, broken: list[Finding], warnings: list[Finding]) -> Truth:
    """The first rule that matches, from the worst to the best."""
    if flag.problem:
        return Truth("bad", _("Off: the settings cannot be read"), flag.problem)
    if flag.stopped == "guard_rail":
        return Truth("bad", _("It turned itself off"), _("It stays off until someone turns it on again."))
    if flag.stopped:
        return Truth("info", _("Turned off for everyone"), _("New offers use the old messaging."))
    if flag.is_off:
        return Truth("info", _("Off"), _("Nobody starts in the new messaging. New offers use the old one."))
    if broken:
        return Truth("bad", _("Turn off"), " ".join(finding.sentence for finding in broken))
    if numbers is None:
        return Truth("warn", _("Could not read the numbers"), _("Do not go on before they are back."))
    if warnings:
        return Truth("warn", _("Slow down"), " ".join(finding.sentence for finding in warnings))
    if not numbers.has_any:
        return Truth("neutral", _("Too few to tell"), _("No one has used the new messaging yet."))
    if "not_met" in numbers.verdicts:
        return Truth("warn", _("Slow down"), worked(numbers.success) + " " + _("Not every goal is met."))
    if numbers.success.verdict == "met":
        return Truth("good", _("Safe to go on"), worked(numbers.success))
    text = _("Not enough data yet. %(worked)s") % {"worked": worked(numbers.success)}
    return Truth("neutral", _("Too few to tell"), text)


def worked(rate: Rate) -> str:
    values = {
        "k": rate.k,
        "n": rate.n,
        "value": percent(rate.value),
        "low": percent(rate.low),
        "high": percent(rate.high),
    }
    if rate.verdict == "met":
        return (
            _("%(k)s of %(n)s offers worked (%(value)s). The true rate is likely between %(low)s and %(high)s.")
            % values
        )
    return (
        _(
            "%(k)s of %(n)s offers worked (%(value)s). "
            "With so few, the true rate is likely between %(low)s and %(high)s."
        )
        % values
    )


def steps(flag: Flag, roster: Roster, last: Act | None) -> list[Step]:
    """Off, the team, a percentage, everyone; the present one says since when and by whom."""
    here = flag.in_effect
    middle = here if here.name == "percentage" else Stage("percentage", 1000)
    found = []
    for stage in (DISABLED, INTERNAL, middle, ENABLED):
        is_current = stage == here
        found.append(
            Step(
                label=stage.label,
                heads=roster.heads(flag.plan.at(stage)),
                is_current=is_current,
                rule=_rule(stage),
                since=(last.made_at if last and flag.stopped else flag.stage_since) if is_current else None,
                by=last.by_name if is_current and last else "",
            )
        )
    return found


def _rule(stage: Stage) -> str:
    if stage == DISABLED:
        return _("Go on once %(n)s test offers have worked.") % {"n": gates.TEST_OFFERS}
    if stage == ENABLED:
        return _("Stays, as long as %(goal)s of offers work.") % {"goal": percent(kpis.least_success(stage))}
    return _("Go on after %(days)s days, when %(goal)s of offers work.") % {
        "days": gates.least_time_at(stage).days,
        "goal": percent(kpis.least_success(stage)),
    }


def tiles(numbers: Numbers) -> list[Tile]:
    success, latency = numbers.success, numbers.latency
    found = [
        _rate_tile("success", _("Offers that worked"), success, _("%(k)s of %(n)s")),
        Tile(
            "adoption",
            _("Started in the new messaging"),
            percent(numbers.adoption.value),
            _("%(k)s of %(n)s; the stage should give %(expected)s")
            % {"k": numbers.adoption.k, "n": numbers.adoption.n, "expected": percent(numbers.expected_share)}
            if numbers.adoption.n
            else _("No offers in this time"),
            numbers.adoption_verdict,
            _("within 10 points"),
            numbers.adoption,
        ),
        Tile(
            "p95",
            _("Server time, 95 of 100") if latency.is_enough else _("Server time, slowest of %(n)s") % {"n": latency.n},
            _("%(ms)s ms") % {"ms": latency.value} if latency.n else "–",
            _("half of them in %(ms)s ms or less, the slowest in %(slowest)s ms")
            % {"ms": latency.median, "slowest": latency.slowest}
            if latency.n
            else _("No offers in this time"),
            latency.verdict,
            _("under %(ms)s ms") % {"ms": GOAL_P95_MS},
        ),
        _rate_tile("duplicates", _("Already talking, last 15 minutes"), numbers.duplicates, _("%(k)s of %(n)s")),
        _rate_tile("tests", _("Test offers that worked"), numbers.success_of_tests, _("%(k)s of %(n)s, not members'")),
        _rate_tile("old", _("Old messaging: offers that worked"), numbers.success_v1, _("%(k)s of %(n)s")),
    ]
    if numbers.help_completed is not None:
        detail = _("%(k)s of %(n)s, 30 days after acceptance")
        found.append(_rate_tile("help", _("Help that was given"), numbers.help_completed, detail))
    if numbers.complaints is not None:
        per_hundred = 100 * numbers.complaints.k / numbers.complaints.n if numbers.complaints.n else 0
        detail = ngettext("%(k)s report", "%(k)s reports", numbers.complaints.k) % {"k": numbers.complaints.k}
        found.append(Tile("complaints", _("Reports per 100 conversations"), f"{per_hundred:.1f}", detail, "shown"))
    return found


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _rate_tile(name: str, title: str, rate: Rate, detail: str) -> Tile:
    goal = ""
    if rate.least is not None:
        goal = _("at least %(goal)s") % {"goal": f"{rate.least:.0%}"}
    elif rate.most is not None:
        goal = _("at most %(goal)s") % {"goal": f"{rate.most:.0%}"}
    words = detail % {"k": rate.k, "n": rate.n} if rate.n else _("No offers in this time")
    if rate.n:
        words += " · " + _("likely %(low)s to %(high)s") % {"low": percent(rate.low), "high": percent(rate.high)}
    if rate.still_needed and rate.n and rate.verdict == "too_few":
        words += " · " + _("%(n)s more that work would show it") % {"n": rate.still_needed}
    return Tile(name, title, percent(rate.value), words, rate.verdict, goal, rate)


def context_for_who(flag: Flag, roster: Roster) -> dict[str, Any]:
    counted = roster.by_rule(flag.plan)
    rules = [
        (_("Turned off for everyone"), len(roster) if flag.is_off else 0),
        (_("On the list “always old”"), counted.get("always_off", 0)),
        (_("On the list “always new”"), counted.get("always_on", 0)),
        (_("Works on the team"), counted.get("staff", 0)),
        (_("Within the percentage"), counted.get("percentage", 0)),
        (_("Everyone"), counted.get("everyone", 0)),
        (_("Not yet"), counted.get("not_yet", 0)),
    ]
    return {"rules": rules, "heads": roster.heads(flag.plan), "members": len(roster)}
