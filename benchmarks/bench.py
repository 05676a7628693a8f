"""One run: which set, for how long, and what is started only once in it."""

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

from benchmarks.databases import on_database
from benchmarks.figures import VALUE, Figure, at_most, missed, value
from benchmarks.processor import Meter
from benchmarks.serving import site
from benchmarks.sizes import A_TWENTIETH_OF
from benchmarks.turns import Act

SAMPLES = 400


@dataclass
class Bench:
    """`seconds` are for one comparison. Leave it to end its servers."""

    which: str
    seconds: float
    sites: dict[str, site.Site] = field(default_factory=dict)
    ending: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *failure: Any) -> None:
        self.ending.close()

    @property
    def twentieth(self) -> str:
        """The set that has a twentieth of everything."""
        return A_TWENTIETH_OF[self.which]

    def site(self, which: str = "") -> site.Site:
        """The server of this set, started when the first row asks for it."""
        which = which or self.which
        if which not in self.sites:
            with on_database(which):
                self.sites[which] = self.ending.enter_context(site.running())
        return self.sites[which]

    @contextmanager
    def meter(self) -> Iterator[Meter]:
        """Of this program and the database that is in use."""
        meter = Meter(os.getpid(), site.parameters())
        try:
            yield meter
        finally:
            meter.close()


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    measure: Callable[[Bench], list[Figure]]
    needs_twentieth: bool = False


def measured(bench: Bench, row: Row) -> list[Figure]:
    """The row's figures. One that cannot be measured does not take the others with it; and it is no success."""
    began = time.monotonic()
    try:
        found = row.measure(bench)
    except Exception as error:
        traceback.print_exc()
        found = [value(row.name, f"failed: {error!r:.120}", 1, "", at_most(0, VALUE, unit=""))]
    told = [f"{row.name} ({time.monotonic() - began:.0f} s)", *missed(found)]
    print(*told, sep="\n  missed ", file=sys.stderr, flush=True)
    return found


def repeated(acts: Sequence[Act], times: int = SAMPLES) -> list[Act]:
    """One after the other, and from the beginning again."""
    return list(islice(cycle(acts), times))
