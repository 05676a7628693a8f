"""Small-cell suppression: small numbers are not printed, and what is printed does not give them away.

In a small town "1 person had a ride to a clinic" is somebody. So no number under 5 is printed. Where the parts of a
total are printed beside it, one hidden part would be the total less the others: then more of them are hidden, until
every small one could, by all that is printed, still be any number from 0 to 4. Where that does not come about, the
total stands alone. Which are hidden goes by a fixed order and never by their size, since an order by size would be one
more thing to reckon with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FEWEST = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it may be printed: itself, or None, with whether that says that it is small."""

    number: int | None
    is_small: bool = False

    @property
    def is_hidden(self) -> bool:
        return self.number is None


SMALL, NOT_SHOWN = Cell(None, is_small=True), Cell(None)


def alone(number: int) -> Cell:
    """A number that is no part of a sum."""
    return SMALL if number < FEWEST else Cell(number)


def parts_and_total(parts: Mapping[str, int], order: Sequence[str]) -> tuple[dict[str, Cell], Cell]:
    """The parts of a sum and the sum, as they may be printed side by side. `order` says which part is hidden first for
    the sake of another one.
    """
    total = sum(parts.values())
    small = [name for name, number in parts.items() if number < FEWEST]
    spared = [name for name in order if name not in small]
    hiding: list[str] = []
    while small and spared and not _tells_nothing(parts, small, hiding):
        hiding.append(spared.pop(0))
    if total < FEWEST:
        return dict.fromkeys(parts, SMALL), SMALL
    if small and not _tells_nothing(parts, small, hiding):
        return dict.fromkeys(parts, NOT_SHOWN), Cell(total)
    cells = {name: Cell(number) for name, number in parts.items()}
    return cells | dict.fromkeys(small, SMALL) | dict.fromkeys(hiding, NOT_SHOWN), Cell(total)


def _tells_nothing(parts: Mapping[str, int], small: list[str], hiding: list[str]) -> bool:
    """The total less what is printed is the sum of the hidden: could each small one of them be any of 0 to 4?"""
    rest, most = sum(parts[name] for name in (*small, *hiding)), FEWEST - 1
    if hiding:  # those are 5 or more, and nobody knows how much more
        return rest >= len(hiding) * FEWEST + most
    return most <= rest <= (len(small) - 1) * most
