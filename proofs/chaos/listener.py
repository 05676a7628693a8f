"""The connection that hears what changed, cut again and again."""

from carecollective.web.live.tests.converging import end_all_listeners
from proofs.chaos.sockets import converged
from proofs.ground import Ground
from proofs.proof import Outcome, Proof

PAIRS = 4


def cut(ground: Ground, times: int, planted: bool) -> Outcome:
    people = ground.people("pairs", PAIRS)
    return converged(ground, people, [end_all_listeners] * times, planted, fine=(200, 201))


PROOF = Proof(
    name="listener",
    promise="The listener's connection is cut: open pages catch up, and everything that is sent is answered 2xx",
    fault="clients that do not look again after a hello",
    run=cut,
    quick=2,
    full=50,
)
