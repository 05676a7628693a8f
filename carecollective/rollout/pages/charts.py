"""Charts drawn on the server: numbers become places here, the template draws them, and a table says the same."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from .. import days
from ..history import CHANGES
from ..models import Act
from ..outcomes import COUNTED, CREATED

DAYS = 14
WIDTH, HEIGHT, LEFT, TOP = 600, 160, 36, 12
STEP = (WIDTH - LEFT) / DAYS


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    height: str
    kind: str


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    new: int
    failed: int
    old: int

    @property
    def total(self) -> int:
        return self.new + self.failed + self.old

    @property
    def share(self) -> float | None:
        started = self.new + self.old
        return self.new / started if started else None


@dataclass(frozen=True, slots=True)
class Mark:
    """A change of the stage: a line with a number, explained below the chart."""

    x: str
    number: int
    act: Act


@dataclass(frozen=True, slots=True)
class Charts:
    days: list[Day]
    bars: list[Bar]
    dots: list[tuple[str, str]]
    line: str
    marks: list[Mark]
    labels: list[tuple[str, date]]
    most: int

    @property
    def has_any(self) -> bool:
        return any(day.total for day in self.days)


def read(acts: list[Act]) -> Charts:
    today = timezone.localdate()
    shown = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counted = _counted(shown[0])
    table = [_day(day, counted) for day in shown]
    most = max((day.total for day in table), default=0)
    points = [(_middle(n), _height(day.share or 0)) for n, day in enumerate(table) if day.share is not None]
    return Charts(
        days=table,
        bars=[bar for n, day in enumerate(table) for bar in _bars(n, day, most)],
        dots=[(f"{x:.1f}", f"{y:.1f}") for x, y in points],
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        marks=_marks(acts, shown[0]),
        labels=[(f"{_middle(n):.1f}", day) for n, day in enumerate(shown) if n % 3 == DAYS % 3 - 1],
        most=most,
    )


def _counted(since: date) -> Counter[tuple[date, str, str]]:
    """From the beginning of this day on."""
    begins_at = datetime.combine(since, time(), timezone.get_default_timezone())
    found: Counter[tuple[date, str, str]] = Counter()
    for row in days.counted(begins_at - timedelta(microseconds=1), timezone.now()):
        if row.outcome in COUNTED and not row.is_synthetic:
            found[row.day, row.version, row.outcome] += row.attempts
    return found


def _day(day: date, counted: Counter[tuple[date, str, str]]) -> Day:
    failed = sum(
        count
        for (at, version, outcome), count in counted.items()
        if (at, version) == (day, "v2") and outcome != CREATED
    )
    return Day(day, counted[day, "v2", CREATED], failed, counted[day, "v1", CREATED])


def _bars(n: int, day: Day, most: int) -> list[Bar]:
    bars, bottom = [], float(TOP + HEIGHT)
    for kind, count in (("old", day.old), ("new", day.new), ("failed", day.failed)):
        height = HEIGHT * count / most if most else 0
        if count:
            bottom -= height
            bars.append(Bar(f"{LEFT + n * STEP + 4:.1f}", f"{bottom:.1f}", f"{height:.1f}", kind))
    return bars


def _marks(acts: list[Act], first: date) -> list[Mark]:
    changes = [act for act in reversed(acts) if act.kind in CHANGES and act.kind != Act.Kind.ALWAYS]
    marks: list[Mark] = []
    for act in changes:
        at = timezone.localtime(act.made_at)
        days = (at.date() - first).days + (at.hour * 60 + at.minute) / 1440
        if days >= 0:
            marks.append(Mark(f"{min(LEFT + days * STEP, WIDTH - 1):.1f}", len(marks) + 1, act))
    return marks


def _middle(n: int) -> float:
    return LEFT + (n + 0.5) * STEP


def _height(share: float) -> float:
    return TOP + HEIGHT * (1 - share)
