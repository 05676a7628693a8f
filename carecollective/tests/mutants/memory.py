"""What became of mutants in earlier runs: one that was stopped goes on, and what did not change is not tried again.

A line under var/mutants/ for each. It is believed for the same text of the module: what was caught as long as the test
that caught it reads the same, what survived as long as all of its guards do. What else a test calls is not looked at:
whoever changed that deletes the folder.
"""

import hashlib
import inspect
import json
from collections.abc import Iterable

import pytest

from carecollective.tests.mutants.making import ROOT, Mutant, Planted
from carecollective.tests.mutants.testing import Outcome


class Memory:
    def __init__(self, path: str, guards: Iterable[str], items: Iterable[pytest.Item]):
        self.file = ROOT / "var" / "mutants" / f"{path.replace('/', '.')}.jsonl"
        self.reach = self.file.with_suffix(".json")
        self.module = digest((ROOT / path).read_text())
        self.guards = digest("".join((ROOT / guard).read_text() for guard in guards))
        functions = {item.nodeid: item.function for item in items if isinstance(item, pytest.Function)}
        self.grounds = {test: digest(inspect.getsource(function)) for test, function in functions.items()}
        self.told = dict(map(json.loads, self.file.read_text().splitlines())) if self.file.exists() else {}
        self.file.parent.mkdir(parents=True, exist_ok=True)

    def outcome(self, mutant: Mutant | Planted) -> Outcome | None:
        """None where it has to be tried."""
        caught, ground = self.told.get(digest(mutant.code), (None, None))
        return Outcome(caught) if ground == self._ground(caught) else None

    def keep(self, mutant: Mutant | Planted, outcome: Outcome) -> None:
        with self.file.open("a") as file:
            file.write(json.dumps([digest(mutant.code), [outcome.caught, self._ground(outcome.caught)]]) + "\n")

    def traced(self) -> tuple[dict[str, set[str]], dict[str, float]]:
        """The functions that each test is known to call, and how long it took."""
        known = json.loads(self.reach.read_text()) if self.reach.exists() else {}
        same = {test: each for test, each in known.items() if each[:2] == [self.module, self._ground(test)]}
        return {test: set(each[2]) for test, each in same.items()}, {test: each[3] for test, each in same.items()}

    def keep_traced(self, calls: dict[str, set[str]], took: dict[str, float]) -> None:
        known = {test: [self.module, self._ground(test), sorted(calls[test]), took[test]] for test in calls}
        self.reach.write_text(json.dumps(known))

    def _ground(self, caught: str | None) -> str:
        """What has to be the same, so that the outcome is."""
        return self.grounds.get(caught or "", self.guards)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
