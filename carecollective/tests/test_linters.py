"""script/lint: the one list of linters that script/test, CI and pre-commit run; and no script of ours escapes it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from carecollective.tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
LINT = (ROOT / "script" / "lint").read_text()
LINTERS = re.findall(r"^LINTERS=\((.*)\)$", LINT, re.MULTILINE)[0].split()
TOPS = ("benchmarks", "carecollective", "helprequests", "messaging", "templates")
FOR_BROWSERS = sorted(path for top in TOPS for end in ("js", "css") for path in (ROOT / top).rglob(f"*.{end}"))


def commands_of(script):
    return [line.strip() for line in (ROOT / script).read_text().splitlines() if not line.lstrip().startswith("#")]


def test_who_tests_lints_by_the_one_list():
    assert "script/lint" in commands_of("script/test")
    assert 'CI=true exec script/test "$@"' in commands_of(".ci/run")
    elsewhere = "\n".join(commands_of("script/test") + commands_of(".ci/run"))
    tools = {*LINTERS, "makemigrations"} - {"migrations"}  # which are also tested
    assert {tool for tool in tools if tool in elsewhere} == set()


def test_a_commit_is_looked_at_by_each_linter_of_the_list():
    hooks = re.split(r"^ +- id: ", (ROOT / ".pre-commit-config.yaml").read_text(), flags=re.MULTILINE)[1:]

    assert [hook.split()[0] for hook in hooks] == LINTERS
    for hook in hooks:
        settings = dict(line.strip().split(": ", 1) for line in hook.splitlines()[1:] if ": " in line)
        assert settings["entry"] == f"script/lint {hook.split()[0]}"
        assert (settings["language"], settings["pass_filenames"]) == ("system", "false")


def test_types_are_checked_strictly_in_all_but_migrations():
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    ours = {path.relative_to(ROOT).parts[0] for path in [*ROOT.glob("*.py"), *ROOT.glob("[a-z]*/*.py")]} - {"var"}

    assert {*mypy["files"]} == ours
    assert (mypy["strict"], mypy["exclude"]) == (True, ["/migrations/"])
    loose = [each for each in mypy["overrides"] if {"disallow_untyped_defs", "ignore_errors"} & set(each)]
    assert [each["module"] for each in loose] == [["*.tests.*", "conftest"]]


@pytest.fixture
def elsewhere(tmp_path):
    """What browsers get, with the linters, in a folder where it can be spoiled."""
    for path in [ROOT / "script" / "lint", *ROOT.glob(".ox*.json"), *FOR_BROWSERS]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    (tmp_path / "script" / "install").write_text("#!/bin/sh\n")
    (tmp_path / "script" / "install").chmod(0o755)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def lint(folder, *names):
    command = [folder / "script" / "lint", *names]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_each_script_is_linted_and_each_stylesheet_is_formatted(elsewhere):
    assert lint(elsewhere, "oxlint", "oxfmt").returncode == 0
    for path in FOR_BROWSERS:
        with (elsewhere / path.relative_to(ROOT)).open("a") as file:
            file.write("alert( undefinedHere );\n" if path.suffix == ".js" else "a{color:red}\n")

    linted, formatted = lint(elsewhere, "oxlint"), lint(elsewhere, "oxfmt")

    assert (linted.returncode, formatted.returncode) == (1, 1)
    names = {str(path.relative_to(ROOT)) for path in FOR_BROWSERS}
    assert {name for name in names if name.endswith(".js") and name not in linted.stdout} == set()
    assert {name for name in names if name not in formatted.stdout} == set()


def test_after_one_has_complained_the_others_go_on(elsewhere):
    (elsewhere / "spoiled.js").write_text("alert( undefinedHere );\n")

    done = lint(elsewhere, "oxlint", "oxfmt")

    assert done.returncode == 1
    assert done.stderr.endswith("Not right: oxlint oxfmt\n")


def test_a_linter_that_is_not_there_is_not_taken_for_a_contented_one(elsewhere):
    assert lint(elsewhere, "oxlnit").returncode == 2
    (elsewhere / ".venv").unlink()
    assert lint(elsewhere, "oxfmt").returncode == 1
