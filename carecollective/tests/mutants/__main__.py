"""script/mutants [--sample | [--functions] MODULE...] [--document]: exit code 1 where a mutant survives that may not.

MODULE is a path, or the beginning of one; all of them without. --sample: those that were planted by hand, and a fixed
few of all others. --functions: only what stands inside of functions, which is tried in a tenth of the time; what no
test calls survives there.
--document writes the figures into docs/mutants.md.
"""

import argparse
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from carecollective.tests.mutants import judging
from carecollective.tests.mutants.making import Mutant, Planted, mutants_of
from carecollective.tests.mutants.memory import Memory
from carecollective.tests.mutants.testing import ARGUMENTS, Module, Outcome, OwnDatabase, Tests, kept_server

SEED, SAMPLED = 20261130, 15
BROKEN = 2
BOUND_IN_SAMPLE = 40.0  # seconds for the tests of one mutant


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="script/mutants", description=__doc__)
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--functions", action="store_true")
    parser.add_argument("--document", action="store_true")
    parser.add_argument("modules", nargs="*")
    wanted = parser.parse_args(arguments)
    guards = judging.guards()
    if not wanted.sample:
        guards = {path: tests for path, tests in guards.items() if path.startswith(tuple(wanted.modules) or "")}
    if not guards:
        parser.error("guards.toml has no such module")
    run = Run(guards, is_sample=wanted.sample, is_whole=not wanted.functions)
    code = run.done()
    if wanted.document and not wanted.sample and code < BROKEN:
        which = "functions" if wanted.functions else "all"
        judging.PAGE.write_text(judging.written_down(judging.PAGE.read_text(), run.tallies, which))
    return code


class Run:
    """All mutants of some modules, or a sample of all."""

    def __init__(self, guards: dict[str, list[str]], *, is_sample: bool, is_whole: bool):
        self.guards, self.is_sample, self.is_whole = guards, is_sample, is_whole
        self.tallies: dict[str, judging.Tally] = {}

    def done(self) -> int:
        files = {file for tests in self.guards.values() for file in tests}
        with kept_server():
            tests = Tests(self.try_all)
            code = pytest.main([*ARGUMENTS, *sorted(files)], plugins=[OwnDatabase(), tests])
        if code or tests.broken:
            sys.stderr.write(f"{tests.broken or 'The tests could not be run.'}\n")
            return BROKEN
        said, code = judging.conclusion(sum(self.tallies.values(), judging.Tally()), judging.listed())
        say(said)
        return code

    def try_all(self, tests: Tests) -> None:
        killers: dict[str, None] = {}
        for path, mutants in self.chosen():
            bound = BOUND_IN_SAMPLE if self.is_sample else None
            module = Module(tests, path, self.guards[path], bound, is_whole=self.is_whole)
            self.tallies[path] = self.try_out(module, mutants)
            module.screen.end()
            killers |= module.killers
        tests.must_pass(killers)

    def chosen(self) -> Iterator[tuple[str, Sequence[Mutant | Planted]]]:
        if not self.is_sample:
            yield from ((path, self.made_of(path)) for path in self.guards)
            return
        everything = [mutant for path in self.guards for mutant in mutants_of(path) if mutant.is_in_a_function]
        sample: list[Mutant | Planted] = [*judging.planted(), *drawn(everything)]
        for path in dict.fromkeys(mutant.path for mutant in sample):
            yield path, [mutant for mutant in sample if mutant.path == path]

    def made_of(self, path: str) -> list[Mutant]:
        return [mutant for mutant in mutants_of(path) if self.is_whole or mutant.is_in_a_function]

    def try_out(self, module: Module, mutants: Sequence[Mutant | Planted]) -> judging.Tally:
        tally = judging.Tally()
        memory = None if self.is_sample else Memory(module.path, module.guards, module.items)
        for mutant in mutants:
            outcome = self.outcome(module, mutant, memory)
            tally.add(mutant, outcome)
            if not outcome.caught:
                say(f"  survived: {mutant.function}: {' -> '.join(mutant.change)}")
        say(f"{module.path}: {tally.tried} tried, {len(tally.survived)} survived, {tally.seconds:.0f} s")
        return tally

    def outcome(self, module: Module, mutant: Mutant | Planted, memory: Memory | None) -> Outcome:
        if not memory:
            return module.try_out(mutant)
        if outcome := memory.outcome(mutant):
            module.heed(outcome)
            return outcome
        if module.calls is None:
            memory.keep_traced(*module.trace(*memory.traced()))
        outcome = module.try_out(mutant)
        if outcome.seconds:  # it was tried
            memory.keep(mutant, outcome)
        return outcome


def drawn(mutants: list[Mutant]) -> list[Mutant]:
    """The same few whatever else is written anew: each is drawn by its function and its place in it."""
    places: Counter[tuple[str, str]] = Counter()

    def lot(mutant: Mutant) -> str:
        places[mutant.path, mutant.function] += 1
        place = f"{SEED} {mutant.path} {mutant.function} {places[mutant.path, mutant.function]}"
        return hashlib.sha256(place.encode()).hexdigest()

    return sorted(mutants, key=lot)[:SAMPLED]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("DEBUG", "1")
    os.environ.pop("UNCHECKED", None)  # what tests of a mutant run on and skip is not what was checked
    sys.exit(main(sys.argv[1:]))
