"""docs/states.md is drawn from TRANSITIONS and STEPS: this test compares, and draws it anew under DRAW_DOCS=1."""

import os
from pathlib import Path

from helprequests.models import TAKES_OFFERS, TRANSITIONS, HelpRequest
from messaging.models import LAPSES_AFTER, STEPS, UNDO_WITHIN, Answer

DOC = Path(__file__).resolve().parents[2] / "docs" / "states.md"

BY = {"requester": "the requester", "helper": "the helper", "time": "time"}
PEOPLE = {"owner": "the owner", "helper": "the accepted helper", "staff": "the team"}
LEAVES = {
    "accept": "`helper_id` is set",
    "complete": "`completed_at` is set",
    "cancel": "`cancelled_at` and `cancel_reason` are set",
    "release": "`helper_id` is cleared",
    "reopen": "times, reason and helper are cleared; it runs for 30 days from now",
    "edit": "texts, category, urgency, ongoing",
    "renew": "it runs for 30 days from now",
    "enough_help": "every offer that waits is declined, with thanks",
    "close": "nothing else changes",
}

TEXT = """# The life of a help request

Drawn from `TRANSITIONS` in `helprequests/models/life.py` by `helprequests/tests/test_states_doc.py`, which fails where
the two differ. To draw it again: `DRAW_DOCS=1 script/test helprequests/tests/test_states_doc.py`.

```mermaid
stateDiagram-v2
    [*] --> open
{arrows}
```

| Act | From | To | Who | What it leaves |
|---|---|---|---|---|
{rows}

Anything else is `409 invalid_transition`; somebody else's act is `403 permission_denied`; a request that one cannot see
is `404 help_request_not_found`.

Offers are taken while a request is {offers} and has not run out. A request that has run out keeps
its status, leaves the lists and takes no offers until its owner renews it; an ongoing one never runs out.

A conversation is `active` or `archived`. Either participant archives it and re-opens it; nobody writes in an archived
one.

## The life of an offer

Drawn from `STEPS` in `messaging/models/answers.py`. An offer that waits has no answer (`null`). Its last step can be
undone for {minutes} minutes by whoever took it, where nothing else has happened since: `accept`, `decline`,
`enough_help`, `withdraw`, `release`.

```mermaid
stateDiagram-v2
    [*] --> waits
{offer_arrows}
```

| Step | From | To | Who |
|---|---|---|---|
{steps}

The request says who helps: while a helper is its helper their offer is `accepted`, and an acceptance that the request
knows no more reads as `released`. An offer lapses after {days} days without an answer and without a word of the
requester's, while its request takes offers. `release` is the request's; so is re-opening it, which releases its helper.
After `declined` the helper has one last message, and one more for each of the requester's.
"""


def drawn():
    arrows = [
        f"    {before} --> {transition.after}: {act}"
        for act, transition in TRANSITIONS.items()
        if transition.after
        for before in transition.before
    ]
    rows = [
        f"| {act} | {', '.join(transition.before)} | {transition.after or 'as it was'} "
        f"| {', or '.join(PEOPLE[who] for who in transition.who)} | {LEAVES[act]} |"
        for act, transition in TRANSITIONS.items()
    ]
    offer_arrows = [
        f"    {before or 'waits'} --> {step.after or 'waits'}: {name}"
        for name, step in STEPS.items()
        for before in step.before
    ]
    steps = [
        f"| {name} | {', '.join(before or 'waits' for before in step.before)} | {step.after or 'waits'} "
        f"| {', or '.join(BY[who] for who in step.who)} |"
        for name, step in STEPS.items()
    ]
    offers = " or ".join(f"`{status}`" for status in TAKES_OFFERS)
    return TEXT.format(
        arrows="\n".join(arrows),
        rows="\n".join(rows),
        offers=offers,
        offer_arrows="\n".join(offer_arrows),
        steps="\n".join(steps),
        minutes=UNDO_WITHIN.seconds // 60,
        days=LAPSES_AFTER.days,
    )


def test_the_doc_is_what_the_code_says():
    if os.environ.get("DRAW_DOCS"):
        DOC.write_text(drawn())

    assert DOC.read_text() == drawn()


def test_every_status_is_in_the_table():
    reached = {"open"} | {transition.after for transition in TRANSITIONS.values() if transition.after}
    left = {before for transition in TRANSITIONS.values() for before in transition.before}

    assert reached == set(HelpRequest.Status.values)
    assert left == set(HelpRequest.Status.values) - {"closed"}


def test_every_answer_is_in_the_table():
    assert {step.after for step in STEPS.values()} == {None, *Answer.values}
