"""What was not checked is said at the end, and on CI it is a failure unless it was foreseen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from carecollective.tests import unchecked
from carecollective.tests.databases import version_of_the_server

PROJECT = Path(__file__).resolve().parents[2]
ALL = "".join(f"ran on\t{what}\n" for what in unchecked.PROMISED)
SKIPPED = "skipped\tno Chromium\nskipped\tno Chromium\nskipped\tonly root\n"


def test_where_all_was_checked_that_is_said():
    assert unchecked.conclusion(ALL, {}, on_ci=True) == ("Everything that is promised was checked.", 0)


@pytest.mark.parametrize(("on_ci", "code"), [(True, 1), (False, 0)])
def test_each_reason_is_said_once_and_fails_on_ci_alone(on_ci, code):
    sentence, given = unchecked.conclusion(ALL + SKIPPED, {}, on_ci=on_ci)

    assert sentence.splitlines()[1:3] == ["- no Chromium: 2 skipped", "- only root: skipped"]
    assert given == code


@pytest.mark.parametrize("what", unchecked.PROMISED)
def test_on_what_nothing_ran_is_said(what):
    sentence, code = unchecked.conclusion(ALL.replace(f"ran on\t{what}\n", ""), {}, on_ci=True)

    assert f"- {what}: nothing ran on it here" in sentence
    assert code == 1


def test_what_was_foreseen_is_said_with_its_reason_and_is_no_failure():
    sentence, code = unchecked.conclusion(
        ALL.replace("ran on\tmacOS\n", ""), {"macOS": "CI has Linux only"}, on_ci=True
    )

    assert sentence.splitlines()[1:] == ["- macOS: CI has Linux only"]
    assert code == 0


def test_ci_accepts_only_what_is_promised_and_always_with_a_reason():
    known = unchecked.accepted(unchecked.ACCEPTED.read_text())

    assert set(known) <= set(unchecked.PROMISED)
    assert all(known.values())


@pytest.mark.django_db
def test_the_version_is_the_servers_own():
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        ((version,),) = cursor

    assert version.startswith(f"PostgreSQL {version_of_the_server()}.")


TESTS = """
import pytest
@pytest.mark.skip(reason="marked")
def test_one(): pass
@pytest.mark.parametrize("n", [1, 2])
def test_two(n): pytest.skip("in the middle")
@pytest.fixture
def part(): pytest.importorskip("a_module_that_is_missing")
def test_three(part): pass
@pytest.mark.xfail(reason="one day")
def test_four(): assert False
def test_five(): pass
"""


def test_it_listens_to_our_own_runs(pytestconfig):
    assert pytestconfig.pluginmanager.is_registered(unchecked)


@pytest.mark.one_of_each
@pytest.mark.parametrize("workers", ["0", "2"])
def test_every_way_to_skip_is_noted(tmp_path, workers):
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.skip('a whole file', allow_module_level=True)")
    notes = tmp_path / "notes"
    command = [sys.executable, "-m", "pytest", "-p", "carecollective.tests.unchecked", "-p", "xdist"]
    subprocess.run(
        [*command, "-n", workers, "-c", "/dev/null", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=PROJECT,
        env=os.environ | {"UNCHECKED": str(notes), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        capture_output=True,
    )

    found = dict(unchecked.missing(ALL + notes.read_text()))
    assert {what.removeprefix("test_whole.py: "): why for what, why in found.items()} == {
        "marked": "skipped",
        "in the middle": "2 skipped",
        "could not import 'a_module_that_is_missing': No module named 'a_module_that_is_missing'": "skipped",
        "known to fail: one day": "skipped",
        "a whole file": "skipped",
    }
