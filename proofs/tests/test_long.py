"""A long form of tests that stand elsewhere: it fails where they do, and a fault is seen where its tests pass."""

import pytest

from carecollective.tests.every_day import takes_long
from proofs import long

MODULE = """
import os

def test_it_holds():
    assert os.environ["OFTEN"] == "7"

def test_a_fault_is_seen():
    assert {seen}
"""


@pytest.fixture
def proof(tmp_path):
    def made(*, seen=True):
        (tmp_path / "test_it.py").write_text(MODULE.format(seen=seen))
        module = str(tmp_path / "test_it.py")
        return long.tested(
            "it", "It holds", "a fault", module=module, planted=["a_fault"], by=["OFTEN"], quick=2, full=7
        )

    return made


@takes_long
def test_its_tests_are_run_so_often_and_those_that_plant_apart(proof):
    assert proof().run(None, 7, False).wrong == {}
    assert proof().run(None, 7, True).wrong == {"tests see it": 1}


@takes_long
def test_a_test_that_fails_is_a_promise_that_is_broken(proof):
    assert proof().run(None, 8, False).wrong == {"tests fail": 1}


@takes_long
def test_a_fault_that_its_tests_do_not_see_is_not_seen(proof):
    assert proof(seen=False).run(None, 7, True).wrong == {}


@takes_long
def test_tests_that_are_not_there_are_not_taken_for_tests_that_pass(proof):
    gone = long.tested("it", "", "", module="nowhere/test_it.py", planted=["a_fault"], by=["OFTEN"], quick=2, full=7)

    assert gone.run(None, 7, False).wrong == {"tests fail": 1}
    assert gone.run(None, 7, True).wrong == {}
