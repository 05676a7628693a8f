"""Taking samples in turns, so that whatever else the machine does meets all sides alike."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks.figures import Samples
from benchmarks.processor import Meter, Spent

Act = Callable[[], object]
BATCH = 5
FEWEST_ROUNDS = 3  # beside the one that warms up
VERY_LONG = 5  # times what was allowed


def in_turns(
    sides: Mapping[str, Sequence[Act]], meters: Mapping[str, Meter] | Meter, *, seconds: float, batch: int = BATCH
) -> dict[str, Samples]:
    """Do each act once: a few of one side, a few of the next, and so on, another side first in every round.

    Ends with the shortest side, or after so many seconds with what it has: a few rounds, unless that takes very long.
    """
    taken: dict[str, Samples] = {name: Samples() for name in sides}
    ends_at = time.monotonic() + seconds
    names = list(sides)
    gc.collect()
    gc.disable()
    try:
        for number, start in enumerate(range(0, min(map(len, sides.values())), batch)):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                meter = meters[name] if isinstance(meters, Mapping) else meters
                _take(taken[name], sides[name][start : start + batch], meter)
            over = time.monotonic() - ends_at
            if (over > 0 and number >= FEWEST_ROUNDS) or over > VERY_LONG * seconds:
                break
    finally:
        gc.enable()
    return {name: samples.without_warming_up(batch) for name, samples in taken.items()}


def _take(samples: Samples, acts: Sequence[Act], meter: Meter) -> None:
    meter.begin()
    for act in acts:
        began = time.perf_counter()
        act()
        samples.elapsed.append(time.perf_counter() - began)
    spent = meter.spent()
    samples.processor.append(Spent(*(seconds / len(acts) for seconds in spent)))
