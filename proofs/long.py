"""The long forms of tests that stand elsewhere: each is a proof by its name, and no part of a run of all.

The tests that plant the fault are the same, however often: they pass when they have seen it.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proofs import before, cluster
from proofs.operations import proof as operations
from proofs.proof import Outcome, Proof

if TYPE_CHECKING:
    from proofs.ground import Ground

ROOT = Path(__file__).resolve().parents[1]


def tested(
    name: str,
    promise: str,
    fault: str,
    *,
    module: str,
    planted: Sequence[str],
    by: Sequence[str],
    quick: int,
    full: int,
) -> Proof:
    """The tests of one module; `planted` are those that plant, and `by` the variables that say how often."""

    def run(ground: "Ground", times: int, is_planted: bool) -> Outcome:
        names = " or ".join(planted)
        passed, said = _pytest(module, names if is_planted else f"not ({names})", dict.fromkeys(by, str(times)))
        if is_planted:
            return Outcome(wrong=Counter({"tests see it": 1} if passed else {}))
        return Outcome({"times": times, "tests": said}, Counter({} if passed else {"tests fail": 1}))

    return Proof(name, promise, fault, run, quick, full)


def _pytest(module: str, names: str, variables: dict[str, str]) -> tuple[bool, str]:
    """Whether all passed, and the last line that was said."""
    command = [sys.executable, "-m", "pytest", "-q", module, "-k", names]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or [""]
    return done.returncode == 0, lines[-1]


LONG = [
    before.PROOF,
    operations.PROOF,
    tested(
        "crashes",
        "Server processes and databases, embedded and named, die and freeze: nothing acknowledged is lost or doubled",
        "clients without ids; a database that acknowledges before it has written",
        module="messaging/tests/crashes/test_crashes.py",
        planted=("without_the_clients_ids", "acknowledges_before_it_has_written"),
        by=("KILLS", "RESTARTS"),
        quick=5,
        full=50,
    ),
    tested(
        "converging",
        "So many sockets end with what the database holds, whatever dies midway",
        "clients that do not catch up after a hello",
        module="carecollective/web/live/tests/test_convergence.py",
        planted=("without_catching_up",),
        by=("SOCKETS",),
        quick=30,
        full=200,
    ),
    tested(
        "upgrade",
        "Behind nginx two page processes of the release before are replaced by this one's, one by one, and back: of so "
        "many requests none fails, and what was acknowledged is there once",
        "both processes at once; a column that the release before no longer finds",
        module="proofs/tests/test_upgrade.py",
        planted=("planted",),
        by=("REQUESTS",),
        quick=200,
        full=1000,
    ),
    cluster.PROOF,
]
