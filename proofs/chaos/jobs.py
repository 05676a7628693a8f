"""Workers of the jobs ended by kill -9, at the step of a mail at which it hurts."""

import contextlib
from functools import partial

from carecollective.ground.embedded_postgresql.tests.conftest import kill
from carecollective.tests.waiting import a_moment, eventually
from messaging.tests.crashes.site import children_of
from proofs import oracle
from proofs.ground import Ground
from proofs.offering import offer_each
from proofs.post import Post
from proofs.proof import Outcome, Proof

MAILS_FOR_A_KILL = 3
A_WHILE = 2  # seconds
LONGEST, LONGEST_PLANTED = 300, 20  # seconds
# A job whose worker died begins again within a minute and a half: here sooner, as soon as it is sure that they did.
ARE_DEAD = """
UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'
WHERE last_heartbeat < now() - interval '15 s'
"""
RESCUE = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args, queueing_lock)
VALUES ('default', 'jobs.rescue_stalled', '{"timestamp": 0}', 'rescue_stalled') ON CONFLICT DO NOTHING
"""


def kill_workers(ground: Ground, times: int, planted: bool) -> Outcome:
    site = ground.serving("sent_before_it_is" if planted else "")
    people = ground.people("offers", times * MAILS_FOR_A_KILL, 1)
    before, post = ground.stage(), Post(ground.mail)

    def end_the_workers() -> None:
        kill(*(child for process in site.running for child in children_of(process.pid)))

    with ground.mail.deadly(end_the_workers, times) as deaths:
        acknowledged = offer_each(site.port, people)
        with contextlib.suppress(AssertionError):  # what never came is counted below
            eventually(partial(_has_come, ground, post, acknowledged), LONGEST_PLANTED if planted else LONGEST)
    wrong = oracle.one_each(acknowledged, post.arrived(), "mails", spare=len(deaths))
    wrong += oracle.unchanged(before, ground.stage(), "the rollout's stage")
    return Outcome({"mails": len(acknowledged), "kills": len(deaths)} | post.twice(acknowledged), wrong)


def _has_come(ground: Ground, post: Post, addresses: list[str]) -> bool:
    """Every mail; where not, the clock is hurried on, and a moment later one may ask again."""
    if post.has_come_to(addresses):
        return True
    for statement in (ARE_DEAD, RESCUE):
        ground.database.rows(statement)
    a_moment(A_WHILE)
    return False


PROOF = Proof(
    name="jobs",
    promise="The jobs' processes are killed while they send: each mail arrives, and no more of them twice than "
    "there were kills",
    fault="a mail that is written down as sent before the mail server has it",
    run=kill_workers,
    quick=2,
    full=100,
)
