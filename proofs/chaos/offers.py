"""Everybody offers at once, each twice, and then the one who asked takes everybody on at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import product
from typing import Any

from proofs import oracle
from proofs.ground import Ground
from proofs.offering import Call, offer, once
from proofs.proof import Outcome, Proof

AT_ONCE = 16
HELPERS = 8
NO_KEY = "ALTER TABLE conversations_v2 DROP CONSTRAINT unique_help_request_helper"
# Also what the fault let in: nobody could put the key back otherwise.
KEY_AGAIN = """
SET session_replication_role = replica;
DELETE FROM conversations_v2 AS one USING conversations_v2 AS other
    WHERE (one.help_request_id, one.helper_id) = (other.help_request_id, other.helper_id) AND one.id > other.id;
ALTER TABLE conversations_v2 ADD CONSTRAINT unique_help_request_helper UNIQUE (help_request_id, helper_id)
"""
MADE = "SELECT help_request_id::text, helper_id::text, id::text, requester_id::text FROM conversations_v2"


def storm(ground: Ground, requests: int, planted: bool) -> Outcome:
    site = ground.serving("offers_without_a_key" if planted else "")
    people, before = ground.people("offers", requests, HELPERS), ground.stage()
    with ground.altered(NO_KEY, KEY_AGAIN) if planted else nullcontext():
        offered = _all_at_once(site.port, _offers(people))
        made = [
            row for row in ground.database.rows(MADE) if row[0] in {each["help_request"] for each in people["asked"]}
        ]
        taken = [_all_at_once(site.port, _acceptances(asked, made)) for asked in people["asked"]]
    pairs = requests * HELPERS
    wrong = oracle.one_each([f"{asked['help_request']} {helper['id']}" for asked, helper in _pairs(people)],
                            Counter(f"{row[0]} {row[1]}" for row in made), "offers")  # fmt: skip
    wrong += oracle.unchanged(Counter({201: pairs, 200: pairs}), offered, "the answers: the first 201, its twin 200,")
    wrong += Counter({"requests that took on another number than one": sum(each[200] != 1 for each in taken)})
    wrong += oracle.other_answers(sum(taken, Counter()), (200, 409))
    wrong += oracle.unchanged(before, ground.stage(), "the rollout's stage")
    return Outcome({"requests": requests, "offers at once": 2 * pairs, "acceptances at once": pairs}, +wrong)


def _pairs(people: dict[str, Any]) -> list[tuple[dict[str, str], dict[str, str]]]:
    return list(product(people["asked"], people["helpers"]))


def _offers(people: dict[str, Any]) -> list[Call]:
    """Each helper's offer on each request, and the same once more beside it."""
    return [offer(helper, asked) for asked, helper in _pairs(people) for _ in range(2)]


def _acceptances(asked: dict[str, str], made: list[Any]) -> list[Call]:
    offers = [id for request, _, id, _ in made if request == asked["help_request"]]
    return [Call(f"/api/messaging/conversations/{id}/accept", asked["token"]) for id in offers]


def _all_at_once(port: int, calls: list[Call]) -> Counter[int | None]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return Counter(threads.map(partial(once, port), calls))


PROOF = Proof(
    name="offers",
    promise="Everybody offers on one request at once, each twice, and all of them are taken on at once: one offer for "
    "each helper (201 and 200), one of them accepted, the others 409",
    fault="no lock, and no constraint that tells a second offer from the first",
    run=storm,
    quick=4,
    full=100,
)
