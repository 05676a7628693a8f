"""docs/states.md is drawn from TRANSITIONS: this test compares, and draws it anew under DRAW_DOCS=1."""

import os
from pathlib import Path

from helprequests.models import TAKES_OFFERS, TRANSITIONS, HelpRequest

DOC = Path(__file__).resolve().parents[2] / "docs" / "states.md"

PEOPLE = {"owner": "the owner", "helper": "the accepted helper", "staff": "the team"}
LEAVES = {
    "accept": "`helper_id` is set",
    "complete": "`completed_at` is set",
    "cancel": "`cancelled_at` and `cancel_reason` are set",
    "release": "`helper_id` is cleared",
    "reopen": "times, reason and helper are cleared; it runs for 30 days from now",
    "edit": "texts, category, urgency, ongoing",
    "renew": "it runs for 30 days from now",
    "close": "nothing else changes",
}

TEXT = """# The life of a help request

Drawn from `TRANSITIONS` in `helprequests/models.py` by `helprequests/tests/test_states_doc.py`, which fails where the
two differ. To draw it again: `DRAW_DOCS=1 script/test helprequests/tests/test_states_doc.py`.

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
    offers = " or ".join(f"`{status}`" for status in TAKES_OFFERS)
    return TEXT.format(arrows="\n".join(arrows), rows="\n".join(rows), offers=offers)


def test_the_doc_is_what_the_code_says():
    if os.environ.get("DRAW_DOCS"):
        DOC.write_text(drawn())

    assert DOC.read_text() == drawn()


def test_every_status_is_in_the_table():
    reached = {"open"} | {transition.after for transition in TRANSITIONS.values() if transition.after}
    left = {before for transition in TRANSITIONS.values() for before in transition.before}

    assert reached == set(HelpRequest.Status.values)
    assert left == set(HelpRequest.Status.values) - {"closed"}
