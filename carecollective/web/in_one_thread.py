"""Django under ASGI with each request in one thread, from its beginning to its end (a thread pool).

Django's own handler passes a synchronous view between threads several times, and makes a thread for every request:
twice what an empty view costs. What it does with a request is unchanged.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import IO, Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse
from django.urls import set_script_prefix

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
        # A context of its own: what a request sets (its id, its language) is gone for the thread's next one.
        answer = partial(copy_context().run, self._answer, scope, body)
        for message in await asyncio.get_running_loop().run_in_executor(self.threads, answer):
            await send(message)

    def _answer(self, scope: Message, body: IO[bytes]) -> list[Message]:
        """The whole answer, read to its end: no slow reader keeps a thread, or a connection to the database."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, refused = self.create_request(scope, body)
        response: Any = self.get_response(request) if request else refused
        response._handler_class = type(self)
        try:
            return _said(response)
        finally:
            response.close()
            body.close()


def _said(response: Any) -> list[Message]:
    if isinstance(response, FileResponse):
        response.block_size = ASGIHandler.chunk_size
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    cookies = (cookie.output(header="").encode("ascii").strip() for cookie in response.cookies.values())
    headers += [(b"Set-Cookie", cookie) for cookie in cookies]
    start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    return [start, {"type": "http.response.body", "body": b"".join(response)}]
