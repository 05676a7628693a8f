"""Trying mutants: everything is loaded and collected once, and each mutant runs its tests in a fork of that process.

One database is kept between them. A fork that does not end is killed, and the database made anew after it: what it had
half done would fail the tests of the next. Nothing on the disk is ever changed.
"""

import gc
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.creation import BaseDatabaseCreation

from carecollective.tests.mutants.making import ROOT, Mutant, Planted
from carecollective.tests.mutants.reaching import say_who_is_called
from carecollective.tests.mutants.screening import AT_ONCE, Changes, Screen, swap
from carecollective.tests.mutants.swapping import Functions, NeedsAnImport, functions_of, swaps
from carecollective.tests.waiting import line_with

# Which tests are quick enough, guards.toml says; a browser never is.
ARGUMENTS = ["-s", "-p", "no:cacheprovider", "-m", "not browser", "--reuse-db", "--disable-warnings"]
ARGUMENTS += ["--tb=native", "-p", "no:faker"]  # to write a failure well takes longer than to fail
IN_A_FORK, ANEW = 20.0, 90.0  # seconds that anything may take, besides a multiple of what it usually takes
AS_IT_IS = 1_800.0
TIMES = 6
NEVER_ENDED, ENDED_IT = BY_NO_TEST = "it did not end", "it ended the process"
MOST_MEMORY = 6 << 30  # bytes of address space: an endless list ends before the machine does
FORKING = multiprocessing.get_context("fork")
HOLDS_THE_SERVER = "import django, sys; django.setup(); from django.db import connection; \
connection.get_connection_params(); print('held', flush=True); sys.stdin.read()"

Calls = dict[str, set[str]]  # the functions, by test


class Broken(Exception):
    """Tests that fail without a mutant say nothing of one."""


class OwnDatabase:
    """Not the one of a run of pytest that somebody starts meanwhile."""

    def pytest_sessionstart(self) -> None:
        from django.db import connection  # noqa: PLC0415 (conftest.py sets Django up)

        connection.settings_dict["TEST"]["NAME"] = "test_mutants"


@dataclass(frozen=True)
class Outcome:
    """What became of it: `caught` names the test, or says how else it showed. None: it survived."""

    caught: str | None
    seconds: float = 0.0


class Quiet:
    """In the place of pytest's own reports: which test runs, and the first that fails."""

    failed: str | None = None
    running = ""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.unregister(name="terminalreporter")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running = nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            sys.stderr.write(f"{report.longrepr}\n")


class Tests(Quiet):
    """The collected tests, and what they say of a mutant. `work` is called once they are there, instead of them."""

    def __init__(self, work: Callable[["Tests"], None]):
        self.work = work
        self.has_database = False
        self.broken = ""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("not everything could be collected")
        self.session = session
        try:
            self.work(self)
        except Broken as reason:
            self.broken = str(reason)
        return True

    def must_pass(self, names: Iterable[str]) -> None:
        """What caught a mutant must let the code pass as it is. Raises Broken."""
        names = set(names)
        items = [item for item in self.session.items if item.nodeid in names]
        if items and (failed := self.run(items, AS_IT_IS).caught):
            raise Broken(f"{failed} fails without a mutant too.")

    def of(self, files: list[str]) -> list[pytest.Item]:
        """The tests of these files, in their order."""
        by_file = [(item.nodeid.partition("::")[0], item) for item in self.session.items]
        found = [(file, item) for file, item in by_file if file in files]
        return [item for _, item in sorted(found, key=lambda each: files.index(each[0]))]

    def run(self, items: list[pytest.Item], bound: float, prepare: Callable[[], object] = lambda: None) -> Outcome:
        """What a fork says of these tests, in which `prepare` was called before them."""
        began = time.monotonic()
        said = self._fork(lambda: (prepare(), self.until_one_fails(items))[1], bound)
        return Outcome(said, time.monotonic() - began)

    def reached(self, items: list[pytest.Item], filename: str, live: Functions) -> Any:
        """Without a mutant: the first that fails, the functions of the file that each test calls, how long it took."""
        return self._fork(lambda: self._traced(items, filename, live), AS_IT_IS)

    def _traced(self, items: list[pytest.Item], filename: str, live: Functions) -> object:
        calls: Calls = {item.nodeid: set() for item in items}
        took: dict[str, float] = {}
        say_who_is_called(filename, live, lambda name: calls[self.running].add(name))
        for item, following in zip(items, [*items[1:], None], strict=True):
            began = time.monotonic()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            took[item.nodeid] = time.monotonic() - began
        return self.failed, calls, took

    def until_one_fails(self, items: list[pytest.Item], *, stays: bool = False) -> str | None:
        """With `stays` the database and whatever else is made once is there for more tests."""
        self.failed = None
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=self.session if stays else following)
            if self.failed:
                break
        return self.failed

    def _fork(self, act: Callable[[], object], bound: float) -> Any:
        process, hearing = self.begun(lambda saying: saying.send(act()))
        try:
            self.has_database = False
            if not hearing.poll(bound):
                return NEVER_ENDED
            said = hearing.recv()
            self.has_database = True
            return said
        except EOFError:
            return ENDED_IT
        finally:
            self.end(process, hearing)

    def begun(self, act: Callable[[Connection], None]) -> tuple[ForkProcess, Connection]:
        """A fork in which this is done, and what it is told and says by."""
        self.session.config.option.create_db = not self.has_database
        hearing, saying = FORKING.Pipe()
        process = FORKING.Process(target=_say, args=(saying, act, self.has_database))
        process.start()
        saying.close()
        return process, hearing

    def end(self, process: ForkProcess, hearing: Connection) -> None:
        end(process.pid)
        process.join()
        hearing.close()


