"""Web processes ended by kill -9."""

from proofs.ground import Ground
from proofs.load import break_often, under_load
from proofs.proof import Outcome, Proof


def kill_the_web(ground: Ground, times: int, planted: bool) -> Outcome:
    outcome = Outcome()
    site = ground.serving("answers_dawdle" if planted else "")
    with under_load(ground, outcome, with_ids=not planted) as load:
        outcome.figures["kills"] = break_often(load, times, lambda _: site.kill_a_process())
    return outcome


PROOF = Proof(
    name="web",
    promise="Web processes are killed: what was acknowledged is there exactly once, and nobody meets another answer "
    "than 2xx and 503",
    fault="clients that send no ids of their own (and a moment between COMMIT and the answer)",
    run=kill_the_web,
    quick=2,
    full=500,
)
