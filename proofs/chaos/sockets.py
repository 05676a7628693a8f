"""Open pages while the listener's connection, a web process and the database die."""

from collections import Counter
from collections.abc import Callable, Sequence

from carecollective.tests.races import run_apart
from carecollective.web.live.tests.converging import EVERY_HARM, converse, differences, measured
from messaging.tests.crashes.site import Site
from proofs import oracle
from proofs.ground import Ground
from proofs.proof import Outcome, Proof

A_SECOND = 20  # messages
SECONDS_FOR_A_HARM = 2.0


def converged(
    ground: Ground,
    people: Sequence[dict[str, str]],
    harms: Sequence[Callable[[Site], None]],
    planted: bool,
    fine: Sequence[int] = (0, 200, 201, 503),
) -> Outcome:
    """What each client ends with beside what the database holds. Planted: clients that believe every frame arrives."""
    site = ground.serving()
    before, seconds = ground.stage(), SECONDS_FOR_A_HARM * (len(harms) + 1)
    clients, writers, healthy, truth = run_apart(
        converse(site, people, harms, catches_up=not planted, rate=A_SECOND, seconds=seconds)
    )
    figures = measured(clients, writers, healthy)
    wrong = Counter({f"messages {kind}": number for kind, number in differences(clients, truth).items() if number})
    kept = Counter(id for ids in truth.values() for id in ids)
    wrong += oracle.one_each(writers.acknowledged_at, kept, "messages acknowledged and")
    wrong += oracle.other_answers(writers.answers, fine)
    wrong += oracle.unchanged(before, ground.stage(), "the rollout's stage")
    shown = {"sockets": len(clients), "messages": len(writers.sent_at), "harms": len(harms)}
    return Outcome({**shown, "p95 while healthy": f"{figures['p95_ms']:.0f} ms"}, wrong)


def break_everything(ground: Ground, sockets: int, planted: bool) -> Outcome:
    return converged(ground, ground.people("pairs", sockets // 2), EVERY_HARM, planted)


PROOF = Proof(
    name="sockets",
    promise="Whatever dies midway, each open page ends with what the database holds: all of it, once, in order, "
    "nothing of anybody else's",
    fault="clients that believe that every frame arrives",
    run=break_everything,
    quick=10,
    full=200,
)
