"""Open sockets: how soon after the sender's answer the others hear of it, and what a thousand idle ones cost.

Each is opened as a program opens one, by a token, and hears what the product's own pages hear.
"""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect

from benchmarks import people
from benchmarks.bench import Bench
from benchmarks.earlier import TEXT
from benchmarks.figures import VALUE, Figure, Samples, at_most, value
from benchmarks.processor import family
from benchmarks.rows.calls import MESSAGES, posting
from benchmarks.serving.caller import Person, with_tokens
from benchmarks.serving.site import Site
from benchmarks.turns import in_turns

SOCKETS, A_SECOND = 200, 25
IDLE, OF_EACH_MEMBER = 1_000, 5
OPENED_AT_ONCE = 50
SECONDS_FOR_THE_LAST = 10
KB = 1_000


def delivery(bench: Bench) -> list[Figure]:
    people.settle()
    talks = people.conversations(3 * SOCKETS)
    one_each = list({other.pk: (id, sender, other) for id, sender, other in talks}.values())[:SOCKETS]
    senders = with_tokens(sender for _, sender, _ in one_each)
    listeners = with_tokens(other for _, _, other in one_each)
    sent = [(id, sender) for (id, _, _), sender in zip(one_each, senders, strict=True)]
    after = asyncio.run(_delivered(bench.site(), sent, listeners))
    came = sorted(seconds * 1000 for seconds in after if seconds is not None)
    p95 = came[int(len(came) * 0.95)]
    what = f"{SOCKETS} sockets, {A_SECOND} messages a second"
    against = "the sender's answer"
    return [
        value("delivery", f"{what}: p95 after", p95, "ms", at_most(25, VALUE, unit="ms"), against),
        value("delivery", f"{what}: lost", after.count(None), "", at_most(0, VALUE, unit="")),
    ]


async def _delivered(site: Site, sent: list[tuple[UUID, Person]], listeners: list[Person]) -> list[float | None]:
    """For each message the seconds from its sender's answer to the other's frame; None where there was no frame."""
    async with _open(site.port, listeners) as sockets:
        heard = [asyncio.create_task(_frame_of(socket, id)) for socket, (id, _) in zip(sockets, sent, strict=True)]
        answered = await _posted(site, sent)
        await asyncio.wait(heard, timeout=SECONDS_FOR_THE_LAST)
        for task in heard:
            task.cancel()
        return [
            task.result() - at if task.done() and not task.cancelled() else None
            for task, at in zip(heard, answered, strict=True)
        ]


async def _posted(site: Site, sent: list[tuple[UUID, Person]]) -> list[float]:
    """Send each message at its time, whatever becomes of those before. Gives when each was answered."""
    loop, began, mine = asyncio.get_running_loop(), time.perf_counter(), threading.local()

    def post(id: UUID, sender: Person) -> float:
        if not hasattr(mine, "caller"):
            mine.caller = site.caller()
        mine.caller.post(MESSAGES.format(id), {"content": TEXT}, sender)
        return time.perf_counter()

    with ThreadPoolExecutor(max_workers=8) as threads:
        posting = []
        for number, (id, sender) in enumerate(sent):
            await asyncio.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
            posting.append(loop.run_in_executor(threads, post, id, sender))
        return await asyncio.gather(*posting)


async def _frame_of(socket: ClientConnection, id: UUID) -> float:
    async for frame in socket:
        if json.loads(frame).get("id") == str(id):
            return time.perf_counter()
    raise AssertionError("a socket was closed")


def idle(bench: Bench) -> list[Figure]:
    """Posting in turns without them and with them."""
    people.settle()
    site = bench.site()
    members = with_tokens(people.anybody(IDLE // OF_EACH_MEMBER))
    acts = posting(site.caller())
    half = len(acts) // 2
    without = in_turns({"post": acts[:half]}, site.meter, seconds=bench.seconds)["post"]
    before = _resident(site.process)
    with _idle(site.port, members * OF_EACH_MEMBER):
        each = (_resident(site.process) - before) / IDLE
        with_them = in_turns({"post": acts[half:]}, site.meter, seconds=bench.seconds)["post"]
    return [
        value("idle-sockets", f"memory of each of {IDLE:,}", each / KB, "kB", at_most(60, VALUE, unit="kB")),
        _p95(with_them, without),
    ]


def _p95(ours: Samples, theirs: Samples) -> Figure:
    goal = at_most(1.3, VALUE)
    return Figure("idle-sockets", "p95 of POST message beside them", "none open", {VALUE: ours.p95 / theirs.p95}, goal,
                  ours, theirs)  # fmt: skip


@contextmanager
def _idle(port: int, people: list[Person]) -> Iterator[None]:
    """In a thread of their own, so that whoever posts needs none."""
    opened, ending, failed = threading.Event(), threading.Event(), []

    async def keep() -> None:
        try:
            async with _open(port, people):
                opened.set()
                await asyncio.to_thread(ending.wait)
        except BaseException as error:
            failed.append(error)
            opened.set()

    keeping = threading.Thread(target=partial(asyncio.run, keep()))
    keeping.start()
    opened.wait()
    try:
        if failed:
            raise failed[0]
        yield
    finally:
        ending.set()
        keeping.join()


@asynccontextmanager
async def _open(port: int, people: list[Person]) -> AsyncIterator[list[ClientConnection]]:
    """A socket for each, in their order; each has heard its hello."""
    turn = asyncio.Semaphore(OPENED_AT_ONCE)

    async def one(person: Person) -> ClientConnection:
        async with turn:
            headers = {"Authorization": f"Token {person.token}"}
            address = f"ws://127.0.0.1:{port}/ws/events"
            socket = await connect(address, additional_headers=headers, compression=None, proxy=None, open_timeout=60)
            await socket.recv()
            return socket

    async with AsyncExitStack() as closing:
        sockets = await asyncio.gather(*map(one, people))
        for socket in sockets:
            closing.push_async_callback(socket.close)
        yield list(sockets)


def _resident(process: int) -> int:
    """Bytes that this process and all below it have in memory and share with nobody else."""
    return sum(_private(each) for each in family(process))


def _private(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))
