"""What is said of a run: what survived and was not foreseen, the share that was caught, and the page of figures."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from carecollective.tests.mutants.making import ROOT, Mutant, Planted
from carecollective.tests.mutants.testing import BY_NO_TEST, Outcome

HERE = Path(__file__).parent
PAGE = ROOT / "docs" / "mutants.md"
LEAST = 0.95  # of the mutants of a run

Name = tuple[str, str, str, str]


def guards() -> dict[str, list[str]]:
    """The tests of each module that is mutated."""
    return tomllib.loads((HERE / "guards.toml").read_text())["guards"]


def planted() -> list[Planted]:
    return [Planted(**each) for each in tomllib.loads((HERE / "guards.toml").read_text())["planted"]]


def listed() -> dict[Name, str]:
    """Why each survivor may be one."""
    found = tomllib.loads((HERE / "survivors.toml").read_text()).get("survivor", [])
    return {(each["module"], each["function"], each["before"], each["after"]): each["why"] for each in found}


def name_of(mutant: Mutant | Planted) -> Name:
    """By its lines and not by their number: code above it may change."""
    return (mutant.path, mutant.function, *mutant.change)


@dataclass
class Tally:
    """What became of the mutants of one module, or of several."""

    tried: int = 0
    hung: int = 0
    seconds: float = 0.0
    survived: list[Name] = field(default_factory=list)

    def add(self, mutant: Mutant | Planted, outcome: Outcome) -> None:
        self.tried += 1
        self.hung += outcome.caught in BY_NO_TEST
        self.seconds += outcome.seconds
        if not outcome.caught:
            self.survived.append(name_of(mutant))

    @property
    def share(self) -> float:
        return 1 - len(self.survived) / self.tried if self.tried else 1.0

    def __add__(self, other: "Tally") -> "Tally":
        ours, theirs = vars(self), vars(other)
        return Tally(**{part: ours[part] + theirs[part] for part in ours})

    def row(self) -> str:
        return (
            f"{self.tried} | {self.tried - len(self.survived)} | {self.hung} | {len(self.survived)} | {self.share:.1%}"
        )


def conclusion(tally: Tally, known: Iterable[Name]) -> tuple[str, int]:
    """What to say, and the exit code."""
    unforeseen = [name for name in tally.survived if name not in set(known)]
    lines = [
        f"{tally.tried} mutants, {len(tally.survived)} survived: {tally.share:.1%} caught in {tally.seconds:.0f} s."
    ]
    if unforeseen:
        lines += ["These survive, and survivors.toml does not say why they may:", *map(as_toml, unforeseen)]
    if tally.share < LEAST:
        lines.append(f"At least {LEAST:.0%} have to be caught.")
    return "\n".join(lines), int(bool(unforeseen) or tally.share < LEAST)


def as_toml(name: Name) -> str:
    """As it would be listed, without a reason."""
    parts = zip(("module", "function", "before", "after"), map(quoted, name), strict=True)
    return "\n[[survivor]]\n" + "\n".join(f"{part} = {value}" for part, value in parts) + '\nwhy = ""'


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if "'" in text else f"'{text}'"


def written_down(page: str, tallies: dict[str, Tally], which: str) -> str:
    """The page, with the figures of these modules in their rows."""
    for path, tally in tallies.items():
        row = f"| `{path}` | {which} | {tally.row()} |"
        page = re.sub(rf"^\| `{re.escape(path)}` \|.*$", row.replace("\\", r"\\"), page, flags=re.M)
    return page
