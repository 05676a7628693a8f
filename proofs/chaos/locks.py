"""A row that somebody holds for longer than anybody should wait."""

from collections import Counter

from carecollective.tests.waiting import eventually
from proofs.ground import Ground
from proofs.load import Load, under_load
from proofs.proof import Outcome, Proof

LONGEST, LONGEST_PLANTED = 60, 10  # seconds; lock_timeout is 3


def hold(ground: Ground, times: int, planted: bool) -> Outcome:
    outcome = Outcome()
    site = ground.serving("waits_for_ever" if planted else "")
    held = site.people["writers"][0]["conversation"]
    with under_load(ground, outcome) as load:
        for _ in range(times):
            load.wait_for_everybody()
            with ground.database.held(f"SELECT FROM conversations_v2 WHERE id = '{held}'"):
                outcome.wrong += _meanwhile(load, held, LONGEST_PLANTED if planted else LONGEST)
            if outcome.wrong:
                break
    outcome.figures["locks held"] = times
    return outcome


def _meanwhile(load: Load, held: str, seconds: float) -> Counter[str]:
    """Until both who write there were told 503, and everybody else was served once more."""
    others = {person["id"] for person in load.people["writers"] if person["conversation"] != held}
    begun, told = len(load.acknowledged), load.answers[503]

    def is_as_promised() -> bool:
        served = {message.sender for message in load.acknowledged[begun:]}
        return others <= served and load.answers[503] >= told + 2

    try:
        eventually(is_as_promised, seconds)
    except AssertionError:
        return Counter({"locks under which somebody was never answered": 1})
    return Counter()


PROOF = Proof(
    name="locks",
    promise="A lock is held for long: who waits for it is told 503 meanwhile, all others are served, and what was sent "
    "is there once afterwards",
    fault="a server process without limits on waiting",
    run=hold,
    quick=2,
    full=50,
)
