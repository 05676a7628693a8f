"""A real mail server on this machine, which can be as difficult as mail servers are."""

import logging
import socket
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any, Self

from aiosmtpd.controller import Controller

from carecollective.tests.waiting import PATIENCE

logging.getLogger("mail.log").setLevel(logging.ERROR)  # else a line for every word that is said


class Listening(Controller):
    """On a port that somebody else holds too."""

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, self.hostname, self.port, reuse_port=True)


class MailServer:
    """Keeps what it took, in its order, by Message-ID.

    `port` stays the same when it goes away and comes back: it is held all the time, so that nobody takes it meanwhile.
    """

    def __init__(self) -> None:
        self.held = socket.socket()
        self.held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.held.bind(("127.0.0.1", 0))
        self.port: int = self.held.getsockname()[1]
        self.taken: list[Any] = []
        self.refuses: dict[str, str] = {}
        self.controller: Controller | None = None

    @property
    def ids(self):
        return [message["Message-ID"] for message in self.taken]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.held.close()

    def start(self) -> None:
        self.controller = Listening(self, hostname="127.0.0.1", port=self.port, ready_timeout=PATIENCE)
        self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None

    # --- What aiosmtpd asks -----------------------------------------------------------------------------------------

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append(message)
        return "250 OK"


@contextmanager
def mail_server(settings):
    """Up and running, and the one that our mail goes to."""
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
