"""A share with what it may truly be (a proportion and its Wilson interval), and times with their 95th percentile."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from .guard_rails import percentile

Verdict = Literal["met", "not_met", "too_few", "shown"]
Z = NormalDist().inv_cdf(0.975)
GOAL_P95_MS = 500
# With fewer calls than this no 95th percentile can be told from them.
FEWEST_FOR_P95 = 59


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
