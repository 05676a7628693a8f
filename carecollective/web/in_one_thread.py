"""Django under ASGI with each request in one thread, from its beginning to its end (a thread pool).

Django's own handler passes a synchronous view between threads several times, and makes a thread for every request:
twice what an empty view costs. What it does with a request is unchanged. A streaming answer goes out as it is made.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from functools import partial
from typing import IO, Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse
from django.urls import set_script_prefix

from carecollective.web.spool import Spool

# Most of them can only wait for one of the few connections. The limit is for a flood: what is over it waits here.
MOST_AT_ONCE = 200

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


class InOneThread(ASGIHandler):
    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware()  # as for WSGI: all of it synchronous
        self.threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="request")

    async def __call__(self, scope: Message, receive: Callable[..., Any], send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()
        with closing(Spool(loop)) as spool:
            # A context of its own: what a request sets (its id, its language) is gone for the thread's next one.
            answer = partial(copy_context().run, self._answer, scope, body, spool)
            start = loop.run_in_executor(self.threads, answer)
            start.add_done_callback(lambda _: spool.end())
            async for message in spool.messages():
                await send(message)
            for message in await start:
                await send(message)

    def _answer(self, scope: Message, body: IO[bytes], spool: Spool) -> list[Message]:
        """What is left to send: the whole answer, or the end of one that went out through the spool.

        It is read to its end here: no slow reader keeps a thread, or a connection to the database.
        """
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, refused = self.create_request(scope, body)
        response: Any = self.get_response(request) if request else refused
        response._handler_class = type(self)
        try:
            return _said(response, spool)
        finally:
            response.close()
            body.close()


def _said(response: Any, spool: Spool) -> list[Message]:
    start = {"type": "http.response.start", "status": response.status_code, "headers": _headers(response)}
    if not response.streaming:
        return [start, {"type": "http.response.body", "body": response.content}]
    if isinstance(response, FileResponse):
        response.block_size = ASGIHandler.chunk_size
    spool.begin(start)
    for piece in response:
        spool.put(piece)
    return [{"type": "http.response.body"}]


def _headers(response: Any) -> list[tuple[bytes, bytes]]:
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    cookies = (cookie.output(header="").encode("ascii").strip() for cookie in response.cookies.values())
    return headers + [(b"Set-Cookie", cookie) for cookie in cookies]
