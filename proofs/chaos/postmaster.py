"""The whole database ended, by kill -9 and as `pg_ctl stop -m immediate` ends it, and started again."""

import signal

from proofs.ground import Ground
from proofs.load import break_often, under_load
from proofs.proof import Outcome, Proof

ACKNOWLEDGES_FIRST = {"synchronous_commit": "off", "wal_writer_delay": "'10s'"}
ENDS = (signal.SIGKILL, signal.SIGQUIT)


def restart(ground: Ground, times: int, planted: bool) -> Outcome:
    outcome = Outcome()
    ground.serving()
    with ground.settings(**ACKNOWLEDGES_FIRST if planted else {}), under_load(ground, outcome) as load:
        outcome.figures["restarts"] = break_often(
            load, times, lambda number: ground.database.crash(ENDS[number % 2]), everybody=True
        )
    return outcome


PROOF = Proof(
    name="postmaster",
    promise="The database is killed and stopped at once, and started again: nothing acknowledged is lost or doubled, "
    "callers meet 503 and never 500, and the rollout stays at its stage",
    fault="a database that acknowledges before it has written (synchronous_commit = off)",
    run=restart,
    quick=2,
    full=100,
)
