"""What a run of the tests did not check, and why: script/test says it at its end.

As a plugin of pytest it notes each skip, and what it ran on, into the file that UNCHECKED names. As a program it reads
what all runs noted and says what is missing of what is promised. On CI that is a failure, except for what
`.ci/unchecked` accepts, with the reason.
"""

import contextlib
import os
import platform
import sys
from collections import Counter
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from carecollective.ground.embedded_postgresql.programs import OLDEST_MAJOR, PINNED_MAJOR, find_programs

ACCEPTED = Path(__file__).resolve().parents[2] / ".ci" / "unchecked"
PROMISED = [
    *(f"PostgreSQL {major}" for major in range(OLDEST_MAJOR, PINNED_MAJOR + 1)),
    *(f"Python 3.{minor}" for minor in range(11, 15)),
    "Linux",
    "macOS",
]
SYSTEMS = {"Darwin": "macOS"}


# --- While tests run ------------------------------------------------------------------------------------------------


def note(kind: str, what: str) -> None:
    if file := os.environ.get("UNCHECKED"):
        with open(file, "a") as notes:
            notes.write(f"{kind}\t{' '.join(what.split())}\n")


def reason_of(report):
    """Why this was not checked; None where it was."""
    if hasattr(report, "wasxfail"):
        return f"known to fail: {report.wasxfail or report.nodeid}"
    if not report.skipped:
        return None
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


class Skips:
    def pytest_runtest_logreport(self, report):
        if reason := reason_of(report):
            note("skipped", reason)

    def pytest_collectreport(self, report):
        if reason := reason_of(report):
            note("skipped", f"{report.nodeid}: {reason}")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # a worker's reports are heard again where it was started
        config.pluginmanager.register(Skips())


def pytest_sessionfinish(session):
    if not session.testscollected or session.config.option.collectonly:
        return
    note("ran on", f"Python {sys.version_info.major}.{sys.version_info.minor}")
    note("ran on", SYSTEMS.get(platform.system(), platform.system()))


# --- Afterwards -----------------------------------------------------------------------------------------------------


def missing(notes):
    """Each thing that is promised and was not checked, and why."""
    noted = [line.split("\t", 1) for line in notes.splitlines()]
    ran_on = {what for kind, what in noted if kind == "ran on"}
    yield from ((what, "nothing ran on it here") for what in PROMISED if what not in ran_on)
    for reason, count in Counter(what for kind, what in noted if kind == "skipped").items():
        yield reason, f"{count} skipped" if count > 1 else "skipped"


def accepted(text):
    """What CI cannot check, and why that is so."""
    lines = (line.partition("|") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {what.strip(): why.strip() for what, _, why in lines}


def conclusion(notes, known, *, on_ci):
    """What to say, and the exit code."""
    found = list(missing(notes))
    if not found:
        return "Everything that is promised was checked.", 0
    lines = [f"- {what}: {known.get(what, why) if on_ci else why}" for what, why in found]
    unforeseen = [what for what, _ in found if what not in known]
    if on_ci and unforeseen:
        lines.append(f"On CI nothing may go unchecked that .ci/unchecked does not accept: {', '.join(unforeseen)}")
    return "\n".join(["Promised, and not checked by this run:", *lines]), int(bool(on_ci and unforeseen))


def other_versions():
    """The major versions of PostgreSQL that are promised and here, but for the one that the whole suite runs on."""
    usual = find_programs().major
    for major in range(OLDEST_MAJOR, PINNED_MAJOR + 1):
        with contextlib.suppress(ImproperlyConfigured):
            if major != usual:
                yield find_programs(major).major


if __name__ == "__main__":
    if sys.argv[1] == "other-versions":
        print(*other_versions())  # noqa: T201
        sys.exit()
    sentence, code = conclusion(
        Path(sys.argv[1]).read_text(), accepted(ACCEPTED.read_text()), on_ci=os.environ.get("CI") == "true"
    )
    print(sentence)  # noqa: T201
    sys.exit(code)
