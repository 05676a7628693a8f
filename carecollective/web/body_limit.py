"""No request body is held beyond its limit, however long a stranger goes on sending (a request size limit)."""

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
LIMIT = 64 * 1024


class BodyLimit:
    """Passes on one byte more than the limit, and ends the body there.

    That byte is enough for the application to answer 413, and to answer it in its own order: after 401. A body that
    comes in pieces gets the length that it turned out to have, without which the application would take it for none.
    """

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Callable[..., Awaitable[None]]) -> None:
        if scope["type"] != "http":
            return await self.application(scope, receive, send)
        limited = _Limited(receive)
        if not any(name == b"content-length" for name, _ in scope["headers"]):
            first = await limited.all_of_it()
            length = (b"content-length", str(len(first.get("body", b""))).encode())
            scope = scope | {"headers": [*scope["headers"], length]}
        await self.application(scope, limited, send)


class _Limited:
    def __init__(self, receive: Receive) -> None:
        self.receive, self.left, self.has_ended = receive, LIMIT + 1, False
        self.kept: dict[str, Any] | None = None

    async def __call__(self) -> dict[str, Any]:
        if self.kept:
            kept, self.kept = self.kept, None
            return kept
        message = await self.receive()
        while self.has_ended and message["type"] == "http.request":
            message = await self.receive()  # the rest is let go as it comes
        if message["type"] != "http.request":
            return message
        body = message.get("body", b"")[: self.left]
        self.left -= len(body)
        self.has_ended = not self.left or not message.get("more_body", False)
        return {"type": "http.request", "body": body, "more_body": not self.has_ended}

    async def all_of_it(self) -> dict[str, Any]:
        """As one message, which is also what is received next."""
        body = b""
        while not self.has_ended:
            message = await self()
            if message["type"] != "http.request":
                self.kept = message
                return message
            body += message["body"]
        self.kept = {"type": "http.request", "body": body, "more_body": False}
        return self.kept
