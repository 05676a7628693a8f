"""Taking samples in turns, and the table that they end in."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Act = Callable[[], object]


@dataclass
class Samples:
    """Durations in seconds."""

    seconds: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]

    def take(self, act: Act) -> None:
        began = time.perf_counter()
        act()
        self.seconds.append(time.perf_counter() - began)

    def as_json(self) -> dict[str, Any]:
        return {
            "samples": len(self.seconds),
            "p50_ms": round(self.p50 * 1000, 3),
            "p95_ms": round(self.p95 * 1000, 3),
        }


@dataclass
class Figure:
    """One line of the table: a ratio of two medians, or a count, and what it has to be."""

    what: str
    against: str
    value: float | None
    goal: str
    is_met: bool | None
    ours: Samples | None = None
    theirs: Samples | None = None
    unit: str = "x"
    note: str = ""

    @property
    def verdict(self) -> str:
        return {True: "met", False: "MISSED", None: self.note or "-"}[self.is_met]

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "against": self.against,
            "value": None if self.value is None else round(self.value, 3),
            "unit": self.unit,
            "goal": self.goal,
            "met": self.is_met,
            "ours": self.ours and self.ours.as_json(),
            "theirs": self.theirs and self.theirs.as_json(),
            "note": self.note,
        }


def in_turns(
    ours: Sequence[Act], theirs: Sequence[Act], *, batch: int = 5, at_most: float = 60.0
) -> tuple[Samples, Samples]:
    """Time each act once: a few of ours, a few of theirs, and so on, each side first every other time.

    So whatever else the machine does meets both sides. The first tenth warms up and does not count. Ends after
    `at_most` seconds with what it has.
    """
    mine, other = Samples(), Samples()
    began = time.monotonic()
    gc.collect()
    gc.disable()
    try:
        for number, start in enumerate(range(0, min(len(ours), len(theirs)), batch)):
            sides = [(mine, ours), (other, theirs)]
            for samples, acts in sides if number % 2 else reversed(sides):
                for act in acts[start : start + batch]:
                    samples.take(act)
            if time.monotonic() - began > at_most:
                break
    finally:
        gc.enable()
    for samples in (mine, other):
        del samples.seconds[: len(samples.seconds) // 10]
    return mine, other


def slower(what: str, against: str, ours: Samples, theirs: Samples, *, at_most: float | None = None) -> Figure:
    """Our median as a multiple of the other's. Without a goal it is shown, and judged by nobody."""
    ratio = ours.p50 / theirs.p50
    if at_most is None:
        return Figure(what, against, ratio, "-", None, ours, theirs)
    return Figure(what, against, ratio, f"<= {at_most:g} x", ratio <= at_most, ours, theirs)


def faster(what: str, against: str, ours: Samples, theirs: Samples, *, at_least: float | None = None) -> Figure:
    """The other's median as a multiple of ours. Without a goal it is shown, and judged by nobody."""
    ratio, unit = theirs.p50 / ours.p50, "x faster"
    if at_least is None:
        return Figure(what, against, ratio, "-", None, ours, theirs, unit)
    return Figure(what, against, ratio, f">= {at_least:g} {unit}", ratio >= at_least, ours, theirs, unit)


def counted(what: str, count: int, *, at_most: int) -> Figure:
    return Figure(what, "-", count, f"<= {at_most}", count <= at_most, unit="")


def table(figures: Sequence[Figure]) -> str:
    """Aligned columns; times are milliseconds, median and 95th percentile."""
    head = ("what", "against", "ratio", "goal", "ours p50 / p95 ms", "theirs p50 / p95 ms", "")
    lines = [head, *(_line(figure) for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _line(figure: Figure) -> tuple[str, ...]:
    value = "" if figure.value is None else f"{figure.value:.2f}" if figure.unit else f"{figure.value:g}"
    return (
        figure.what,
        figure.against,
        f"{value} {figure.unit}".strip() if value else "",
        figure.goal,
        _times(figure.ours),
        _times(figure.theirs),
        figure.verdict,
    )


def _times(samples: Samples | None) -> str:
    return f"{samples.p50 * 1000:.2f} / {samples.p95 * 1000:.2f}" if samples else ""
