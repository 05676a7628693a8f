"""The numbers of the rollout, honestly: a rate comes with its interval, and too few attempts say so."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Literal

from django.db.models import Count
from django.utils import timezone

from . import probes
from .guard_rails import percentile
from .heads import Roster
from .models import Attempt, Flag
from .outcomes import CREATED, DUPLICATE, FAILURES, REPLAYED
from .stages import Stage, parse

Verdict = Literal["met", "not_met", "too_few", "shown"]
Z = NormalDist().inv_cdf(0.975)
GOAL_SUCCESS, GOAL_ERRORS, GOAL_DUPLICATES, GOAL_P95_MS = 0.99, 0.01, 0.10, 500
ADOPTION_MARGIN = 0.10
# With fewer calls than this no 95th percentile can be told from them.
FEWEST_FOR_P95 = 59
# Rows read for the percentiles; counts are made by the database.
MOST = 50_000


def wilson(k: int, n: int) -> tuple[float, float]:
    """Where the true rate likely is (95 %), when k of n came out well."""
    if n == 0:
        return 0.0, 1.0
    part, spread = k / n, Z * Z / n
    middle = (part + spread / 2) / (1 + spread)
    half = Z * math.sqrt(part * (1 - part) / n + spread / (4 * n)) / (1 + spread)
    # At the ends the formula is exact, and floating point is not.
    return (0.0 if k == 0 else max(middle - half, 0.0)), (1.0 if k == n else min(middle + half, 1.0))


@dataclass(frozen=True, slots=True)
class Rate:
    """k of n, and whether that is enough. `least` or `most` is the goal; `shown` has none."""

    k: int
    n: int
    least: float | None = None
    most: float | None = None

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None

    @property
    def low(self) -> float:
        return wilson(self.k, self.n)[0]

    @property
    def high(self) -> float:
        return wilson(self.k, self.n)[1]

    @property
    def goal(self) -> float | None:
        return self.least if self.least is not None else self.most

    @property
    def verdict(self) -> Verdict:
        if self.goal is None:
            return "shown"
        if self.n == 0:
            return "too_few"
        above, below = self.low >= self.goal, self.high <= self.goal
        good, bad = (above, below) if self.least is not None else (below, above)
        return "met" if good else "not_met" if bad else "too_few"

    @property
    def still_needed(self) -> int:
        """How many more good ones in a row would show that the goal is met."""
        if self.least is None or self.verdict == "met":
            return 0
        more = 1
        while wilson(self.k + more, self.n + more)[0] < self.least and more < 100_000:
            more *= 2
        low, high = more // 2, more
        while high - low > 1:
            middle = (low + high) // 2
            reached = wilson(self.k + middle, self.n + middle)[0] >= self.least
            low, high = (low, middle) if reached else (middle, high)
        return high


@dataclass(frozen=True, slots=True)
class Latency:
    milliseconds: list[int]

    @property
    def n(self) -> int:
        return len(self.milliseconds)

    @property
    def is_enough(self) -> bool:
        return self.n >= FEWEST_FOR_P95

    @property
    def value(self) -> int | None:
        """The 95th percentile, or the slowest where there are too few to tell."""
        return percentile(self.milliseconds, 0.95 if self.is_enough else 1.0) if self.n else None

    @property
    def median(self) -> int | None:
        return percentile(self.milliseconds, 0.5) if self.n else None

    @property
    def slowest(self) -> int | None:
        return max(self.milliseconds, default=None)

    @property
    def verdict(self) -> Verdict:
        """Asked as a rate: are 95 of 100 calls under the limit, as far as these tell?"""
        return Rate(sum(ms < GOAL_P95_MS for ms in self.milliseconds), self.n, least=0.95).verdict


@dataclass(frozen=True, slots=True)
class Numbers:
    since: datetime
    until: datetime
    success: Rate
    success_of_tests: Rate
    success_v1: Rate
    adoption: Rate
    expected_share: float
    errors: dict[str, Rate]
    latency: Latency
    duplicates: Rate
    # (version, outcome, synthetic) -> how many
    counted: Counter[tuple[str, str, bool]]
    refusals: dict[str, int] = field(default_factory=dict)
    help_completed: Rate | None = None
    complaints: Rate | None = None

    @property
    def adoption_verdict(self) -> Verdict:
        """Met where the whole interval lies within ten points of what the stage should give."""
        if self.adoption.n == 0:
            return "too_few"
        least, most = self.expected_share - ADOPTION_MARGIN, self.expected_share + ADOPTION_MARGIN
        if self.adoption.low >= least and self.adoption.high <= most:
            return "met"
        return "not_met" if self.adoption.high < least or self.adoption.low > most else "too_few"

    @property
    def has_any(self) -> bool:
        return bool(self.success.n)

    @property
    def verdicts(self) -> list[Verdict]:
        return [
            self.success.verdict,
            self.adoption_verdict,
            *(rate.verdict for rate in self.errors.values()),
            self.latency.verdict,
            self.duplicates.verdict,
        ]


def least_success(stage: Stage) -> float:
    """What has to work before the next stage: more, the more people it reaches."""
    if stage.name == "enabled":
        return GOAL_SUCCESS
    return 0.97 if stage.parts >= 5000 else 0.95


def read(flag: Flag, since: datetime, until: datetime | None = None, roster: Roster | None = None) -> Numbers:
    until = until or timezone.now()
    roster = roster or Roster.read()
    attempts = Attempt.objects.filter(attempted_at__gt=since, attempted_at__lte=until)
    counted = Counter(
        {
            (row["version"], row["outcome"], row["is_synthetic"]): row["count"]
            for row in attempts.values("version", "outcome", "is_synthetic").annotate(count=Count("*")).order_by()
        }
    )
    new = _Of(counted, "v2", synthetic=False)
    old = _Of(counted, "v1", synthetic=False)
    tests = _Of(counted, "v2", synthetic=True)
    goal = least_success(flag.planned)
    milliseconds = attempts.filter(version="v2", is_synthetic=False, outcome__in=(CREATED, *FAILURES))
    recent = until - timedelta(minutes=15)
    return Numbers(
        since=since,
        until=until,
        success=Rate(new[CREATED], new.counted, least=goal),
        success_of_tests=Rate(tests[CREATED], tests.counted, least=goal),
        success_v1=Rate(old[CREATED], old.counted),
        adoption=Rate(new[CREATED], new[CREATED] + old[CREATED]),
        expected_share=_expected(flag, attempts, roster),
        errors={code: Rate(new[code], new.all, most=GOAL_ERRORS) for code in FAILURES},
        latency=Latency(list(milliseconds.order_by("-attempted_at").values_list("milliseconds", flat=True)[:MOST])),
        duplicates=_duplicates(max(recent, since), until),
        counted=counted,
        refusals={code: n for code, n in sorted(new.by_outcome()) if code not in (CREATED, REPLAYED, *FAILURES)},
        help_completed=_rate(probes.probe().help_completed()),
        complaints=_rate(probes.probe().complaints()),
    )


@dataclass(frozen=True, slots=True)
class _Of:
    """The counts of one version, members' or tests'."""

    everything: Counter[tuple[str, str, bool]]
    version: str
    synthetic: bool

    def __getitem__(self, outcome: str) -> int:
        return self.everything[self.version, outcome, self.synthetic]

    def by_outcome(self) -> Iterable[tuple[str, int]]:
        for (version, outcome, synthetic), count in self.everything.items():
            if (version, synthetic) == (self.version, self.synthetic):
                yield outcome, count

    @property
    def all(self) -> int:
        return sum(count for _, count in self.by_outcome())

    @property
    def counted(self) -> int:
        return self[CREATED] + sum(self[code] for code in FAILURES)


def _duplicates(since: datetime, until: datetime) -> Rate:
    outcomes = Attempt.objects.filter(
        version="v2", is_synthetic=False, attempted_at__gt=since, attempted_at__lte=until
    ).values_list("outcome", flat=True)
    found = Counter(outcomes[:MOST])
    return Rate(found[DUPLICATE], found.total(), most=GOAL_DUPLICATES)


def _expected(flag: Flag, attempts: object, roster: Roster) -> float:
    """The share that the stages in this time should have given, each by how many starts fell into it."""
    rows = (
        attempts.filter(is_synthetic=False, outcome=CREATED)  # type: ignore[attr-defined]
        .values("stage")
        .annotate(count=Count("*"))
        .order_by()
    )
    weights = {row["stage"]: row["count"] for row in rows}
    if not weights:
        return roster.share(flag.plan, flag.in_effect)
    total = sum(weights.values())
    return sum(roster.share(flag.plan, parse(stage)) * count for stage, count in weights.items()) / total


def _rate(found: tuple[int, int] | None) -> Rate | None:
    return Rate(*found) if found else None
