"""When V2 turns itself off (automated rollback, a circuit breaker).

A rule looks at its minutes, or at the last 30 attempts of the past 7 days, whichever holds more: so it also works for a
group of fifty people. With fewer than 30 attempts it says nothing, and silence never trips it. Only what came after
the last deliberate turning on counts. A refusal is neither a success nor a failure.

While the database is away offers fail whatever their version, so nothing is judged until it has been back for a minute,
and what was tried in the minute before and after such a failure is no sample.

Test offers count beside members', never among them: they can trip a rule, and cannot hide that members' offers fail.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from carecollective.ground import clock

from . import findings
from .models import Attempt, Flag
from .outcomes import AWAY, DUPLICATE, FAILURES, JUDGED

FEWEST = 30
REACHES_BACK, LONGEST = timedelta(days=7), timedelta(minutes=10)
IN_A_ROW = 5
SHAKES = timedelta(minutes=1)
SLOW_MS, FAR_TOO_SLOW_MS = 1000, 5000
# Attempts read at most for one look: far more than ten minutes of a large community.
MOST = 20_000
Views = tuple[list[Attempt], list[Attempt]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken, with the numbers that broke it."""

    code: str
    numbers: dict[str, Any]

    @property
    def sentence(self) -> str:
        return findings.sentence(self.code, self.numbers)

    def as_json(self) -> dict[str, object]:
        return {"name": self.code, "state": "unmet", "sentence": self.sentence, **self.numbers}


class Sample(list[Attempt]):
    @property
    def failures(self) -> int:
        return sum(attempt.outcome in FAILURES for attempt in self)

    @property
    def success(self) -> float:
        return 1 - self.failures / len(self)

    @property
    def p95(self) -> int:
        return percentile([attempt.milliseconds for attempt in self])

    @property
    def slowest(self) -> int:
        return max(attempt.milliseconds for attempt in self)

    def numbers(self) -> dict[str, float]:
        return {
            "attempts": len(self),
            "failed": self.failures,
            "success": round(self.success, 4),
            "p95_ms": self.p95,
            "slowest_ms": self.slowest,
        }


def percentile(values: Sequence[int], part: float = 0.95) -> int:
    """The smallest of the values that at least this part of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * int(part * 100) // 100) - 1, 0)]


def broken(flag: Flag, now: datetime | None = None) -> list[Finding]:
    """The rules that call for turning V2 off now; none while judging pauses."""
    now = now or clock.now()
    return [] if _away(now, since=now - SHAKES) else _broken(_two_views(flag, now), now)


def judged(flag: Flag, now: datetime | None = None) -> tuple[list[Finding], list[Finding]]:
    """What is broken, and what the team should look at and turns nothing off: by one look at the attempts."""
    now = now or clock.now()
    paused, views = _pause(now), _two_views(flag, now)
    found = [*paused, *_warnings(views, now), *_duplicates(flag, now)]
    return [] if paused else _broken(views, now), _first_of_each(found)


def _broken(views: Views, now: datetime) -> list[Finding]:
    return _first_of_each(finding for attempts in views for finding in (*_in_a_row(attempts), *_rates(attempts, now)))


def _warnings(views: Views, now: datetime) -> Iterable[Finding]:
    for attempts in views:
        # The minutes alone: what a small group tried days ago is on the tiles, and calls for nobody now.
        sample = _within(attempts, now, minutes=5)
        if len(sample) < FEWEST:
            continue
        if sample.success < 0.95:
            yield _finding("success_under_95", sample)
        # Failures by code, so also a single kind of failure shows.
        for code in FAILURES:
            count = sum(attempt.outcome == code for attempt in sample)
            if count > 0.05 * len(sample):
                yield _finding(f"errors_{code}", sample, code=code, count=count)
        if sample.p95 > SLOW_MS:
            yield _finding("p95_over_1000", sample)


def _rates(attempts: list[Attempt], now: datetime) -> Iterable[Finding]:
    for minutes, least in ((5, 0.80), (10, 0.85)):
        sample = _sample(attempts, now, minutes=minutes)
        if sample and sample.success < least:
            yield _finding(f"success_under_{least:.0%}".rstrip("%"), sample, least=round(least * 100))
    sample = _sample(attempts, now, minutes=10)
    if sample and sample.p95 > SLOW_MS and sample.slowest > FAR_TOO_SLOW_MS:
        yield _finding("too_slow", sample)


def _in_a_row(attempts: list[Attempt]) -> Iterable[Finding]:
    last = Sample(attempts[:IN_A_ROW])
    if len(last) == IN_A_ROW and last.failures == IN_A_ROW:
        yield _finding("five_in_a_row", last)


def _sample(attempts: list[Attempt], now: datetime, *, minutes: int) -> Sample:
    """Attempts of the window or the last 30, whichever holds more; empty with fewer than 30."""
    in_window = _within(attempts, now, minutes=minutes)
    found = in_window if len(in_window) >= FEWEST else Sample(attempts[:FEWEST])
    return found if len(found) >= FEWEST else Sample()


def _within(attempts: list[Attempt], now: datetime, *, minutes: int) -> Sample:
    return Sample(attempt for attempt in attempts if attempt.attempted_at > now - timedelta(minutes=minutes))


def _two_views(flag: Flag, now: datetime) -> Views:
    """V2's counted attempts, newest first: members' alone, and with the test offers."""
    since = max(flag.armed_at, now - REACHES_BACK)
    here = OuterRef("attempted_at")
    shaken = Attempt.objects.filter(outcome=AWAY, attempted_at__range=(here - SHAKES, here + SHAKES))
    everything = Attempt.objects.filter(~Exists(shaken), version="v2", outcome__in=JUDGED, attempted_at__gt=since)
    return _newest(everything.filter(is_synthetic=False), now), _newest(everything, now)


def _newest(attempts: QuerySet[Attempt], now: datetime) -> list[Attempt]:
    """As far back as the longest window, or the last 30: no rule looks at more."""
    newest_first = attempts.order_by("-attempted_at", "-id")
    recent = list(newest_first.filter(attempted_at__gt=now - LONGEST)[:MOST])
    return recent if len(recent) >= FEWEST else list(newest_first[:FEWEST])


def _pause(now: datetime) -> list[Finding]:
    """That judging waits, and how much failed with the database in the longest window."""
    if not _away(now, since=now - SHAKES):
        return []
    return [Finding("database_away", {"failed": _away(now, since=now - LONGEST)})]


def _away(now: datetime, *, since: datetime) -> int:
    return Attempt.objects.filter(outcome=AWAY, attempted_at__gt=since, attempted_at__lte=now).count()


def _duplicates(flag: Flag, now: datetime) -> list[Finding]:
    since = max(flag.armed_at, now - timedelta(minutes=15))
    outcomes = list(
        Attempt.objects.filter(version="v2", is_synthetic=False, attempted_at__gt=since).values_list(
            "outcome", flat=True
        )[:MOST]
    )
    again = outcomes.count(DUPLICATE)
    if len(outcomes) < FEWEST or again <= 0.10 * len(outcomes):
        return []
    return [Finding("duplicates_over_10", {"attempts": len(outcomes), "again": again})]


def _finding(name: str, sample: Sample, **more: Any) -> Finding:
    return Finding(name, sample.numbers() | more)


def _first_of_each(findings: Iterable[Finding]) -> list[Finding]:
    return list({finding.code: finding for finding in reversed(list(findings))}.values())[::-1]
