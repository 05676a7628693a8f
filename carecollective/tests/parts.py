"""Real processes of an installation, begun as operators begin them, over a test's own database."""

import contextlib
import re
import subprocess
import sys

from django.conf import settings

from carecollective.rollout.tests.servers import surroundings
from carecollective.tests.waiting import PATIENCE, line_with

# The demo data has tests of its own, and takes its time.
SERVE = """
import sys
import django; django.setup()
from django.core.management import execute_from_command_line
from carecollective.management.commands import serve
serve.Command.load_demo_data = lambda command: None
serve.SECONDS_TO_END = 100  # a busy machine is no failure; whatever hangs still ends by this alarm
execute_from_command_line(["manage.py", "serve", *sys.argv[1:]])
"""


@contextlib.contextmanager
def running(*arguments, **variables):
    """A start of `manage.py serve`, to which every warning is an error."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE, *arguments], cwd=settings.BASE_DIR, env=surroundings() | variables,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        _, output = process.communicate(timeout=PATIENCE)
        print(output)  # noqa: T201  (pytest shows it where the test fails)


@contextlib.contextmanager
def serving(*options, **variables):
    """One that has begun to serve, and its port (none where it serves jobs)."""
    with running(*options, *([] if "jobs" in options else ["--port", "0"]), **variables) as process:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line_with("(Ctrl-C ends it)", process))
        yield process, found and int(found[1])
