"""No test depends on how quick the machine is: `waiting.py` alone sleeps, and no limit is under two minutes.

Read from the source with `ast`. A test that counts on speed, or on what else a program may say, falls on a busy machine
and says nothing when it does.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from carecollective.tests import waiting
from carecollective.tests.waiting import eventually, line_with

ROOT = Path(__file__).resolve().parents[2]
LEAST = waiting.PATIENCE  # a process alone may take a minute to start
MILLISECONDS = 1_000  # whoever says so many or more speaks to Playwright, which counts in these
# What a limit is called, and whose first argument or second is one.
LIMITS = {"timeout", "open_timeout", "close_timeout", "ready_timeout"}
WAITS = {"wait", "join", "recv", "communicate", "result", "settimeout", "asyncio.timeout", "set_default_timeout"}
SECOND_ARGUMENTS = {"wait_for", "eventually", "soon"}
CLOCKS = {"monotonic", "perf_counter", "now", "time", "total_seconds"}


def all_of_them():
    for top in ("carecollective", "helprequests", "messaging", "benchmarks", "proofs"):
        for path in sorted((ROOT / top).rglob("*.py")):
            path = path.relative_to(ROOT)
            if "tests" in path.parts and path.name not in ("waiting.py", "test_waiting.py"):
                yield path
    yield Path("conftest.py")


def constants(tree):
    """Names that the module sets to a number."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def seconds(node, known):
    """What this expression says in seconds, where it can be read; None where it cannot."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return value
        case ast.Name(id=name):
            value = known.get(name)
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None
        case ast.Call(func=ast.Name(id="timedelta") | ast.Attribute(attr="timedelta"), keywords=[keyword]):
            scale = {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
            value = seconds(keyword.value, known)
            return None if value is None else value * scale[keyword.arg]
    return None


def limits_of(call, name):
    """Each argument of this call that says how long at most."""
    yield from (keyword.value for keyword in call.keywords if keyword.arg in LIMITS)
    last = name.rpartition(".")[2]
    if (name in WAITS or last in WAITS) and call.args:
        yield call.args[0]
    if last in SECOND_ARGUMENTS:
        yield from call.args[1:2]
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "seconds")


def hasty(source):
    """(line, what is wrong) for each place that counts on speed."""
    tree = ast.parse(source)
    known = constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            last = name.rpartition(".")[2]
            if last in ("sleep", "wait_for_timeout") and not is_zero(node):
                yield node.lineno, f"{name} sleeps and hopes: wait for what is to come"
            if last in ("readline", "readlines"):
                yield node.lineno, f"{name} counts lines: another may come first, so use line_with"
            for limit in limits_of(node, name):
                patience = seconds(limit, known)
                if patience is None or (
                    last == "recv" and patience >= MILLISECONDS
                ):  # a socket is asked for so many bytes
                    continue
                if (patience if patience < MILLISECONDS else patience / 1_000) < LEAST:
                    yield node.lineno, f"{name} gives up too soon: {patience}"
            if last == "settings" and {"max_examples"} & {keyword.arg for keyword in node.keywords}:
                deadlines = [keyword.value for keyword in node.keywords if keyword.arg == "deadline"]
                if not any(isinstance(value, ast.Constant) and value.value is None for value in deadlines):
                    yield node.lineno, "examples have a deadline: say deadline=None"
        elif isinstance(node, ast.Compare):
            yield from short_measures(node, known)


def is_zero(call):
    """asyncio.sleep(0) only lets others have a turn."""
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def short_measures(compare, known):
    sides = [compare.left, *compare.comparators]
    for smaller, relation, larger in zip(sides, compare.ops, sides[1:], strict=False):
        if isinstance(relation, ast.Gt | ast.GtE):
            smaller, larger = larger, smaller
        elif not isinstance(relation, ast.Lt | ast.LtE):
            continue
        limit = seconds(larger, known)
        if limit is not None and limit < LEAST and asks_a_clock(smaller):
            yield compare.lineno, f"{ast.unparse(compare)} fails where the machine is slow"


def asks_a_clock(node):
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return any(ast.unparse(called).rpartition(".")[2] in CLOCKS for called in calls)


def test_no_test_counts_on_speed():
    found = [f"{path}:{line}: {why}" for path in all_of_them() for line, why in hasty((ROOT / path).read_text())]

    assert found == []


def test_no_test_is_a_coroutine():
    """Where a browser was tested before it in this process, its thread has an event loop already: use `run_apart`."""
    found = [
        f"{path}:{node.lineno}"
        for path in all_of_them()
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]

    assert found == []


PLANTED = """
time.sleep(1)
await asyncio.sleep(0.1)
page.wait_for_timeout(50)
first = process.stdout.readline()
process.communicate(timeout=60)
process.wait(5)
thread.join(10)
done.wait(timeout=1.5)
socket.settimeout(3)
eventually(it_is_so, 5)
eventually(it_is_so, seconds=5)
PATIENCE = 20; websocket.recv(PATIENCE)
asyncio.timeout(5)
asyncio.wait_for(running, 10)
changed.wait_for(lambda: done, 10)
notifies(timeout=0.05)
urlopen(request, timeout=10)
message.wait_for(timeout=15_000)
playwright.expect.set_options(timeout=5_000)
page.set_default_timeout(5_000)
assert time.monotonic() - began < 1.0
assert (timezone.now() - act.made_at).total_seconds() < 5
assert 10 > time.time() - began
assert abs(posted.expires_at - timezone.now()) < timedelta(seconds=5)
settings(max_examples=500)
"""
FINE = """
await asyncio.sleep(0)
process.communicate(timeout=PATIENCE)
process.wait(300)
message.wait_for(timeout=300_000)
message.wait_for()
socket.recv(65_536)
assert abs(posted.expires_at - timezone.now()) < timedelta(minutes=5)
assert timezone.now() - began > timedelta(seconds=1)
settings(max_examples=500, deadline=None)
", ".join(["a"])
"""


@pytest.mark.parametrize("planted", PLANTED.strip().splitlines())
def test_a_planted_haste_is_found(planted):
    assert len(list(hasty(f"async def test():\n {planted}" if "await" in planted else planted))) == 1


@pytest.mark.parametrize("line", FINE.strip().splitlines())
def test_what_has_time_may_stay(line):
    assert list(hasty(f"async def test():\n {line}" if "await" in line else line)) == []


# --- The helpers themselves -----------------------------------------------------------------------------------------


def test_what_never_comes_is_given_up():
    with pytest.raises(AssertionError, match="waited in vain"):
        eventually(lambda: False, 0)


def test_what_comes_is_given_back():
    coming = iter([None, 0, "here"])

    assert eventually(lambda: next(coming)) == "here"


@pytest.fixture
def says():
    started = []

    def start(program):
        started.append(subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True))
        return started[0]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_line_is_found_whatever_comes_before_it(says):
    process = says("print('a warning'); print('at http://here/'); print('more')")

    assert line_with("http://", process) == "at http://here/\n"


def test_a_program_that_ends_without_the_line_says_what_it_said(says):
    with pytest.raises(AssertionError, match="another thing"):
        line_with("http://", says("print('another thing')"))


def test_a_program_that_never_says_it_is_not_waited_for_without_end(says, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0)

    with pytest.raises(AssertionError, match="never said"):
        line_with("http://", says("input()"))
