"""Those who call while things break, and what is wrong with what they were told."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from carecollective.tests.waiting import a_moment
from messaging.tests.crashes.callers import AGAIN_AFTER, Answer, Caller, Callers
from proofs import oracle
from proofs.ground import Ground
from proofs.proof import Outcome

Work = Callable[[Caller, dict[str, str]], None]
JSON = "application/json"


def headers_of(person: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Token {person['token']}", "Content-Type": JSON}


class Load(Callers):
    """Members who write, one who offers and takes it back again and again, and visitors."""

    def _work(self, visitors: int) -> list[tuple[Work, dict[str, str]]]:
        first, *_, last = self.people["writers"]
        return [*super()._work(visitors), (self._offer, last | {"help_request": first["help_request"]})]

    def _offer(self, caller: Caller, person: dict[str, str]) -> None:
        """What the guard rails of the rollout judge by."""
        body = '{"initial_message": "I can drive you on Thursday."}'
        path = f"/api/messaging/help-requests/{person['help_request']}/start-conversation"
        while not self.ending.is_set():
            answer = caller.call("POST", path, body, headers_of(person))
            self._count("offer", answer, api=True, fine=(200, 201))
            if answer is not None and answer.status in (200, 201):
                self._withdraw(caller, person, json.loads(answer.body)["conversation_id"])
            a_moment(AGAIN_AFTER)

    def _withdraw(self, caller: Caller, person: dict[str, str], conversation: str) -> None:
        """Again until it is answered: an offer that was acknowledged and is lost answers 404, and always will."""
        path, done = f"/api/messaging/conversations/{conversation}/withdraw", (200, 409)
        while (answer := caller.call("POST", path, "{}", headers_of(person))) is None or answer.status == 503:
            self._count("withdraw", answer, api=True, fine=done)
            a_moment(AGAIN_AFTER)
        self._count("withdraw", answer, api=True, fine=done)


@contextmanager
def under_load(
    ground: Ground, outcome: Outcome, *, visitors: int = 2, with_ids: bool = True, fine: tuple[int, ...] = ()
) -> Iterator[Load]:
    """Calls while the block lasts; then `outcome` has what came of it.

    `fine`: where it is given, no other answers were promised, not even 503.
    """
    words = f"{uuid.uuid4().hex[:8]} "
    before, began = ground.stage(), time.monotonic()
    with Load(ground.site, visitors=visitors, with_ids=with_ids, words=words) as load:
        yield load
    outcome.figures |= {
        "acknowledged": len(load.acknowledged),
        "503": load.answers[503],
        "connections that died": load.answers[None],
        "longest that a writer waited": f"{load.worst_gap:.1f} s",
        "took": f"{time.monotonic() - began:.0f} s",
    }
    outcome.wrong += judged(ground, load, words) + oracle.unchanged(before, ground.stage(), "the rollout's stage")
    if fine:
        outcome.wrong += oracle.other_answers(load.answers, fine)


def judged(ground: Ground, load: Load, words: str) -> Counter[str]:
    rows = [oracle.Row(*row) for row in ground.database.rows(WRITTEN.format(words=words))]
    sent = [oracle.Said(each.id, each.conversation, each.sender, each.text) for each in load.sent]
    acknowledged = [oracle.Said(each.id, each.conversation, each.sender, each.text) for each in load.acknowledged]
    if not load.with_ids:  # the server chose them
        rows = [row._replace(id=message.id) for row in rows for message in sent if message.text == row.text]
    wrong = Counter({"answers other than 2xx and 503 as promised": len(load.wrong)})
    return +(wrong + oracle.exactly_once(sent, acknowledged, rows))


WRITTEN = """
SELECT id::text, conversation_id::text, sender_id::text, content FROM messages_v2
WHERE content LIKE '{words}%' ORDER BY created_at
"""


def break_often(load: Load, times: int, harm: Callable[[int], Any], *, everybody: bool = False) -> int:
    """Does harm so many times, each after some more messages; stops at the first answer that is wrong. How often."""
    for number in range(times):
        load.wait_for(number % 7 + 2)
        if load.wrong:
            return number
        harm(number)
        if everybody:
            load.wait_for_everybody()
    load.wait_for_everybody()
    return times


def status(answer: Answer | None) -> int:
    """0 where there was none."""
    return answer.status if answer else 0
