"""Requests closed, conversations archived, members who block and who leave, against offers and messages.

The oracle is the order of commits, as PostgreSQL itself keeps it (track_commit_timestamp): each act and each ending is
noted in a row that nobody changes, by a trigger in its own transaction.
"""

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from carecollective.ground.embedded_postgresql.tests.conftest import PROJECT
from carecollective.tests.waiting import a_moment, line_with
from proofs import oracle
from proofs.ground import Ground, ProvenSite
from proofs.offering import Call, offer, once
from proofs.proof import Outcome, Proof

NOTE = (Path(__file__).parent / "endings.sql").read_text()
FORGET = "DROP TABLE proofs_acts, proofs_ends; DROP FUNCTION proofs_note() CASCADE"
WRITERS, HELPERS = 3, 2
LATEST = 0.08  # seconds after the first try
LATE = """
SELECT a.kind || ' committed after the end of the ' || e.kind, count(*) FROM proofs_acts AS a JOIN proofs_ends AS e ON
    CASE e.kind
        WHEN 'request' THEN a.kind = 'offer' AND a.request = e.subject
        WHEN 'conversation' THEN a.kind = 'message' AND a.conversation = e.subject
        WHEN 'pair' THEN a.kind = 'offer' AND (e.subject, e.other) IN ((a.actor, a.other), (a.other, a.actor))
        WHEN 'member' THEN e.subject IN (a.actor, a.other)
    END
WHERE pg_xact_commit_timestamp(a.xid::xid) > pg_xact_commit_timestamp(e.xid::xid) GROUP BY 1
"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
WITHOUT_ITS_LOCK = (
    ("UPDATE public.conversations_v2 SET status = status", "SELECT clock_timestamp() FROM public.conversations_v2"),
    ("RETURNING updated_at INTO NEW.created_at", ""),
    ("SELECT clock_timestamp()", "SELECT clock_timestamp() INTO NEW.created_at"),
)
TURN = "SELECT pg_get_functiondef('message_takes_its_turn'::regproc)"


class Round(NamedTuple):
    """What is tried again and again, and what ends it: a call, or the id of who leaves."""

    tries: list[Call]
    end: Call | str


def race(ground: Ground, rounds: int, planted: bool) -> Outcome:
    site = ground.serving("no_locks" if planted else "")
    before, deadlocks, answers = ground.stage(), ground.one(DEADLOCKS), Counter[int | None]()
    tries = _rounds(ground, rounds)
    with _noted(ground, planted), _leaver(site) as leave:
        for each in tries:
            answers += _run(site.port, each, leave)
        acts = ground.one("SELECT count(*) FROM proofs_acts")
        wrong = Counter[str](dict(ground.database.rows(LATE)))
    wrong += oracle.other_answers(answers, (200, 201, 204, 401, 403, 404, 409, 503))
    wrong += Counter({"deadlocks": ground.one(DEADLOCKS) - deadlocks})
    wrong += oracle.unchanged(before, ground.stage(), "the rollout's stage")
    refused = sum(answers[status] for status in (401, 403, 404, 409))
    return Outcome({"rounds": rounds, "committed in them": acts, "refused after the end": refused}, +wrong)


def _rounds(ground: Ground, rounds: int) -> list[Round]:
    """Of each kind as many as of the others."""
    people, pairs = ground.people("offers", rounds, rounds + HELPERS), ground.people("pairs", rounds)
    helpers, kinds = people["helpers"], cycle(KINDS)
    return [
        next(kinds)(asked, [helpers[number], *helpers[rounds:]], owner, helper)
        for number, (asked, owner, helper) in enumerate(zip(people["asked"], pairs[::2], pairs[1::2], strict=True))
    ]


Person = dict[str, str]


def _closing(asked: Person, helpers: list[Person], owner: Person, helper: Person) -> Round:
    end = Call(f"/api/help-requests/{asked['help_request']}/cancel", asked["token"])
    return Round([offer(each, asked) for each in helpers], end)


def _archiving(asked: Person, helpers: list[Person], owner: Person, helper: Person) -> Round:
    path = f"/api/messaging/conversations/{owner['conversation']}"
    return Round(_messages(helper), Call(path, owner["token"], '{"status": "archived"}', "PATCH"))


def _blocking_who_offers(asked: Person, helpers: list[Person], owner: Person, helper: Person) -> Round:
    end = Call(f"/api/members/{helpers[0]['id']}/block", asked["token"])
    return Round([offer(helpers[0], asked)], end)


def _blocking_who_writes(asked: Person, helpers: list[Person], owner: Person, helper: Person) -> Round:
    return Round(_messages(helper), Call(f"/api/members/{helper['id']}/block", owner["token"]))


def _leaving_while_offering(asked: Person, helpers: list[Person], owner: Person, helper: Person) -> Round:
    return Round([offer(helpers[0], asked)], helpers[0]["id"])


def _leaving_while_writing(asked: Person, helpers: list[Person], owner: Person, helper: Person) -> Round:
    return Round(_messages(helper), helper["id"])


KINDS = (
    _closing,
    _archiving,
    _blocking_who_offers,
    _blocking_who_writes,
    _leaving_while_offering,
    _leaving_while_writing,
)


def _messages(sender: Person) -> list[Call]:
    path = f"/api/messaging/conversations/{sender['conversation']}/messages"
    return [Call(path, sender["token"], json.dumps({"content": "On my way"}))] * WRITERS


def _run(port: int, tried: Round, leave: Callable[[str], int]) -> Counter[int | None]:
    """Each try until it is refused; the end comes in between."""

    def try_on(call: Call) -> list[int]:
        answers = [once(port, call)]
        while answers[-1] in (0, 200, 201, 503) and not (ended.is_set() and answers[-1] == 200):
            answers.append(once(port, call))
        return answers

    ended = threading.Event()
    with ThreadPoolExecutor(len(tried.tries)) as threads:
        trying = [threads.submit(try_on, call) for call in tried.tries]
        a_moment(random.uniform(0, LATEST))
        answers = Counter[int | None]([leave(tried.end) if isinstance(tried.end, str) else once(port, tried.end)])
        ended.set()
        for each in trying:
            answers += Counter(each.result())
    return answers


@contextmanager
def _noted(ground: Ground, planted: bool) -> Iterator[None]:
    """Acts and endings are noted; planted: no lock of the conversation stands between the two."""
    with ExitStack() as altered:
        altered.enter_context(ground.altered(NOTE, FORGET))
        if planted:
            sound = faulty = ground.one(TURN)
            for before, after in WITHOUT_ITS_LOCK:
                faulty = faulty.replace(before, after)
            altered.enter_context(ground.altered(faulty, sound))
        yield


@contextmanager
def _leaver(site: ProvenSite) -> Iterator[Callable[[str], int]]:
    """Who empties accounts, in a process of its own."""
    command = [sys.executable, "-m", "proofs.leaver"]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=site.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    def leave(member: str) -> int:
        process.stdin.write(f"{member}\n".encode())  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        line_with(b"gone", process)
        return 200

    try:
        line_with(b"ready", process)
        yield leave
    finally:
        process.kill()
        process.communicate()


PROOF = Proof(
    name="endings",
    promise="Requests are closed, conversations archived, members block and leave while others offer and write: "
    "nothing is committed after what ended it, and nobody waits for each other",
    fault="no row is locked, neither by the verbs nor by the trigger of messages",
    run=race,
    quick=12,
    full=3000,
)
