"""What must not grow with the community: this set against one with a twentieth of everything, in turns.

Judged is PostgreSQL's processor time alone. The web process's is the same on both sides, and would hide what grows.
"""

import json
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, urlencode

from benchmarks import people
from benchmarks.bench import Bench, repeated
from benchmarks.databases import on_database
from benchmarks.figures import DATABASE, Figure, Samples, at_most, slower
from benchmarks.rows.pages import NEAR, REQUESTS, SEARCHES, TEAM, looks
from benchmarks.serving.caller import Caller, Person, with_sessions
from benchmarks.turns import Act, in_turns

GOAL = at_most(1.3, DATABASE)
FAR = 25  # pages of 50 on


def growth(bench: Bench) -> list[Figure]:
    sides = {which: _sides(bench, which) for which in (bench.which, bench.twentieth)}
    figures = []
    for name in sides[bench.which]:
        taken = _compared(bench, {which: found[name] for which, found in sides.items()})
        ours, theirs = taken[bench.which], taken[bench.twentieth]
        figures.append(slower("growth", name, "with a twentieth of everything", ours, theirs, GOAL))
    return figures + _of_one_member(bench)


def _sides(bench: Bench, which: str) -> dict[str, list[Act]]:
    with on_database(which):
        people.settle()
        call = bench.site(which).caller()
        readers = with_sessions(people.with_full_inboxes(40))
        team = with_sessions([people.of_the_team()])
    pages = {"/home/": "/home/"} | REQUESTS
    pages |= {f"page: {name}": f"/requests/?q={quote(words)}" for name, words in SEARCHES.items()}
    pages |= {"page: a common word, near": f"/requests/?q=ride{NEAR}", "/messages/": "/messages/"}
    found = {name: looks(call, path, readers) for name, path in pages.items()}
    found |= {f"API: {name}": _asks(call, {"q": words}, readers) for name, words in SEARCHES.items()}
    found["API: help requests"] = _asks(call, {}, readers)
    found["API: help requests, page 26"] = _asks(call, {"limit": "50", "cursor": _far(call, readers[0])}, readers[:1])
    return found | {f"the team's: {name}": looks(call, path, team) for name, path in TEAM.items()}


def _asks(call: Caller, said: dict[str, str], readers: list[Person]) -> list[Act]:
    return [partial(call.get, f"/api/help-requests?{urlencode(said)}", person) for person in readers]


def _far(call: Caller, reader: Person) -> str:
    """The cursor of a page far down; of the last one, where there are not so many."""
    cursor = ""
    for _ in range(FAR):
        page = json.loads(call.get(f"/api/help-requests?{urlencode({'limit': '50', 'cursor': cursor})}", reader))
        if page["next"] is None:
            break
        cursor = page["next"]
    return cursor


def _compared(bench: Bench, acts: dict[str, list[Act]]) -> dict[str, Samples]:
    meters = {which: bench.site(which).meter for which in acts}
    return in_turns(
        {which: repeated(found) for which, found in acts.items()}, meters, seconds=bench.seconds / 8, batch=2
    )


def _of_one_member(bench: Bench) -> list[Figure]:
    """On one and the same database: who has much against who has little."""
    call = bench.site().caller()
    few, much = with_sessions(people.with_full_inboxes(40)), with_sessions([people.busiest()])
    shown: dict[str, Callable[[list[Person]], list[Act]]] = {
        "the unread total on a page, 2,000 conversations": lambda readers: looks(call, "/you/", readers),
        "/notifications/, 10,000 of them": lambda readers: looks(call, "/notifications/", readers),
    }
    figures = []
    for name, of in shown.items():
        sides = {"ours": repeated(of(much)), "theirs": repeated(of(few))}
        taken = in_turns(sides, bench.site().meter, seconds=bench.seconds / 8, batch=2)
        figures.append(slower("growth", name, "a member with few", goal=GOAL, **taken))
    return figures
