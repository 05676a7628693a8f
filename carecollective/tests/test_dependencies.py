"""What the code imports is asked for by name, and what is asked for is in the lists whole."""

import ast
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from carecollective.tests.waiting import PATIENCE

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
TO_RUN, TO_TEST = "requirements", "requirements-dev"


def asked_for(name):
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    return {canonicalize_name(Requirement(line).name) for line in lines if line and line[0] not in "#-"}


def locked(name):
    pins = re.findall(r"^([\w.-]+)==([^ ;\\]+)", (ROOT / f"{name}.txt").read_text(), re.MULTILINE)
    return {canonicalize_name(pinned): version for pinned, version in pins}


def is_of_tests(path):
    return bool({"tests", "benchmarks", "proofs"} & set(path.parts)) or path.name == "conftest.py"


@cache
def imported():
    """Each foreign distribution that a file takes from, and whether the file belongs to the tests."""
    ours = {path.stem for path in ROOT.iterdir() if path.is_dir() or path.suffix == ".py"}
    distributions = packages_distributions()
    found = set()
    for top in ("carecollective", "helprequests", "messaging", "benchmarks", "proofs", "conftest.py", "manage.py"):
        for path in [ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    modules = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    modules = [node.module]
                else:
                    continue
                for module in {name.partition(".")[0] for name in modules} - ours - sys.stdlib_module_names:
                    owners = {canonicalize_name(owner) for owner in distributions.get(module, [f"unknown-{module}"])}
                    found |= {(owner, str(path.relative_to(ROOT))) for owner in owners}
    return found


def test_the_product_imports_what_requirements_in_asks_for():
    foreign = {(owner, path) for owner, path in imported() if not is_of_tests(Path(path))}

    assert len({owner for owner, _ in foreign}) > 10  # it did look
    assert sorted(pair for pair in foreign if pair[0] not in asked_for(TO_RUN)) == []


def test_tests_import_what_one_of_the_two_files_asks_for():
    foreign = {(owner, path) for owner, path in imported() if is_of_tests(Path(path))}

    assert len({owner for owner, _ in foreign}) > 10
    assert sorted(pair for pair in foreign if pair[0] not in asked_for(TO_RUN) | asked_for(TO_TEST)) == []


@pytest.mark.parametrize("name", [TO_RUN, TO_TEST])
def test_what_is_asked_for_is_locked(name):
    assert asked_for(name) <= locked(name).keys()


def test_no_package_stands_in_both_lists_with_two_versions():
    both = locked(TO_RUN).keys() & locked(TO_TEST).keys()

    assert both
    assert {name for name in both if locked(TO_RUN)[name] != locked(TO_TEST)[name]} == set()


def test_nothing_is_missing_from_what_is_installed():
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, timeout=PATIENCE)

    assert (done.returncode, done.stdout) == (0, "No broken requirements found.\n")


@pytest.mark.parametrize("name", [TO_RUN, TO_TEST])
def test_the_lists_do_not_say_where_packages_come_from(name):
    written = (ROOT / f"{name}.txt").read_text()

    assert "script/lock" in written.splitlines()[1]
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links|--trusted-host", written) == []
