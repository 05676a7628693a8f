"""A figure: what was measured, as a ratio to its baseline, and what it has to be. Nothing here measures anything."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.processor import Spent

ELAPSED, PROCESSOR, DATABASE = "elapsed", "processor", "database"
# One ratio that is neither: a count, bytes, seconds.
VALUE = "value"


@dataclass
class Samples:
    """Seconds: of each call by the clock on the wall, and of each batch of calls the processor's for one of them."""

    elapsed: list[float] = field(default_factory=list)
    processor: list[Spent] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.elapsed)

    @property
    def p95(self) -> float:
        return sorted(self.elapsed)[int(len(self.elapsed) * 0.95)]

    @property
    def web(self) -> float:
        return statistics.median(spent.web for spent in self.processor)

    @property
    def database(self) -> float:
        return statistics.median(spent.database for spent in self.processor)

    def of(self, measure: str) -> float:
        return {ELAPSED: self.p50, PROCESSOR: self.web + self.database, DATABASE: self.database}[measure]

    def without_warming_up(self, batch: int) -> "Samples":
        """The first batch warmed up, and so did the first tenth: they do not count, where there are others."""
        batches = len(self.processor)
        first = max(1, batches // 10) if batches > 1 else 0
        return Samples(self.elapsed[first * batch :], self.processor[first:])

    def as_json(self) -> dict[str, Any]:
        said = {"p50": self.p50, "p95": self.p95, "web": self.web, "database": self.database}
        return {"samples": len(self.elapsed)} | {f"{name}_ms": round(value * 1000, 3) for name, value in said.items()}


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound that every judged ratio has to keep."""

    bound: float
    unit: str = "×"
    is_least: bool = False
    judged: tuple[str, ...] = (ELAPSED, PROCESSOR)

    def is_met(self, ratios: dict[str, float]) -> bool:
        return all(
            ratios[measure] >= self.bound if self.is_least else ratios[measure] <= self.bound for measure in self.judged
        )

    def __str__(self) -> str:
        how = "" if VALUE in self.judged else f" ({' and '.join(self.judged)})"
        return f"{'≥' if self.is_least else '≤'} {self.bound:,g} {self.unit}".strip() + how


@dataclass
class Figure:
    """One line of the table. Without a goal it is shown, and judged by nobody; with a note in its place it was not
    measured here.
    """

    row: str
    what: str
    against: str
    ratios: dict[str, float]
    goal: Goal | None = None
    ours: Samples | None = None
    theirs: Samples | None = None
    unit: str = "×"
    note: str = ""
    untold: str = ""  # why this machine cannot tell whether the goal is met: then it is not

    @property
    def is_met(self) -> bool | None:
        if self.goal is None or not self.ratios:
            return None
        return self.goal.is_met(self.ratios) and not self.untold

    @property
    def verdict(self) -> str:
        words = {True: "met", False: "**missed**", None: self.note or "-"}[self.is_met]
        return f"{words} ({self.untold})" if self.untold else words

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "what": self.what,
            "against": self.against,
            "ratios": {measure: round(ratio, 4) for measure, ratio in self.ratios.items()},
            "unit": self.unit,
            "goal": self.goal and str(self.goal),
            "met": self.is_met,
            "ours": self.ours and self.ours.as_json(),
            "theirs": self.theirs and self.theirs.as_json(),
            "note": self.note or self.untold,
        }


def at_most(bound: float, *judged: str, unit: str = "×") -> Goal:
    return Goal(bound, unit, judged=judged or (ELAPSED, PROCESSOR))


def at_least(bound: float, *judged: str, unit: str = "× faster") -> Goal:
    return Goal(bound, unit, is_least=True, judged=judged or (ELAPSED, PROCESSOR))


def slower(row: str, what: str, against: str, ours: Samples, theirs: Samples, goal: Goal | None = None) -> Figure:
    """Our medians as multiples of the other's."""
    ratios = {measure: ours.of(measure) / theirs.of(measure) for measure in (ELAPSED, PROCESSOR, DATABASE)
              if theirs.of(measure)}  # fmt: skip
    return Figure(row, what, against, ratios, goal, ours, theirs)


def faster(row: str, what: str, against: str, ours: Samples, theirs: Samples, goal: Goal | None = None) -> Figure:
    """The other's medians as multiples of ours."""
    found = slower(row, what, against, ours, theirs, goal)
    found.ratios = {measure: 1 / ratio for measure, ratio in found.ratios.items()}
    found.unit = "× faster"
    return found


def value(row: str, what: str, number: float, unit: str, goal: Goal | None = None, against: str = "-") -> Figure:
    """A count, a size or a time that stands for itself."""
    return Figure(row, what, against, {VALUE: number}, goal, unit=unit)


def not_here(row: str, what: str, why: str) -> Figure:
    return Figure(row, what, "-", {}, note=why)


def exit_code(figures: Iterable[Figure]) -> int:
    """1 where a goal was missed, or nothing was judged at all: silence is no success."""
    verdicts = [figure.is_met for figure in figures]
    return 1 if False in verdicts or True not in verdicts else 0


def missed(figures: Sequence[Figure]) -> list[str]:
    return [f"{figure.row}: {figure.what}" for figure in figures if figure.is_met is False]
