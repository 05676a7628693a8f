"""Most mutants are caught at once by a few tests: those are tried one after the other in one fork, which stays.

What it says counts only where the test that failed passes again once the mutant is gone. What these few tests let
through is tried again by all of them, in a fork of its own: here something may be kept from before the mutant came.
"""

import marshal
import os
from collections.abc import Iterable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import pytest

from carecollective.tests.mutants.swapping import Functions

if TYPE_CHECKING:
    from carecollective.tests.mutants.testing import Tests

AT_ONCE = 6  # tests
Changes = list[tuple[FunctionType, CodeType]]


class Screen:
    def __init__(self, tests: "Tests", items: Iterable[pytest.Item], live: Functions):
        self.tests, self.items = tests, {item.nodeid: item for item in items}
        self.functions = [function for functions in live.values() for function in functions]
        self.staying: tuple[ForkProcess, Connection] | None = None

    def caught_by(self, items: list[pytest.Item], changed: Changes, bound: float) -> str | None:
        """None: who knows."""
        self.staying = self.staying or self.tests.begun(self._answer)
        _, asking = self.staying
        told = [(self.functions.index(function), marshal.dumps(code)) for function, code in changed]
        try:
            asking.send(([item.nodeid for item in items[:AT_ONCE]], told))
            caught, is_sound = asking.recv() if asking.poll(bound) else (None, False)
        except (EOFError, OSError):
            caught, is_sound = None, False
        if not is_sound:
            self.end()
            self.tests.has_database = False  # what it wrote may be there still
        return caught

    def end(self) -> None:
        if self.staying:
            self.tests.end(*self.staying)
        self.staying = None

    def _answer(self, hearing: Connection) -> None:
        """In the fork."""
        parent = os.getppid()
        while os.getppid() == parent:
            if hearing.poll(1.0):
                hearing.send(self._tried(*hearing.recv()))

    def _tried(self, names: list[str], told: list[tuple[int, bytes]]) -> tuple[str | None, bool]:
        changes = [(self.functions[place], marshal.loads(code)) for place, code in told]  # noqa: S302 (our own)
        caught = self._first_that_fails(names, changes)
        is_sound = caught is None or self._first_that_fails([caught], []) is None
        return (caught if is_sound else None), is_sound

    def _first_that_fails(self, names: list[str], changes: Changes) -> str | None:
        before = [(function, function.__code__) for function, _ in changes]
        swap(changes)
        try:
            return self.tests.until_one_fails([self.items[name] for name in names], stays=True)
        finally:
            swap(before)


def swap(changed: Iterable[Any]) -> None:
    for function, code in changed:
        function.__code__ = code
