"""How much of this process one caller may hold at once (a bulkhead): so many requests, a few that wait, then a no.

It lives in the process's memory and asks no database, because it stands in front of the connections that it shares out.
"""

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable, Iterator
from concurrent.futures import Future, wait
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from carecollective.ground.refusals import RateLimited

MOST_WAITING = 10
SECONDS_TO_WAIT = 2.0
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Turn = Future[None]


@dataclass(slots=True)
class _Line:
    """Who is in, and who waits for one of them to go."""

    inside: int = 0
    waiting: deque[Turn] = field(default_factory=deque)


class Budget:
    """At most so many at once for each key. Safe among threads, and in an event loop beside them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock, self._lines = threading.Lock(), dict[Hashable, _Line]()

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
            if line.inside < self.most:
                line.inside += 1
                return None
            if len(line.waiting) >= MOST_WAITING:
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
            if line.waiting:
                line.waiting.popleft().set_result(None)
                return
            line.inside -= 1
            if not line.inside:
                del self._lines[key]


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