def _say(saying: Connection, act: Callable[[Connection], None], has_database: bool) -> None:
    """In the fork: nothing of it is seen but what it says, and nothing that is done at an exit is done twice."""
    if has_database:
        # It is migrated: to look again takes longer than a test.
        BaseDatabaseCreation.create_test_db = _taken_as_it_is  # type: ignore[method-assign, assignment]
    os.setsid()
    gc.freeze()  # to look through what was loaded before would copy all of it
    with suppress(ValueError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for output in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    try:
        act(saying)
    finally:
        os._exit(0)


def _taken_as_it_is(creation: BaseDatabaseCreation, *_: object, **__: object) -> None:
    connection = creation.connection
    connection.close()
    connection.settings_dict["NAME"] = connection.settings_dict["TEST"]["NAME"]


def end(pid: int | None) -> None:
    """It, and whatever it started."""
    assert pid
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


class Module:
    """One module, its guards, and which of them call which of its functions."""

    def __init__(
        self, tests: Tests, path: str, guards: list[str], bound: float | None = None, *, is_whole: bool = True
    ):
        self.tests, self.path, self.guards, self.bound, self.is_whole = tests, path, guards, bound, is_whole
        self.name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self.items = tests.of(guards)
        self.filename = str(ROOT / path)
        self.live = functions_of(self.filename)
        self.screen = Screen(tests, self.items, self.live)
        self.old = compile(Path(self.filename).read_text(), self.filename, "exec")
        self.calls: Calls | None = None
        self.took: dict[str, float] = {}
        self.killers: dict[str, None] = {}
        self.works_anew = False

    def trace(self, calls: Calls, took: dict[str, float]) -> tuple[Calls, dict[str, float]]:
        """Both, of all tests; what is known already is not tried.

        Raises Broken where tests fail as it is: they say nothing of a mutant.
        """
        unknown = [item for item in self.items if item.nodeid not in calls]
        answer = self.tests.reached(unknown, self.filename, self.live) if unknown else (None, {}, {})
        failed, *found = (answer, {}, {}) if isinstance(answer, str) else answer
        if failed:
            raise Broken(f"Without a mutant {self.path} fails {failed}.")
        self.calls, self.took = calls | found[0], took | found[1]
        return self.calls, self.took

    def try_out(self, mutant: Mutant | Planted) -> Outcome:
        new = compile(mutant.code, self.filename, "exec")
        try:
            changed = list(swaps(self.old, new, self.live))
        except NeedsAnImport:
            return self._anew(mutant.code)
        items = self._tests_of(changed)
        if not items:  # it may be called by an import
            return self._anew(mutant.code) if self.is_whole else Outcome(None)
        outcome = self._screened(items, changed) or self._in_a_fork(items, changed)
        self.heed(outcome)
        return outcome

    def heed(self, outcome: Outcome) -> None:
        """What caught one is asked first, and at the end without a mutant."""
        if outcome.caught and "::" in outcome.caught:
            self.killers = {outcome.caught: None} | self.killers

    def _screened(self, items: list[pytest.Item], changed: Changes) -> Outcome | None:
        if self.calls is None or not self.tests.has_database:
            return None
        began = time.monotonic()
        caught = self.screen.caught_by(items, changed, self._bound(items[:AT_ONCE], IN_A_FORK))
        return Outcome(caught, time.monotonic() - began) if caught else None

    def _in_a_fork(self, items: list[pytest.Item], changed: Changes) -> Outcome:
        outcome = self.tests.run(items, self._bound(items, IN_A_FORK), lambda: swap(changed))
        if not self.tests.has_database:
            self.screen.end()  # nobody may hold what is made anew
        return outcome

    def _tests_of(self, changed: Changes) -> list[pytest.Item]:
        """Those that call what was changed, with those first that caught something before."""
        items = self.items
        if self.calls is not None:
            names = {function.__code__.co_qualname for function, _ in changed}
            items = [item for item in items if names & self.calls[item.nodeid]]
        last = list(self.killers)
        place = {test: place for place, test in enumerate(last)}
        return sorted(items, key=lambda item: (place.get(item.nodeid, len(place)), self.took.get(item.nodeid, 0.0)))

    def _bound(self, items: list[pytest.Item], least: float) -> float:
        return self.bound or least + TIMES * sum(self.took.get(item.nodeid, 1.0) for item in items)

    def _anew(self, code: str) -> Outcome:
        """In a process of its own. Raises Broken where its tests fail there without a mutant."""
        if not self.works_anew:
            self.works_anew = True
            if self._code_of(Path(self.filename).read_text()) != 0:
                raise Broken(f"Without a mutant the tests of {self.path} fail in a process of their own.")
        began = time.monotonic()
        caught = None if self._code_of(code) == 0 else "it was caught in a process of its own"
        return Outcome(caught, time.monotonic() - began)

    def _code_of(self, code: str) -> int | None:
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(code)
            file.flush()
            command = [sys.executable, "-m", f"{__package__}.anew", self.name, file.name, *self.guards]
            run = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            try:
                return run.wait(self._bound(self.items, ANEW))
            except subprocess.TimeoutExpired:
                self.tests.has_database = False
                return None
            finally:
                end(run.pid)
                run.wait()


@contextmanager
def kept_server() -> Iterator[None]:
    """The embedded server ends with the last process that uses it; this one uses it all the while."""
    settings = os.environ | {"DJANGO_SETTINGS_MODULE": "carecollective.settings"}
    command = [sys.executable, "-c", HOLDS_THE_SERVER]
    with subprocess.Popen(command, cwd=ROOT, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holding:
        assert holding.stdin
        line_with(b"held", holding)
        yield
        holding.stdin.close()
