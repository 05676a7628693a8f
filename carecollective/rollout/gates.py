"""What should be true before more members get the new messaging (gates). Who goes on without is then on record."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carecollective.ground import clock

from . import guard_rails, history, kpis, probes
from .history import Kind
from .models import Flag
from .rates import Latency, Rate
from .stages import Stage

TESTS_KEPT_FOR = REHEARSED_WITHIN = timedelta(days=30)
TEST_OFFERS = 25


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    state: Literal["met", "unmet", "unknown"]
    sentence: str

    @property
    def is_met(self) -> bool:
        return self.state == "met"

    def as_json(self) -> dict[str, object]:
        return {"name": self.name, "state": self.state, "sentence": self.sentence}


def least_time_at(stage: Stage) -> timedelta:
    if stage.name == "disabled":
        return timedelta()
    return timedelta(days=7) if stage.parts >= 5000 else timedelta(hours=48)


def checks(flag: Flag, to: Stage) -> list[Check]:
    """For going up from where the flag is now. Read inside the act, so what is kept is what held."""
    now, here = clock.now(), flag.in_effect
    numbers = kpis.read(flag, since=min(flag.stage_since, now - timedelta(seconds=1)))
    found = [_nothing_stopped(flag), *_no_alarm(flag)]
    if here.name == "disabled":
        return [*found, _tested(numbers)]
    waited, wait = now - flag.stage_since, least_time_at(here)
    since = _("%(hours)s of %(wanted)s hours at this stage.") % {
        "hours": int(waited.total_seconds() // 3600),
        "wanted": int(wait.total_seconds() // 3600),
    }
    return [
        *found,
        Check("time", "met" if waited >= wait else "unmet", since),
        *(_numbers(numbers) if numbers.has_any else [Check("offers", "unknown", _("No offers at this stage yet."))]),
        _reports(),
        _rehearsed(),
    ]


STATES: dict[str, Literal["met", "unmet", "unknown"]] = {
    "met": "met",
    "not_met": "unmet",
    "too_few": "unknown",
    "shown": "unknown",
}


def _numbers(numbers: kpis.Numbers) -> list[Check]:
    # Each code that came is named; where none came, one line says so.
    codes = [code for code, rate in numbers.errors.items() if rate.k] or [next(iter(numbers.errors))]
    found = [
        _rate("success", numbers.success, _("%(k)s of %(n)s offers worked.")),
        *(
            _rate(f"errors_{code}", numbers.errors[code], _("%(k)s of %(n)s offers ended with “%(code)s”."), code=code)
            for code in codes
        ),
        _latency(numbers.latency),
    ]
    if numbers.duplicates.n:
        text = _("%(k)s of %(n)s offers in 15 minutes were to someone the helper already talks with.")
        found.append(_rate("duplicates", numbers.duplicates, text))
    return found


def _nothing_stopped(flag: Flag) -> Check:
    if flag.stopped == "guard_rail":
        return Check("not_stopped", "unmet", _("It turned itself off, and nobody has turned it on again."))
    if flag.problem:
        return Check("not_stopped", "unmet", flag.problem)
    return Check("not_stopped", "met", _("It has not turned itself off."))


def _no_alarm(flag: Flag) -> list[Check]:
    broken, warnings = guard_rails.judged(flag)
    alarms = [*broken, *warnings]
    if not alarms:
        return [Check("no_alarm", "met", _("There is no warning."))]
    return [Check(f"alarm_{finding.code}", "unmet", finding.sentence) for finding in alarms]


def _tested(numbers: kpis.Numbers) -> Check:
    act = history.last(Kind.TEST)
    if act is None or act.made_at < clock.now() - TESTS_KEPT_FOR:
        return Check("tested", "unknown", _("No test offers in the last 30 days."))
    made, worked = act.numbers.get("offers", 0), act.numbers.get("worked", 0)
    sentence = _("%(worked)s of %(made)s test offers worked.") % {"worked": worked, "made": made}
    return Check("tested", "met" if made >= TEST_OFFERS and worked == made else "unmet", sentence)


def _rate(name: str, rate: Rate, sentence: str, **more: object) -> Check:
    words = sentence % {"k": rate.k, "n": rate.n, **more}
    if rate.verdict == "too_few":
        words = _("%(said)s Too few to tell.") % {"said": words}
    # With a most, none of few is the best that there can be: it is grey, not red.
    return Check(name, STATES[rate.verdict], words)


def _latency(latency: Latency) -> Check:
    if not latency.n:
        return Check("p95", "unknown", _("No offer was timed yet."))
    text = (
        _("95 of 100 offers took %(ms)s milliseconds or less.")
        if latency.is_enough
        else _("The slowest of %(n)s offers took %(ms)s milliseconds. Too few to tell.")
    )
    return Check("p95", STATES[latency.verdict], text % {"ms": latency.value, "n": latency.n})


def _reports() -> Check:
    waiting = probes.probe().open_reports()
    if waiting is None:  # nothing can be reported, so nothing waits
        return Check("reports", "met", _("No reports are waiting."))
    sentence = ngettext("%(n)s report is waiting.", "%(n)s reports are waiting.", waiting) % {"n": waiting}
    return Check("reports", "unmet" if waiting else "met", sentence)


def _rehearsed() -> Check:
    act = history.last(Kind.REHEARSAL)
    if act is None or act.made_at < clock.now() - REHEARSED_WITHIN:
        return Check("rehearsed", "unknown", _("Turning off was not rehearsed in the last 30 days."))
    worked = act.numbers.get("worked", False)
    sentence = _("Turning off was rehearsed: %(seconds)s seconds.") % {"seconds": act.numbers.get("seconds")}
    return Check("rehearsed", "met" if worked else "unmet", sentence)
