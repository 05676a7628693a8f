"""What the environment may say, and that a mistake in it stops the start with one sentence that names it."""

import ast
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from carecollective.ground import environment
from carecollective.tests.waiting import PATIENCE

pytestmark = pytest.mark.thorough

PROJECT = Path(__file__).resolve().parents[4]
NEEDED = {"SECRET_KEY": "$ecret" + "-and-long" * 8, "ALLOWED_HOSTS": "care.example.org"}
# Read by what is still to come; the file lists them, so that an operator finds them in their place.
STILL_TO_COME: set[str] = set()
# For tests and tools, not for an installation.
WHO_TYPES = {"PGOPTIONS", "SUDO_USER"}  # of the shell that a command is typed in
FOR_DEVELOPERS = WHO_TYPES | {"DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE", "CI", "COLUMNS", "PYTHONPATH"}


def start(**variables):
    """What `manage.py check` says with these variables and no others."""
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    variables = {name: value for name, value in (NEEDED | variables).items() if value is not None}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT, env=inherited | variables, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip


INVALID = [
    ("SECRET_KEY", None),
    ("DATABASE_URL", "mysql://care@localhost/care"),
    ("LISTEN_DATABASE_URL", "care.example.org"),
    ("OWNER_DATABASE_URL", "care.example.org"),
    ("ALLOWED_HOSTS", "https://care.example.org"),
    ("EMAIL_URL", "carrier-pigeon://roof"),
    ("AUDIT_SINK", "http://logs.example.org/audit"),
    ("DEFAULT_FROM_EMAIL", "the team"),
    ("HSTS", "host"),  # without https
    ("RATE_LIMITS", "off"),
]


@pytest.mark.parametrize(("name", "value"), INVALID)
def test_a_missing_or_wrong_variable_stops_the_start_with_one_sentence_that_names_it(name, value):
    done = start(**{name: value})

    assert done.returncode == 1
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence.startswith(f"Cannot start: {name} ")
    assert sentence.endswith(".")


def test_who_types_a_command_in_a_fresh_checkout_reads_what_to_type():
    assert "DEBUG=1 before the command" in start(SECRET_KEY=None, ALLOWED_HOSTS=None).stderr
    assert start(SECRET_KEY=None, ALLOWED_HOSTS=None, DEBUG="1").returncode == 0


READ_BY = {
    "DATABASE_URL": environment.database,
    "EMAIL_URL": environment.mail,
    "SENTRY_DSN": environment.error_tracker,
}


@pytest.mark.parametrize("name", READ_BY)
def test_no_sentence_repeats_a_password(name, monkeypatch):
    monkeypatch.setitem(environment.env.ENVIRON, name, "pigeon://login:hunter2@host:many/")

    with pytest.raises(ImproperlyConfigured) as raised:
        READ_BY[name](name)

    assert "hunter2" not in str(raised.value)


def test_what_is_needed_is_enough_and_a_secret_may_begin_with_a_dollar():
    done = start()

    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_override_of_the_flag_stops_no_start():
    assert start(MESSAGING_V2_ROLLOUT="percentage:many").returncode == 0


def test_limits_can_be_off_only_while_debug_is_on():
    assert start(RATE_LIMITS="off", DEBUG="on").returncode == 0


def test_with_debug_on_nothing_is_needed():
    assert start(DEBUG="1", SECRET_KEY=None, ALLOWED_HOSTS=None).returncode == 0


def listed():
    """The variables of .env.example with their values."""
    lines = (PROJECT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_a_copy_of_the_example_starts_once_the_two_needed_are_filled_in():
    done = start(**{name: value for name, value in listed().items() if name not in NEEDED})

    assert (done.returncode, done.stderr) == (0, "")


def read_by_the_code():
    """Names in upper case that are asked of the environment, anywhere but in tests."""
    found = set()
    for path in [*PROJECT.glob("carecollective/**/*.py"), *PROJECT.glob("helprequests/**/*.py"),
                 *PROJECT.glob("messaging/**/*.py"), PROJECT / "manage.py"]:  # fmt: skip
        if "tests" in path.relative_to(PROJECT).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            asked = []
            if isinstance(node, ast.Call) and re.search(r"env(iron)?\b|getenv", ast.unparse(node.func)):
                asked = node.args[:1]
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                asked = [node.slice]
            found |= {each.value for each in asked if isinstance(each, ast.Constant) and str(each.value).isupper()}
    return found


def test_the_example_lists_every_variable_that_is_read_and_no_other():
    assert set(listed()) - STILL_TO_COME == read_by_the_code() - FOR_DEVELOPERS - STILL_TO_COME


def test_the_example_says_a_line_about_each():
    lines = (PROJECT / ".env.example").read_text().splitlines()

    for before, line in itertools.pairwise(lines):
        if "=" in line and not line.startswith("#"):
            assert before.startswith("# "), line
