"""What a proof is."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofs.ground import Ground


@dataclass(slots=True)
class Outcome:
    """What one run came to: its figures, and how often what went wrong."""

    figures: dict[str, Any] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)


def nothing_stands_in_the_way() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Proof:
    """`run` takes the ground, how often things break, and whether the fault is planted.

    Sound, its outcome has nothing wrong; with the fault planted it must have. `why_not` says what this machine
    lacks for it, and nothing where it lacks nothing. One that brings its own databases gets no ground: `stands_alone`.
    """

    name: str
    promise: str
    fault: str
    run: Callable[["Ground", int, bool], Outcome]
    quick: int
    full: int
    why_not: Callable[[], str] = nothing_stands_in_the_way
    stands_alone: bool = False


@dataclass(frozen=True, slots=True)
class Proven:
    """What became of a proof. `sound` or `planted` is None where that was not run; `why_not` says why."""

    proof: Proof
    times: int
    sound: Outcome | None = None
    planted: Outcome | None = None
    why_not: str = ""

    @property
    def failures(self) -> list[str]:
        """What is wrong with it, each as a sentence."""
        found = []
        if self.sound is not None and self.sound.wrong:
            found.append(f"{self.proof.name}: the promise is broken: {said(self.sound.wrong)}")
        if self.planted is not None and not self.planted.wrong:
            found.append(f"{self.proof.name}: the planted fault was not seen: {said(self.planted.figures)}")
        return found


def said(counts: dict[str, Any]) -> str:
    """Figures in one line: the number before what it counts, a text after what it is about."""
    return ", ".join(_one(name, value) for name, value in counts.items())


def _one(name: str, value: Any) -> str:
    return f"{value:,} {name}" if isinstance(value, int | float) else f"{name}: {value}"
