"""The API over HTTP, in turns with a view that does nothing behind the same server, middleware and sign-in.

Goals are about processor time, the web process's and PostgreSQL's: behind one server the waiting is the same for all.
"""

from functools import partial
from typing import Any

from benchmarks import people
from benchmarks.bench import SAMPLES, Bench, repeated
from benchmarks.earlier import TEXT, Earlier
from benchmarks.figures import PROCESSOR, Figure, Samples, at_most, slower
from benchmarks.serving.caller import Caller, with_tokens
from benchmarks.sizes import LONG_ID
from benchmarks.turns import Act, in_turns

OFFER, MESSAGES = "/api/messaging/help-requests/{}/start-conversation", "/api/messaging/conversations/{}/messages"
THREAD, INBOX, BOARD = "/api/messaging/conversations/{}", "/api/messaging/conversations", "/api/help-requests"
EMPTY, STOCK, OWN = (f"/api/null/{name}" for name in ("empty", "stock", "own"))
NULL = "the null view"  # the libraries' own: what we make of ours moves no goal
GOALS = {"POST message": 2.5, "POST offer": 3, "GET inbox": 2.5, "GET thread": 2}


def null_views(bench: Bench) -> list[Figure]:
    """What an authenticated call costs before its view does anything, ours and the libraries'."""
    call, members = bench.site().caller(), with_tokens(people.anybody(200))
    sides = {
        "empty": [partial(call.get, EMPTY)],
        "stock": [partial(call.get, STOCK, person) for person in members],
        "own": [partial(call.get, OWN, person) for person in members],
    }
    taken = _in_turns(bench, {name: repeated(acts) for name, acts in sides.items()})
    goal = at_most(2.5, PROCESSOR)
    return [
        slower(
            "null", "null view with our authentication", "Django's own empty view", taken["own"], taken["empty"], goal
        ),
        slower("null", "the same", "a null view with the library's", taken["own"], taken["stock"]),
    ]


def calls(bench: Bench) -> list[Figure]:
    call = bench.site().caller()
    readers = with_tokens(people.with_full_inboxes(60))
    long = people.long_thread(LONG_ID)
    owner = with_tokens([long.owner])
    reads = {
        "GET inbox": [partial(call.get, INBOX, person) for person in readers],
        "GET thread": [partial(call.get, THREAD.format(long.id), person) for person in owner],
        "GET help-requests": [partial(call.get, BOARD, person) for person in readers],
    }
    # What writes is done once each: the same again would be told that it is there already, and that is quick.
    sides: dict[str, list[Act]] = {NULL: null_acts(call), "POST message": posting(call), "POST offer": offering(call)}
    sides |= {name: repeated(acts) for name, acts in reads.items()}
    taken = _in_turns(bench, sides, 2)
    return [_against_null("calls", name, taken, GOALS.get(name)) for name in sides if name != NULL]


def start_conversation(bench: Bench) -> list[Figure]:
    """Against what such a call would cost by the earlier design: a view that does nothing, and its function."""
    call, earlier = bench.site().caller(), Earlier()
    pairs = people.free_pairs(SAMPLES)
    null = null_acts(call)

    def theirs(number: int) -> None:
        null[number]()
        request, helper = pairs[number]
        earlier.create(request, helper.pk)

    sides: dict[str, list[Act]] = {
        "ours": offering(call, pairs),
        "theirs": [partial(theirs, number) for number in range(SAMPLES)],
    }
    taken = _in_turns(bench, sides)
    against = "the null view + the earlier create function"
    return [slower("start-conversation", "POST start-conversation", against, goal=at_most(2.5), **taken)]


def null_acts(call: Caller) -> list[Act]:
    return repeated([partial(call.get, STOCK, person) for person in with_tokens(people.anybody(200))])


def posting(call: Caller) -> list[Act]:
    """A message each time, by another member in another conversation."""
    threads = people.open_threads(SAMPLES)
    senders = with_tokens(member for _, member in threads)
    said = {"content": TEXT}
    return [
        partial(call.post, MESSAGES.format(id), said, person) for (id, _), person in zip(threads, senders, strict=True)
    ]


def offering(call: Caller, pairs: list[Any] | None = None) -> list[Act]:
    """An offer each time, by another member on another request."""
    pairs = pairs or people.free_pairs(SAMPLES)
    helpers = with_tokens(helper for _, helper in pairs)
    said = {"initial_message": TEXT}
    return [partial(call.post, OFFER.format(id), said, person) for (id, _), person in zip(pairs, helpers, strict=True)]


def _in_turns(bench: Bench, sides: dict[str, list[Act]], times: float = 1) -> dict[str, Samples]:
    people.settle()
    return in_turns(sides, bench.site().meter, seconds=times * bench.seconds)


def _against_null(row: str, name: str, taken: dict[str, Samples], goal: float | None) -> Figure:
    return slower(row, name, NULL, taken[name], taken[NULL], at_most(goal, PROCESSOR) if goal else None)
