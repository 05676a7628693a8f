"""A mail server that is not there."""

from carecollective.tests.waiting import eventually
from messaging.tests.crashes.callers import Caller
from proofs import oracle
from proofs.ground import Ground
from proofs.offering import offer
from proofs.post import Post
from proofs.proof import Outcome, Proof

TRIED = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'mail.deliver' AND status = 'succeeded'"


def be_away(ground: Ground, offers: int, planted: bool) -> Outcome:
    site = ground.serving("mail_in_the_request" if planted else "")
    people = ground.people("offers", offers, 1)
    post, before, tried = Post(ground.mail), ground.stage(), ground.one(TRIED)
    owners = [asked["email"] for asked in people["asked"]]
    with ground.mail.away():
        caller = Caller(site.port)
        answers = [offer(people["helpers"][0], asked).by(caller) for asked in people["asked"]]
        if not planted:
            eventually(lambda: ground.one(TRIED) > tried)
    wrong = oracle.other_answers({status: answers.count(status) for status in answers}, (201,))
    if not planted:
        eventually(lambda: post.has_come_to(owners))
        wrong += oracle.one_each(owners, post.arrived(), "mails")
    wrong += oracle.unchanged(before, ground.stage(), "the rollout's stage")
    return Outcome(
        {"offers while it was away": offers, "mails after it": sum(post.arrived()[to] for to in owners)}, wrong
    )


PROOF = Proof(
    name="mail",
    promise="The mail server is away: no request fails for it, and when it is back each mail goes out, once",
    fault="an offer that speaks to the mail server before it is answered",
    run=be_away,
    quick=5,
    full=1000,
)
