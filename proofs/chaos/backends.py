"""Backends of the database ended: by kill -9, after which PostgreSQL begins anew, and one by one."""

from carecollective.ground.embedded_postgresql.cluster import WEB
from proofs.ground import Ground
from proofs.load import break_often, under_load
from proofs.proof import Outcome, Proof

END_ONE = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{WEB}' ORDER BY random() LIMIT 1
"""


def end_backends(ground: Ground, times: int, planted: bool) -> Outcome:
    outcome = Outcome()
    ground.serving("nothing_is_foreseen" if planted else "")

    def end(number: int) -> None:
        if number % 2:
            ground.database.rows(END_ONE)
        else:
            ground.database.kill_a_backend()

    with under_load(ground, outcome) as load:
        outcome.figures["backends ended"] = break_often(load, times, end, everybody=True)
    return outcome


PROOF = Proof(
    name="backends",
    promise="Backends of the database are killed and terminated: nothing acknowledged is lost or doubled, callers meet "
    "503 and never 500, and the rollout stays at its stage",
    fault="a server process that foresees no error of the database",
    run=end_backends,
    quick=2,
    full=200,
)
