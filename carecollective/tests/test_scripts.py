"""What script/ decides by itself, without anything installed: which lists, which settings, which steps, what to advise.

Each script stands in a folder with programs that only note what they were asked for.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from carecollective.tests.waiting import PATIENCE

SCRIPTS = Path(__file__).resolve().parents[2] / "script"
TOLD = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
# Notes its name, the variables that matter here, and what it was asked; ends as FAILS says.
NOTES = """#!/bin/bash
line="${{0#./}} DEBUG=${{DEBUG-}} {variables} $*"
echo "$line" >>"$NOTED"
[ -z "${{FAILS-}}" ] || ! [[ "$line" =~ $FAILS ]]
"""


class Checkout:
    """A folder with one real script; `.venv/bin/python` and the scripts that others call note and do nothing."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        for path in ("script/install", "script/lint", "script/mutants", ".venv/bin/python"):
            self.stand_in(path)
        shutil.copy(SCRIPTS / name, folder / "script" / name)

    def stand_in(self, path, variables="", more=""):
        program = self.folder / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(NOTES.format(variables=variables) + more)
        program.chmod(0o755)

    def run(self, *arguments, **variables):
        """How it ended, and each call that it made, without the folder."""
        noted = self.folder / "noted"
        noted.write_text("")
        done = subprocess.run(
            [self.folder / "script" / self.name, *arguments],
            env=TOLD | {"NOTED": str(noted)} | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        lines = noted.read_text().replace(f"{self.folder}/", "").splitlines()
        return done.returncode, [" ".join(line.split()) for line in lines]


@pytest.fixture
def checkout(tmp_path):
    return lambda name: Checkout(tmp_path, name)


@pytest.mark.parametrize(
    ("arguments", "variables", "debug"),
    [
        ([], {}, "1"),
        (["--port", "8001"], {"DEBUG": "0"}, "0"),
        (["--production"], {}, "0"),
        (["--host", "care.example.org", "--production"], {"DEBUG": "1"}, "0"),
    ],
    ids=["usual", "the operator's own", "production", "production all the same"],
)
def test_the_server_debugs_unless_it_is_for_production(checkout, arguments, variables, debug):
    ended, calls = checkout("server").run(*arguments, **variables)

    serve = " ".join([".venv/bin/python", f"DEBUG={debug}", "manage.py", "serve", *arguments])
    assert (ended, calls) == (0, [f"script/install DEBUG={debug} requirements.txt", serve])


@pytest.mark.parametrize(
    ("name", "lists", "module"),
    [
        ("bench", "requirements.txt", "benchmarks"),
        ("pages", "requirements.txt requirements-dev.txt", "benchmarks.pages"),
        ("prove", "requirements.txt requirements-dev.txt", "proofs"),
        ("mutants", "requirements.txt requirements-dev.txt", "carecollective.tests.mutants"),
    ],
)
def test_a_measurement_hands_on_what_it_was_asked(checkout, name, lists, module):
    ended, calls = checkout(name).run("--one", "two words")

    assert (ended, calls) == (
        0,
        [f"script/install DEBUG= {lists}", f".venv/bin/python DEBUG= -m {module} --one two words"],
    )


@pytest.mark.parametrize("name", ["server", "test", "bench", "pages", "prove", "lock", "mutants"])
def test_nothing_is_begun_where_the_packages_are_missing(checkout, name):
    ended, calls = checkout(name).run(FAILS="script/install")

    assert (ended != 0, len(calls)) == (True, 1)


def test_with_arguments_a_test_run_is_linters_and_then_pytest_with_them(checkout):
    ended, calls = checkout("test").run("-m", "not thorough")

    assert (ended, calls) == (
        0,
        [
            "script/install DEBUG= requirements.txt requirements-dev.txt",
            "script/lint DEBUG=1",
            ".venv/bin/python DEBUG=1 -m pytest -n 2 -m not thorough",
        ],
    )


def test_where_a_linter_complains_no_test_runs(checkout):
    ended, calls = checkout("test").run(FAILS="script/lint")

    assert (ended, calls[-1]) == (1, "script/lint DEBUG=1")


STEPS = [
    '-m pytest -n 2 -m not thorough and not browser',
    '-m pytest -n 2 -m thorough or browser',
    '-m pytest -n 2 -m (not thorough or thorough(guarded=True)) and not browser messaging',
    '-m carecollective.tests.unchecked other-versions',
    '-m proofs --quick --into var/proof.md',
    '-m proofs --quick --into var/proof.md cluster',
    '--sample',
    '-m carecollective.tests.unchecked var/unchecked',
]  # fmt: skip


def steps(calls):
    return [call.partition("DEBUG=1 ")[2] for call in calls[2:]]


@pytest.mark.one_of_each
@pytest.mark.parametrize("failing", ["not thorough and", "thorough or", "proofs", "mutants", "unchecked /"])
def test_each_part_is_run_whatever_the_one_before_said_and_the_whole_fails(checkout, failing):
    ended, calls = checkout("test").run(FAILS=failing)

    assert (ended, steps(calls)) == (1, STEPS)
    assert checkout("test").run()[0] == 0


def test_the_walls_are_tried_on_each_other_version_of_the_embedded_database(checkout):
    here = checkout("test")
    here.stand_in(
        ".venv/bin/python",
        variables="${EMBEDDED_POSTGRES_MAJOR-} ${EMBEDDED_POSTGRES_DIR-}",
        more='case "$*" in *other-versions) echo 16 17;; esac\n',
    )

    ended, calls = here.run()

    on_others = [call for call in calls if "-k walls" in call]
    assert [call.split()[2:4] for call in on_others] == [["16", "var/postgres-16"], ["17", "var/postgres-17"]]
    assert ended == 0
    assert [call for call in here.run(DATABASE_URL="postgres://named")[1] if "other-versions" in call] == []


# What makes an environment: it brings programs that note as the others do.
MAKES_THE_LOCKER = """case "$*" in
*"venv var/locker") mkdir -p var/locker/bin && for name in python uv; do cp "$0" var/locker/bin/$name; done ;;
esac
"""


def test_both_lists_are_locked_by_a_locker_of_its_own_that_is_made_once_for_each_version(checkout):
    here = checkout("lock")
    here.stand_in(".venv/bin/python", more=MAKES_THE_LOCKER)
    (here.folder / "var/locker").mkdir(parents=True)
    (here.folder / "var/locker/name").write_text("uv==0.0.1")

    first, again = here.run("--upgrade"), here.run("--upgrade")

    assert (first[0], again[0]) == (0, 0)
    assert [len([call for call in calls if "venv var/locker" in call]) for _, calls in (first, again)] == [1, 0]
    for _, calls in (first, again):
        assert [call.split()[-5:] for call in calls if " pip compile " in call] == [
            ["script/lock", "--upgrade", "--output-file", f"{name}.txt", f"{name}.in"]
            for name in ("requirements", "requirements-dev")
        ]


FUNCTION = re.findall(r"^what_to_do\(\) \{\n.*?^\}$", (SCRIPTS / "install").read_text(), re.MULTILINE | re.DOTALL)[0]
ADVICE = """
OSError: [Errno 28] No space left on device | The disk is full
OSError: [Errno 122] Disk quota exceeded | The disk is full
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE | not what was locked
SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')) | PIP_CERT
ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407')) | The proxy did not let pip through
Failed to establish a new connection: [Errno -3] Temporary failure in name resolution | could not be reached
NewConnectionError: [Errno 111] Connection refused | could not be reached
ReadTimeoutError: Read timed out. | could not be reached
OSError: [Errno 30] Read-only file system | cannot write where it must
PermissionError: [Errno 1] Operation not permitted | cannot write where it must
ERROR: No matching distribution found for x==1 | nothing ready-made for Python
ERROR: Package 'x' requires a different Python: 3.10 not in '>=3.11' | nothing ready-made for Python
error: metadata-generation-failed | nothing ready-made for Python
what nobody has met before | See above
Connection refused, so ERROR: No matching distribution found for x==1 | could not be reached
No space left on device, and THESE PACKAGES DO NOT MATCH THE HASHES | The disk is full
"""


@pytest.mark.one_of_each
@pytest.mark.parametrize("line", ADVICE.strip().splitlines())
def test_of_what_pip_says_the_first_cause_that_fits_is_advised_on(tmp_path, line):
    of_pip, advice = (part.strip() for part in line.split(" | "))
    (tmp_path / "log").write_text(of_pip)
    beside = f'say() {{ echo "$*"; }}\nversion_of() {{ echo 3.11; }}\nlog={tmp_path}/log\n'
    script = f"{beside}{FUNCTION}\nwhat_to_do requirements.txt"

    command = ["bash", "-euc", script]
    told = subprocess.run(command, env=TOLD, capture_output=True, text=True, check=True, timeout=PATIENCE)

    (sentence,) = told.stdout.splitlines()
    assert advice in sentence
