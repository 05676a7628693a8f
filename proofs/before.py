"""The everyday tests of the release before, on the tables of this one: what it does, it can still do while both serve.

Tests that say what stands in the catalogue, and nothing else, are about the tables of their own release and stay out.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from carecollective.ground.embedded_postgresql.cluster import Cluster
from proofs import rolling
from proofs.proof import Outcome, Proof

if TYPE_CHECKING:
    from proofs.ground import Ground

TESTS = "test_carecollective"
# Inventories of a release's own tables, rights and texts: a release that adds one differs from them by that.
INVENTORIES = (
    *("matrix_of_walls", "walls_said", "migrations", "verification", "logins", "round_trips", "architecture"),
    *("documents", "injected_texts", "registry", "deployment_kit"),
)
TASTE = ["helprequests/tests/test_services.py", "messaging/tests/test_services.py"]
BROKEN = "ALTER TABLE help_requests RENAME COLUMN description TO words"


def run(ground: "Ground", times: int, planted: bool) -> Outcome:
    """`times` of 1 is a taste, the verbs of requests and messages; of 2 all that are run every day."""
    place = ground.place / f"before-{planted}"
    before, after = place / "before", place / "after"
    for folder, files in ((before, rolling.archived(rolling.release_before())), (after, rolling.as_it_is())):
        rolling.lay_out(folder, files)
    cluster = Cluster(place / "postgres")
    try:
        cluster.ensure(TESTS)
        _manage(after, place)
        if planted:
            with cluster.joined().connect(TESTS) as connection:
                connection.execute(BROKEN)
        passed, failed, said = _tested(before, place, TASTE if times == 1 else [])
    finally:
        cluster.leave()
    return Outcome({"tests": passed, "said": said}, +Counter({"tests of the release before fail": failed}))


def _manage(folder: Path, place: Path) -> None:
    """The tables of this release, made by itself; the tests find them where they look for theirs."""
    subprocess.run([sys.executable, "-c", MIGRATED], cwd=folder, env=_environment(place), check=True)


MIGRATED = """
import django; django.setup()
from django.db import connection
from django.core.management import call_command
connection.settings_dict["NAME"] = "test_carecollective"
call_command("migrate", interactive=False, verbosity=0)
"""


def _environment(place: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("EMBEDDED_", "DATABASE_"))}
    return clean | {
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "carecollective.settings",
        "EMBEDDED_POSTGRES_DIR": str(place / "postgres"),
    }


def _tested(folder: Path, place: Path, paths: list[str]) -> tuple[int, int, str]:
    """How many passed, how many did not, and the last line."""
    command = [sys.executable, "-m", "pytest", "-q", "--reuse-db", "-m", "not thorough and not browser", *paths]
    names = " or ".join(f"test_{name}" for name in INVENTORIES)
    done = subprocess.run(
        [*command, "-k", f"not ({names})"],
        cwd=folder,
        env=_environment(place),
        capture_output=True,
        text=True,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or [""])[-1]
    counts = {what: int(number) for number, what in re.findall(r"(\d+) (passed|failed|error)", last)}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    return counts.get("passed", 0), failed or int(done.returncode != 0), last


PROOF = Proof(
    name="before",
    promise="The everyday tests of the release before pass on the tables of this one",
    fault="a column of the release before that this one renames",
    run=run,
    quick=1,
    full=2,
)
