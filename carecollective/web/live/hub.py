"""One connection per process hears what changed (LISTEN), and wakes sockets of those who should look again (fan-out).

A wake-up may be lost on its way, a change never is: whenever the connection stands anew, everybody is told to look at
everything. The same connection says every few seconds what others committed and died before they said it; and asks who
still may hear, so that no socket outlives its sign-in.
"""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from prometheus_client import Counter, Gauge
from psycopg import AsyncConnection

from carecollective.ground.jobs import direct_connection
from carecollective.ground.refusals import Refusal
from carecollective.ground.standing import Standing
from carecollective.ground.wake import CHANNEL, SAY_WHAT_IS_LEFT

log = logging.getLogger(__name__)

HELLO = '{"type":"hello"}'  # look at everything
SIGNED_OUT = 4401
LISTENER = "care_sockets"  # in pg_stat_activity

SECONDS_BETWEEN_CHECKS = 2.0
SECONDS_FOR_THE_DATABASE = 5
SECONDS_UNTIL_ANOTHER_TRY = (0.1, 5.0)  # at first, and at most
SOCKETS_OF_A_MEMBER = 10  # in one process
FRAMES_WAITING = 100

OPEN = Gauge("care_sockets", "Open sockets.", multiprocess_mode="livesum")
WAKES = Counter("care_socket_wakes", "Wake-ups passed on to a socket.")
RECONNECTS = Counter("care_socket_listener_reconnects", "How often the listening connection had to be made anew.")


@dataclass(frozen=True)
class Right:
    """By what a socket is open: the sign-in as it was. It ends with its session or token, and with the password."""

    member_id: UUID
    stamp: str  # it changes with the password
    session_key: str | None = None  # as the table has it
    token_digest: str | None = None


@dataclass(eq=False)
class Socket:
    """What one page is still to be told. Each frame waits once, so a slow page costs no more than its few ids."""

    right: Right
    waiting: dict[str, None] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    has_ended: bool = False
    code: int | None = None  # None: there is nobody to say it to

    def tell(self, frame: str) -> None:
        WAKES.inc()
        if frame == HELLO or len(self.waiting) == FRAMES_WAITING:
            self.waiting = {HELLO: None}
        elif HELLO not in self.waiting:
            self.waiting[frame] = None
        self.woken.set()

    def end(self, code: int | None = None) -> None:
        if not self.has_ended:
            self.has_ended, self.code = True, code
        self.woken.set()

    async def frames(self) -> AsyncIterator[str]:
        while not self.has_ended:
            await self.woken.wait()
            self.woken.clear()
            while self.waiting and not self.has_ended:
                frame = next(iter(self.waiting))
                del self.waiting[frame]
                yield frame


