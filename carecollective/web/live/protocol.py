"""uvicorn's WebSocket protocol (its `--ws` names it): what it lets a client do, and no more.

The library answers every ping, gathers every fragment, and hangs up before the reason for a refusal has arrived.
"""

import time
from collections import deque
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LARGEST_FRAME = 16 * 1024
FRAMES, SECONDS = 20, 10  # what a client may say, although nobody listens
TOO_MANY = 1008
SECONDS_TO_HANG_UP = 2


class Patience:
    """Runs out where somebody speaks more than so often in a while."""

    def __init__(self) -> None:
        self.heard: deque[float] = deque(maxlen=FRAMES)

    def runs_out(self) -> bool:
        now = time.monotonic()
        is_too_much = len(self.heard) == FRAMES and now - self.heard[0] < SECONDS
        self.heard.append(now)
        return is_too_much


class Protocol(WebSocketsSansIOProtocol):
    def __init__(self, config: Any, *args: Any, **options: Any) -> None:
        config.ws_max_size = LARGEST_FRAME
        config.ws_per_message_deflate = False  # frames of ids are small, and its memory is not
        super().__init__(config, *args, **options)
        self.patience = Patience()

    def handle_ping(self) -> None:
        self._end_a_flood()
        super().handle_ping()

    def handle_cont(self, event: Any) -> None:
        self._end_a_flood()
        super().handle_cont(event)

    def _end_a_flood(self) -> None:
        if not self.close_sent and self.patience.runs_out():
            self.conn.fail(TOO_MANY)
            self.handle_parser_exception()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # else the library takes a refusal for an error, and logs each

    def send_receive_event_to_app(self) -> None:
        self.curr_msg_data_type = "bytes"  # nobody reads it, so it may be text in whatever shape
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Says why, and lets go what still comes: to close with bytes unread would reset the connection."""
        if self.close_sent or self.conn.close_sent is None:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": self.conn.close_sent.code})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(SECONDS_TO_HANG_UP, self.transport.close)
