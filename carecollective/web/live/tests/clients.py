"""Clients as the contract tells them to be: a frame says where to look, and what is there is fetched."""

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from urllib.parse import urlencode

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from carecollective.tests.waiting import PATIENCE, a_moment_async

LOST = (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, WebSocketException)


class Caller:
    """One connection, kept open as long as it lives."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method, path, token, body=None):
        """Status and JSON; 0 where the connection died before there was an answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._call(method, path, token, json.dumps(body).encode() if body else b"")
        except LOST:
            self.hang_up()
            return 0, {}

    async def _call(self, method, path, token, body):
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Token {token}",
                "Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]  # fmt: skip
        writer.write("\r\n".join(head).encode() + body)
        status, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        length = next(int(value) for name, value in (each.split(": ", 1) for each in headers)
                      if name.lower() == "content-length")  # fmt: skip
        return int(status.split()[1]), json.loads(await reader.readexactly(length))

    def hang_up(self) -> None:
        if self.streams is not None:
            self.streams[1].transport.abort()
            self.streams = None


class Client:
    """Keeps one conversation as it hears of it. With `catches_up` off it believes that every frame arrives."""

    def __init__(self, person: dict[str, str], port: int, *, catches_up: bool) -> None:
        self.person, self.port, self.catches_up = person, port, catches_up
        self.caller = Caller(port)
        self.messages: list[str] = []
        self.seen_at: dict[str, float] = {}
        self.cursor = ""
        self.hellos = self.foreign_frames = self.looked_at = 0

    async def live(self):
        try:
            await self._fetch()
            while True:
                with contextlib.suppress(*LOST):
                    await self._listen()
                await a_moment_async(random.uniform(0.05, 0.5))
        finally:
            self.caller.hang_up()

    async def _listen(self):
        token = {"Authorization": f"Token {self.person['token']}"}
        address = f"ws://127.0.0.1:{self.port}/ws/events"
        async with connect(address, additional_headers=token, open_timeout=PATIENCE) as socket:
            async for received in socket:
                frame = json.loads(received)
                if frame == {"type": "hello"}:
                    self.hellos += 1
                    if self.catches_up:
                        await self._fetch()
                elif frame.pop("what", None) and frame == self._theirs():
                    await self._fetch()
                elif frame != {"type": "notification"}:
                    self.foreign_frames += 1

    def _theirs(self):
        return {"type": "conversation", "id": self.person["conversation"], "version": "v2"}

    async def _fetch(self):
        while True:
            after = urlencode({"after": self.cursor, "limit": 100}) if self.cursor else "limit=100"
            path = f"/api/messaging/conversations/{self.person['conversation']}/messages?{after}"
            status, page = await self.caller.call("GET", path, self.person["token"])
            if status != 200:
                await a_moment_async(random.uniform(0.05, 0.5))
                continue
            self.cursor = page["after"]
            for message in page["results"]:
                self.messages.append(message["id"])
                self.seen_at[message["id"]] = time.monotonic()
            self.looked_at = time.monotonic()
            if len(page["results"]) < 100:
                return


class Writers:
    """Write at a steady rate, as anybody, and never give a message up."""

    def __init__(self, people: Sequence[dict[str, str]], port: int) -> None:
        self.people, self.port = people, port
        self.idle: deque[Caller] = deque()
        self.sent_at: dict[str, float] = {}
        self.acknowledged_at: dict[str, float] = {}
        self.writers: dict[str, int] = {}
        self.answers: Counter[int] = Counter()

    async def write_for(self, seconds, rate):
        began, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as writing:
            while (due := number / rate) < seconds:
                await a_moment_async(max(0, began + due - time.monotonic()))
                writing.create_task(self._write(random.randrange(len(self.people))))
                number += 1
        while self.idle:
            self.idle.pop().hang_up()

    async def _write(self, whose):
        person, id = self.people[whose], str(uuid.uuid4())
        caller = self.idle.popleft() if self.idle else Caller(self.port)
        path = f"/api/messaging/conversations/{person['conversation']}/messages"
        self.sent_at[id], self.writers[id] = time.monotonic(), whose
        while True:
            status, _ = await caller.call("POST", path, person["token"], {"content": id, "id": id})
            self.answers[status] += 1
            if status in (200, 201):
                break
            await a_moment_async(random.uniform(0.05, 0.5))
        self.acknowledged_at[id] = time.monotonic()
        self.idle.append(caller)
