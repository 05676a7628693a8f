"""Between the thread that makes an answer and the loop that sends it (a spool).

What its reader has not taken yet is held in memory up to IN_MEMORY bytes, and beyond that in a file: so the one never
waits for the other, and memory does not grow with the answer or with the slowness of its reader.
"""

import asyncio
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import Any

IN_MEMORY = 2**20
AT_A_TIME = 2**16

Message = dict[str, Any]


class Spool:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._news, self._lock = loop, asyncio.Event(), Lock()
        self._file: SpooledTemporaryFile[bytes] | None = None  # most answers need none
        self._start: Message | None = None
        self._made = self._taken = 0
        self._has_ended = False

    def begin(self, start: Message) -> None:
        """In the thread, before the first piece."""
        self._file, self._start = SpooledTemporaryFile(IN_MEMORY), start  # noqa: SIM115  (closed by `close`)
        self._wake()

    def put(self, piece: bytes) -> None:
        """In the thread. It waits for no reader."""
        assert self._file  # it has begun  # noqa: S101
        with self._lock:
            self._file.seek(self._made)
            self._made += self._file.write(piece)
        self._wake()

    def end(self) -> None:
        """In the loop: nothing more comes."""
        self._has_ended = True
        self._news.set()

    async def messages(self) -> AsyncIterator[Message]:
        """In the loop: what there is to send, as it comes. Nothing, where nobody began."""
        while not self._start and not self._has_ended:
            await self._heard()
        if self._start:
            yield self._start
        while (piece := self._take()) or not self._has_ended:
            if piece:
                yield {"type": "http.response.body", "body": piece, "more_body": True}
            else:
                await self._heard()

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _take(self) -> bytes:
        if not self._file:
            return b""
        with self._lock:
            self._file.seek(self._taken)
            piece = self._file.read(AT_A_TIME)
            self._taken += len(piece)
            if self._taken == self._made:  # from the beginning again: a quick reader's answer needs no file
                self._made = self._taken = 0
                self._file.truncate(0)
            return piece

    async def _heard(self) -> None:
        await self._news.wait()
        self._news.clear()

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)
