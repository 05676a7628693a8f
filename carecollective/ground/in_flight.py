"""How much of this process one caller may hold at once (a bulkhead): so many requests, a few that wait, then a no.

It lives in the process's memory and asks no database, because it stands in front of the connections that it shares out.
"""

import asyncio
import random
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable, Iterator
from concurrent.futures import Future, wait
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from carecollective.ground.refusals import RateLimited

MOST_WAITING = 10
SECONDS_TO_WAIT = 2.0
# What whoever floods has at once beside others, and for how long after one of the others was there.
BESIDE_OTHERS = 1
SECONDS_BESIDE = 1.0
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Turn = Future[None]


@dataclass(slots=True)
class _Line:
    """Who is in, and who waits for one of them to go. It floods from the moment that nobody more could wait in it until
    nobody waits.
    """

    inside: int = 0
    waiting: deque[Turn] = field(default_factory=deque)
    floods: bool = False


class Budget:
    """At most so many at once for each key. Safe among threads, and in an event loop beside them.

    Whoever floods has one place while others are there too (fair queuing): six beside four others would be more than
    half of what the process can do.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock, self._lines = threading.Lock(), dict[Hashable, _Line]()
        # Whoever was here last, and whoever else before them, each with the moment.
        self._last: tuple[Hashable, float] = (None, -SECONDS_BESIDE)
        self._before: tuple[Hashable, float] = self._last

    @contextmanager
    def held(self, key: Hashable) -> Iterator[None]:
        """One place while the block lasts, after those who came before. Raises RateLimited where there is none."""
        if turn := self._enters(key):
            wait([turn], SECONDS_TO_WAIT)
            self._insist(key, turn)
        try:
            yield
        finally:
            self._give_back(key)

    @asynccontextmanager
    async def held_in_loop(self, key: Hashable) -> AsyncIterator[None]:
        """The same in an event loop, which goes on meanwhile. Raises RateLimited."""
        if turn := self._enters(key):
            await asyncio.wait([asyncio.wrap_future(turn)], timeout=SECONDS_TO_WAIT)
            self._insist(key, turn)
        try:
            yield
        finally:
            self._give_back(key)

    def _enters(self, key: Hashable) -> Turn | None:
        """Nothing where there was a place, else what is done when one comes. Raises RateLimited."""
        with self._lock:
            line = self._lines.setdefault(key, _Line())
            if not line.waiting and line.inside < self.most:
                line.inside += 1
                return None
            if len(line.waiting) >= MOST_WAITING:
                line.floods = True
                raise _too_many()
            line.waiting.append(Turn())
            return line.waiting[-1]

    def _insist(self, key: Hashable, turn: Turn) -> None:
        """After the wait. Raises RateLimited."""
        with self._lock:
            if not turn.done():
                self._lines[key].waiting.remove(turn)
                raise _too_many()

    def _give_back(self, key: Hashable) -> None:
        with self._lock:
            line = self._lines[key]
            line.inside -= 1
            if key != self._last[0]:
                self._before = self._last
            self._last = (key, time.monotonic())
            places = BESIDE_OTHERS if line.floods and self._are_others_there(key) else self.most
            while line.waiting and line.inside < places:
                line.inside += 1
                line.waiting.popleft().set_result(None)
            line.floods = line.floods and bool(line.waiting)
            if not line.inside:
                del self._lines[key]

    def _are_others_there(self, key: Hashable) -> bool:
        """Now, or a moment ago: whoever reads an answer before they ask again is there in between."""
        return len(self._lines) > 1 or time.monotonic() - self._before[1] < SECONDS_BESIDE


def seconds_until_the_no() -> float:
    """Each at another moment: who are refused together would ask again together, and to say no to hundreds at once
    holds everybody up.
    """
    return SECONDS_TO_WAIT * random.uniform(1, 2)  # noqa: S311  (no secret)


def _too_many() -> RateLimited:
    return RateLimited(int(SECONDS_TO_WAIT))


class Newest(Generic[Key, Value]):
    """A mapping that forgets what was not used for longest: no stranger makes it grow. Safe among threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock, self._kept = threading.Lock(), OrderedDict[Key, Value]()

    def get(self, key: Key) -> Value | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Key, value: Value) -> None:
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)

    def forget(self, key: Key) -> None:
        with self._lock:
            self._kept.pop(key, None)