class Hub:
    """All sockets of this process. Listens from the first one on."""

    def __init__(self) -> None:
        self.sockets: defaultdict[str, set[Socket]] = defaultdict(set)
        self.is_listening = asyncio.Event()
        self.at_the_door = 0
        # It belongs to nobody's request, whose id would otherwise stand in every line that it logs.
        self.task = asyncio.create_task(self._listen_for_ever(), context=Context())

    def add(self, socket: Socket) -> bool:
        """False where the member has too many already: closing an old one would only make its page come back."""
        theirs = self.sockets[str(socket.right.member_id)]
        if len(theirs) >= SOCKETS_OF_A_MEMBER:
            return False
        theirs.add(socket)
        OPEN.inc()
        if self.is_listening.is_set():  # else the hello comes when it is
            socket.tell(HELLO)
        return True

    def remove(self, socket: Socket) -> None:
        OPEN.dec()
        member = str(socket.right.member_id)
        self.sockets[member].remove(socket)
        if not self.sockets[member]:
            del self.sockets[member]

    def everybody(self) -> list[Socket]:
        return [socket for theirs in self.sockets.values() for socket in theirs]

    async def _listen_for_ever(self) -> None:
        shortest, longest = SECONDS_UNTIL_ANOTHER_TRY
        pause = shortest
        while True:
            try:
                await self._listen()
            except Exception as error:
                if self.is_listening.is_set():
                    pause = shortest
                if pause == shortest:  # once for each time that it goes away
                    log.warning("Sockets hear nothing for now, their connection ended: %s.", type(error).__name__)
            self.is_listening.clear()
            RECONNECTS.inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    async def _listen(self) -> None:
        where = await asyncio.to_thread(direct_connection)  # may have to start the embedded server
        ours = {"autocommit": True, "connect_timeout": SECONDS_FOR_THE_DATABASE, "application_name": LISTENER}
        async with await AsyncConnection.connect(**where | ours) as database:
            await database.execute(f"LISTEN {CHANNEL}")
            await self._end_what_lost_its_right(database)  # before anybody hears anything
            self.is_listening.set()
            for socket in self.everybody():
                socket.tell(HELLO)
            while True:
                async for heard in database.notifies(timeout=SECONDS_BETWEEN_CHECKS):
                    self._pass_on(heard.payload)
                await self._say_what_is_left(database)
                await self._end_what_lost_its_right(database)

    def _pass_on(self, payload: str) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):  # none of ours
            event = json.loads(payload)
            members = event.pop("members")
            frame = json.dumps(event, separators=(",", ":"))
            for socket in [socket for member in members for socket in self.sockets.get(member, ())]:
                socket.tell(frame)

    async def _say_what_is_left(self, database: "AsyncConnection[Any]") -> None:
        """To all server processes, this one too."""
        async with asyncio.timeout(SECONDS_FOR_THE_DATABASE):
            await database.execute(SAY_WHAT_IS_LEFT)

    async def _end_what_lost_its_right(self, database: "AsyncConnection[Any]") -> None:
        """Also finds a connection that is dead without having been closed: this one has to answer in time."""
        sockets = self.everybody()
        async with asyncio.timeout(SECONDS_FOR_THE_DATABASE):
            found = await database.execute(STILL_THERE, _asked(sockets))
            still_there: StillThere = {(kind, key): tuple(row) for kind, key, *row in await found.fetchall()}
        for socket in sockets:
            if not _has_right(socket.right, still_there):
                socket.end(SIGNED_OUT)


# By kind and key: the stamp of the password, the application and the restriction of a member.
StillThere = dict[tuple[str, str], tuple[str, ...]]
STILL_THERE = """
SELECT 'member', id::text, session_stamp::text, verification_status, restriction FROM members
WHERE id = ANY(%(members)s)
UNION ALL
SELECT 'session', session_key, '', '', '' FROM django_session
WHERE session_key = ANY(%(sessions)s) AND expire_date > now()
UNION ALL
SELECT 'token', digest, '', '', '' FROM knox_authtoken
WHERE digest = ANY(%(tokens)s) AND (expiry IS NULL OR expiry > now())
"""


def _asked(sockets: list[Socket]) -> dict[str, list[Any]]:
    rights = [socket.right for socket in sockets]
    return {
        "members": [right.member_id for right in rights],
        "sessions": [right.session_key for right in rights if right.session_key],
        "tokens": [right.token_digest for right in rights if right.token_digest],
    }


def _has_right(right: Right, still_there: StillThere) -> bool:
    member = still_there.get(("member", str(right.member_id)))
    if member is None:
        return False
    stamp, verification_status, restriction = member
    if stamp != right.stamp:
        return False
    if ("session", right.session_key) not in still_there and ("token", right.token_digest) not in still_there:
        return False
    try:
        Standing(verification_status, restriction).refuse_unless_approved()
    except Refusal:
        return False
    return True


# By event loop: a server has one, a test run has one after the other.
_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def the_hub() -> Hub:
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for closed in [known for known in _hubs if known.is_closed()]:
            del _hubs[closed]
        _hubs[loop] = Hub()
    return _hubs[loop]
