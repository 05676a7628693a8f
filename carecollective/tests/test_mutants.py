"""`script/mutants` plants small faults, tries them against real tests, and says what survived and was not foreseen."""

import ast
import inspect
import os
import re
import subprocess
import sys
import textwrap
from itertools import chain
from pathlib import Path

import pytest

from carecollective.tests.every_day import takes_long
from carecollective.tests.mutants import judging, making, memory
from carecollective.tests.mutants.__main__ import drawn
from carecollective.tests.mutants.judging import Tally
from carecollective.tests.mutants.memory import Memory
from carecollective.tests.mutants.swapping import NeedsAnImport, functions_of, swaps
from carecollective.tests.mutants.testing import NEVER_ENDED, Outcome
from carecollective.tests.waiting import PATIENCE

pytestmark = takes_long


ROOT = Path(__file__).resolve().parents[2]
MODULE = '''
"""What it says is not mutated."""
from functools import cache

LEAST = 3


@cache
def tall(height: int, *, least: int = LEAST) -> bool:
    """Nor this."""
    found.filter(shown=True).only("height")
    if height < least:
        raise Refused(_("Too small."))
    return height
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    def written(text):
        (tmp_path / "toy.py").write_text(text)
        monkeypatch.setattr(making, "ROOT", tmp_path)
        return making.mutants_of("toy.py")

    return written


def test_what_decides_is_mutated_and_what_is_only_said_is_not(module):
    made = {mutant.change for mutant in module(MODULE)}

    assert made == {
        ("LEAST = 3", "LEAST = 4"),
        ('found.filter(shown=True).only("height")', 'found.filter(shown=False).only("height")'),
        ('found.filter(shown=True).only("height")', 'found.filter().only("height")'),
        ("if height < least:", "if not (height < least):"),
        ("if height < least:", "if height <= least:"),
        ('raise Refused(_("Too small."))', "pass"),
        ("return height", "return None"),
    }


@pytest.mark.parametrize("path", judging.guards())
def test_each_mutant_of_what_is_guarded_is_python_and_another_module(path):
    mutants = making.mutants_of(path)

    assert mutants
    for mutant in mutants[::25]:  # to write each of them takes long
        ast.parse(mutant.code)
        assert mutant.code != mutant.tree.code


def test_the_sample_stays_the_same_whatever_is_written_elsewhere(module):
    before = [mutant.change for mutant in drawn(module(MODULE))]
    longer = MODULE + "\n\ndef small(height):\n    return height < LEAST\n"

    there = [mutant.change for mutant in drawn(module(longer)) if mutant.function != "small"]

    assert there == before[: len(there)]


def test_a_default_is_made_where_the_function_is_and_not_in_it(module):
    made = module("def far(distance, most=3):\n    return [each for each in distance if each > 5]\n")

    assert {mutant.change[1].partition(":")[0] for mutant in made if not mutant.is_in_a_function} == {
        "def far(distance, most=4)"
    }


# --- What became of it is remembered ----------------------------------------------------------------------------------


@pytest.fixture
def remembered(request, tmp_path, monkeypatch):
    """What a run that begins now believes of these mutants, of which this very test would catch the first."""
    monkeypatch.setattr(memory, "ROOT", tmp_path)
    (tmp_path / "test_toy.py").write_text("as it was")

    def outcomes(*mutants):
        return [Memory("toy.py", ["test_toy.py"], [request.node]).outcome(mutant) for mutant in mutants]

    return outcomes


@pytest.fixture
def told(request, module, remembered):
    """One that was caught by this test, and one that survived."""
    both = module(MODULE)[:2]
    keeping = Memory("toy.py", ["test_toy.py"], [request.node])
    for mutant, caught in zip(both, (request.node.nodeid, None), strict=True):
        keeping.keep(mutant, Outcome(caught))
    return both


def test_what_became_of_a_mutant_is_not_asked_again(told, remembered, request):
    assert remembered(*told) == [Outcome(request.node.nodeid), Outcome(None)]


def test_what_survived_is_tried_again_when_its_guards_change(told, remembered, request, tmp_path):
    (tmp_path / "test_toy.py").write_text("with one more test")

    assert remembered(*told) == [Outcome(request.node.nodeid), None]


def test_what_was_caught_is_tried_again_when_the_test_that_caught_it_changes(told, remembered, monkeypatch):
    monkeypatch.setattr(inspect, "getsource", lambda _: "another test")

    assert remembered(*told) == [None, Outcome(None)]


def test_everything_is_tried_again_when_the_module_changes(told, module, remembered):
    assert remembered(*module(MODULE.replace("Too small.", "Too short."))[:2]) == [None, None]


# --- A mutant in a process that has loaded everything -----------------------------------------------------------------

LOADED = """
from contextlib import contextmanager
MOST = 1
def above(number): return [each for each in [number] if each > MOST]
@contextmanager
def counted(number):
    yield number + 1
"""


def loaded(name, *change):
    """What the module's functions are after this change: swapped, and never imported again."""
    names, old = {}, compile(LOADED, name, "exec")
    exec(old, names)  # noqa: S102
    for function, code in swaps(old, compile(LOADED.replace(*change), name, "exec"), functions_of(name)):
        function.__code__ = code
    return names


def test_a_function_behind_its_decorator_is_changed_where_it_lives():
    with loaded("/toy/1.py", "number + 1", "number - 1")["counted"](5) as counted:
        assert counted == 4


def test_what_stands_inside_of_a_function_is_changed_with_it():
    assert loaded("/toy/2.py", "each > MOST", "each >= MOST")["above"](1) == [1]


def test_lines_that_only_move_are_no_change():
    assert loaded("/toy/3.py", "MOST = 1\n", "MOST = 1\n\n")["above"](2) == [2]


def test_what_an_import_does_is_not_taken_for_swapped():
    with pytest.raises(NeedsAnImport):
        loaded("/toy/4.py", "MOST = 1", "MOST = 2")


# --- A whole run ------------------------------------------------------------------------------------------------------

TOY = """
PARTS = 4

def share(number):
    left = number
    while left >= PARTS:
        left = left - PARTS
    return left

def untold(number):
    return number + 1
"""
TOY_TESTS = """
from toy import share, untold

def test_share():
    assert (share(3), share(4), share(9)) == (3, 0, 1)

def test_untold():
    untold(1)
"""
RUN = """
import sys
from contextlib import nullcontext
from pathlib import Path
from carecollective.tests.mutants import __main__ as command, judging, making, memory, testing
making.ROOT = memory.ROOT = testing.ROOT = Path.cwd()
command.kept_server = nullcontext
judging.guards = lambda: {"toy.py": ["test_toy.py"]}
known = Path("known").read_text().splitlines()
judging.listed = lambda: {("toy.py", "untold", *line.split(" -> ")) for line in known}
sys.exit(command.main([]))
"""


@pytest.fixture
def toy(tmp_path):
    """A run over a toy of its own, where these survivors are listed: what it said, and its code."""

    def run(*known, tests=TOY_TESTS, code=TOY):
        for name, text in {"toy.py": code, "test_toy.py": tests, "run.py": RUN, "known": "\n".join(known)}.items():
            (tmp_path / name).write_text(textwrap.dedent(text))
        done = subprocess.run(
            [sys.executable, "run.py"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE * 10,
        )
        return done.stdout + done.stderr, done.returncode

    return run


SURVIVE = ["return number + 1 -> return number - 1", "return number + 1 -> return number + 2"]
SURVIVES_TOO = "return number + 1 -> return None"


@pytest.mark.thorough
def test_a_survivor_fails_the_run_one_that_never_ends_is_caught_and_so_is_what_an_import_does(toy):
    said, code = toy(*SURVIVE)

    assert code == 1, said
    survived = re.findall(r"survived: untold: (.*)", said)
    assert sorted(survived) == sorted([SURVIVES_TOO, *SURVIVE])
    assert f"after = '{SURVIVES_TOO.partition(' -> ')[2]}'" in said.partition("does not say")[2]
    assert not any(each.partition(" -> ")[2] in said.partition("does not say")[2] for each in SURVIVE)


@pytest.mark.thorough
def test_tests_that_fail_by_themselves_are_no_judges(toy):
    said, code = toy(tests=TOY_TESTS + "\ndef test_broken():\n    assert untold(1) == 1\n")

    assert (code, "Without a mutant toy.py fails test_toy.py::test_broken." in said) == (2, True)


LEAVES_SOMETHING = """
left = set()

def leave(number):
    left.add(number > 1)

def untold(number):
    return number + 1
"""
ITS_TESTS = """
from toy import leave, left, untold

def test_leave():
    leave(1)
    assert left == {False}

def test_untold():
    untold(1)
    assert left <= {False}
"""


@pytest.mark.thorough
def test_what_one_mutant_leaves_behind_catches_no_other(toy):
    said, _ = toy(tests=ITS_TESTS, code=LEAVES_SOMETHING)

    survived = re.findall(r"survived: untold: (.*)", said)
    assert sorted(survived) == sorted([SURVIVES_TOO, *SURVIVE]), said
    assert "survived: leave: left.add(number > 1) -> left.add(number >= 1)" not in said


# --- What is said of it -----------------------------------------------------------------------------------------------


def of(caught, survived=(), hung=0):
    return Tally(tried=caught + len(survived), hung=hung, survived=list(survived))


ONE = ("a.py", "f", "x", "y")


@pytest.mark.parametrize(
    ("tally", "known", "code"),
    [
        (of(100), [], 0),
        (of(99, [ONE]), [ONE], 0),
        (of(99, [ONE]), [], 1),
        (of(19, [ONE]), [ONE], 0),
        (of(18, [ONE]), [ONE], 1),
    ],
    ids=["all caught", "listed", "not listed", "just enough", "listed, and too many"],
)
def test_the_gate_is_the_list_and_the_share(tally, known, code):
    assert judging.conclusion(tally, known)[1] == code


def test_a_mutant_that_never_ends_is_caught_and_counted():
    tally = Tally()
    tally.add(making.Planted("a.py", "x", "y"), Outcome(NEVER_ENDED, 20.0))

    assert (tally.tried, tally.hung, tally.survived) == (1, 1, [])


def test_what_is_listed_is_guarded_and_has_a_reason():
    listed = judging.listed()

    assert {name[0] for name in listed} <= set(judging.guards())
    assert [name for name, why in listed.items() if len(why.split()) < 4] == []


def test_what_is_named_in_the_tables_is_there():
    guards = judging.guards()

    assert [path for path in [*guards, *chain(*guards.values())] if not (ROOT / path).exists()] == []
    for fault in judging.planted():
        ast.parse(fault.code)  # raises where its text is not there once
        assert fault.path in guards


def test_the_page_has_a_row_for_each_module_and_figures_are_written_into_it():
    page = judging.PAGE.read_text()
    rows = re.findall(r"^\| `([^`]+\.py)` \|", page, flags=re.M)

    assert rows == list(judging.guards())
    path = rows[0]
    written = judging.written_down(page, {path: of(9, [ONE], hung=2)}, "functions")
    assert f"| `{path}` | functions | 10 | 9 | 2 | 1 | 90.0% |" in written
