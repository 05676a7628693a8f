"""/ws/events: one socket per open page or client, which hears the ids of what changed and says nothing.

Its frames are written down in docs/api.md.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from django.db import InterfaceError, OperationalError
from prometheus_client import Counter

from carecollective.web.request_id import request_id

from .handshake import Refused, request_of, sign_in
from .hub import Hub, Right, Socket, the_hub
from .protocol import LARGEST_FRAME, TOO_MANY, Patience

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SECONDS_FOR_THE_HUB = 3
MOST_AT_THE_DOOR = 200
TOO_LARGE = 1009

REFUSALS = Counter("care_socket_refusals", "Handshakes refused.", ["reason"])
# A few of our own: those that Django shares would let one slow sign-in hold up all.
THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sign-in")


async def events(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    request_id.set(str(uuid.uuid4()))
    hub = the_hub()
    try:
        socket = Socket(await _admitted(scope, hub))
        if not hub.add(socket):
            raise Refused("too_many", 429)
    except Refused as refused:
        return await refuse(scope, send, refused)
    try:
        # A browser that is gone by now, or goes on the way, is no error.
        with contextlib.suppress(OSError):
            await _converse(socket, receive, send)
    finally:
        hub.remove(socket)


async def nowhere(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    await refuse(scope, send, Refused("path", 404))


async def _admitted(scope: dict[str, Any], hub: Hub) -> Right:
    request = request_of(scope)
    try:
        # While the database is away nobody waits in a thread for it.
        await asyncio.wait_for(hub.is_listening.wait(), SECONDS_FOR_THE_HUB)
    except TimeoutError:
        raise Refused("database", 503) from None
    if hub.at_the_door >= MOST_AT_THE_DOOR:
        raise Refused("busy", 503)
    hub.at_the_door += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(THREADS, sign_in, request)
    except (OperationalError, InterfaceError):
        raise Refused("database", 503) from None
    finally:
        hub.at_the_door -= 1


async def _converse(socket: Socket, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept", "headers": [(b"x-request-id", request_id.get().encode())]})
    hearing = asyncio.create_task(_hear(socket, receive))
    try:
        async for frame in socket.frames():
            await send({"type": "websocket.send", "text": frame})
        if socket.code:
            await send({"type": "websocket.close", "code": socket.code})
    finally:
        hearing.cancel()


async def _hear(socket: Socket, receive: Receive) -> None:
    """Nothing that a client says means anything, so all that counts is how much of it there is."""
    patience = Patience()
    while (message := await receive())["type"] != "websocket.disconnect":
        if len(message.get("text") or message.get("bytes") or "") > LARGEST_FRAME:
            socket.end(TOO_LARGE)
        elif patience.runs_out():
            socket.end(TOO_MANY)
    socket.end()


async def refuse(scope: dict[str, Any], send: Send, refused: Refused) -> None:
    REFUSALS.labels(refused.reason).inc()
    _say_once(refused.reason)
    with contextlib.suppress(OSError):
        if refused.status == 403 or "websocket.http.response" not in scope.get("extensions", {}):
            return await send({"type": "websocket.close"})  # of which every server makes a 403
        headers = [(b"x-request-id", request_id.get().encode()), (b"content-length", b"0")]
        await send({"type": "websocket.http.response.start", "status": refused.status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b""})


@cache
def _say_once(reason: str) -> None:
    """A flood of refusals must not fill the log, but whoever set up a proxy wrongly has to find out."""
    log.warning("A socket was refused, reason: %s. From now on only care_socket_refusals counts these.", reason)
