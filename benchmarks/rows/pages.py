"""The pages, as a browser asks for them, in turns with the API's view that does nothing."""

from collections.abc import Sequence
from functools import partial
from itertools import cycle
from urllib.parse import quote

from benchmarks import people
from benchmarks.bench import Bench, repeated
from benchmarks.figures import PROCESSOR, Figure, Goal, at_most, slower
from benchmarks.rows.calls import NULL, null_acts
from benchmarks.serving.caller import Caller, Person, with_sessions
from benchmarks.sizes import LONG_ID
from benchmarks.turns import Act, in_turns

A_PAGE = at_most(5, PROCESSOR)
REQUESTS = {
    "/requests/, newest first": "/requests/",
    "/requests/, soonest first": "/requests/?sort=soonest",
    "/requests/, those near": "/requests/?near=me",
    "/requests/, a far page": "/requests/?page=99999",
}
SEARCHES = {
    "a rare word": "unicycle",
    "a common word": "ride",
    "two common words": "ride clinic",
    "with an accent": "médico",
    "without its accent": "medico",
    "nowhere": "zeppelin",
}
NEAR = "&near=me"
TEAM = {
    "the front": "/admin/",
    "applications": "/admin/applications/",
    "requests without an offer": "/admin/requests/without-offer/",
    "requests that run out": "/admin/requests/running-out/",
    "offers to pass on": "/admin/requests/offers/",
    "reports": "/admin/reports/report/",
    "the rollout": "/admin/rollout/messaging-v2/",
}


def pages(bench: Bench) -> list[Figure]:
    call, members = bench.site().caller(), people.with_full_inboxes(40)
    readers = with_sessions(members)
    long = people.long_thread(LONG_ID)
    threads, owner = [f"/messages/{long.id}/"], with_sessions([long.owner])
    sides: dict[str, list[Act]] = {
        "/home/": looks(call, "/home/", readers),
        **{name: looks(call, path, readers) for name, path in REQUESTS.items()},
        "a request": each_looks(call, [f"/requests/{id}/" for id in people.open_requests(200)], readers),
        "/messages/": looks(call, "/messages/", readers),
        "a thread": each_looks(call, threads, owner),
        "/notifications/": looks(call, "/notifications/", readers),
        "the front door, signed out": [partial(call.get, "/")],
    }
    return _against_null(bench, "pages", sides, A_PAGE)


def search(bench: Bench) -> list[Figure]:
    """The words, on the page and over the API."""
    call, readers = bench.site().caller(), with_sessions(people.with_full_inboxes(40))
    sides = {f"page: {name}": looks(call, f"/requests/?q={words}", readers) for name, words in _words().items()}
    sides["page: a common word, near"] = looks(call, f"/requests/?q=ride{NEAR}", readers)
    for name, words in _words().items():
        sides[f"API: {name}"] = [partial(call.get, f"/api/help-requests?q={words}", person) for person in readers]
    return _against_null(bench, "search", sides, A_PAGE)


def team(bench: Bench) -> list[Figure]:
    call, somebody = bench.site().caller(), with_sessions([people.of_the_team()])
    return _against_null(bench, "team", {name: looks(call, path, somebody) for name, path in TEAM.items()}, None)


def looks(call: Caller, path: str, readers: Sequence[Person]) -> list[Act]:
    return each_looks(call, [path], readers)


def each_looks(call: Caller, paths: Sequence[str], readers: Sequence[Person]) -> list[Act]:
    """Each path by another reader, as far as there are others."""
    pairs = zip(cycle(paths), cycle(readers), range(max(len(paths), len(readers))), strict=False)
    return [partial(call.look, path, reader) for path, reader, _ in pairs]


def _words() -> dict[str, str]:
    return {name: quote(words) for name, words in SEARCHES.items()}


def _against_null(bench: Bench, row: str, sides: dict[str, list[Act]], goal: Goal | None) -> list[Figure]:
    people.settle()
    site = bench.site()
    acts = {NULL: null_acts(site.caller())} | {name: repeated(found) for name, found in sides.items()}
    taken = in_turns(acts, site.meter, seconds=bench.seconds * 1.5, batch=3)
    return [slower(row, name, NULL, taken[name], taken[NULL], goal) for name in sides]
