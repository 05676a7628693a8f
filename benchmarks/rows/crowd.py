"""Many clients at once: does it hold what it carries, and how long does one of sixteen wait?"""

import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle
from statistics import median

from benchmarks import people
from benchmarks.bench import Bench
from benchmarks.earlier import TEXT
from benchmarks.figures import VALUE, Figure, at_least, at_most, value
from benchmarks.rows.calls import INBOX, MESSAGES, OFFER, STOCK, THREAD
from benchmarks.serving.caller import Caller, with_tokens
from benchmarks.sizes import SHORT_ID

CLIENTS = (1, 4, 16)
ROUNDS = 2
Call = Callable[[Caller], object]
# What the earlier design promises, in milliseconds.
PROMISED = {"POST offer": 500, "GET thread, 50 of 100": 100, "GET inbox": 100}


def crowd(bench: Bench) -> list[Figure]:
    people.settle()
    figures = []
    for name, calls in _calls().items():
        figures += _by_clients(bench, name, calls)
    return figures


def _calls() -> dict[str, list[Call]]:
    members, readers = with_tokens(people.anybody(200)), with_tokens(people.with_full_inboxes(60))
    short = people.long_thread(SHORT_ID)
    both = with_tokens([short.owner, short.helper] * 4)
    threads = people.open_threads(2_000)
    senders = with_tokens(member for _, member in threads)
    offers = people.free_pairs(2_400)
    helpers = with_tokens(helper for _, helper in offers)
    message, first = {"content": TEXT}, {"initial_message": TEXT}
    return {
        "the null view": [partial(Caller.get, path=STOCK, by=person) for person in members],
        "POST message": [
            partial(Caller.post, path=MESSAGES.format(id), said=message, by=person)
            for (id, _), person in zip(threads, senders, strict=True)
        ],
        "POST offer": [
            partial(Caller.post, path=OFFER.format(id), said=first, by=person)
            for (id, _), person in zip(offers, helpers, strict=True)
        ],
        "GET thread, 50 of 100": [partial(Caller.get, path=THREAD.format(short.id), by=person) for person in both],
        "GET inbox": [partial(Caller.get, path=INBOX, by=person) for person in readers],
    }


def _by_clients(bench: Bench, name: str, calls: list[Call]) -> list[Figure]:
    """Each number of clients in turns. What was offered once is not offered again: there are more than this can use."""
    waiting, seconds = cycle(calls), min(bench.seconds / 6, 2.0)
    rates: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    waits: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    for _ in range(ROUNDS):
        for clients in CLIENTS:
            people.settle()  # each number of clients has its own minute of a member's calls
            took = crowded(bench.site().port, waiting, clients, seconds)
            rates[clients].append(len(took) / seconds)
            waits[clients] += took
    found = {clients: median(rate) for clients, rate in rates.items()}
    figures = [value("crowd", f"{name}, {clients} clients", found[clients], "/s") for clients in CLIENTS]
    kept = at_least(0.9, VALUE, unit="×")
    figures.append(value("crowd", f"{name}, 16 clients", found[16] / found[4], "×", kept, against="4 clients"))
    p95 = sorted(waits[16])[int(len(waits[16]) * 0.95)] * 1000
    goal = at_most(PROMISED[name], VALUE, unit="ms") if name in PROMISED else None
    return [*figures, value("crowd", f"{name}, p95 of 16 clients", p95, "ms", goal)]


def crowded(port: int, waiting: "cycle[Call]", clients: int, seconds: float) -> list[float]:
    """How long each call took that was made meanwhile. Raises what a call raised."""
    took: list[float] = []
    failed: list[BaseException] = []
    ends_at = time.monotonic() + seconds

    def client() -> None:
        caller = Caller(port)
        try:
            while time.monotonic() < ends_at:
                call, began = next(waiting), time.perf_counter()
                call(caller)
                took.append(time.perf_counter() - began)
        except BaseException as error:
            failed.append(error)
        finally:
            caller.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return took
