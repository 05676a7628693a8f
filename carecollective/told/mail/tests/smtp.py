"""A real mail server on this machine, which can be as difficult as mail servers are."""

import logging
import socket
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any, Self

from aiosmtpd.controller import Controller

from carecollective.tests.waiting import PATIENCE

logging.getLogger("mail.log").setLevel(logging.ERROR)  # else a line for every word that is said


class MailServer:
    """Keeps what it took, in its order, by Message-ID. `port` stays the same when it goes away and comes back."""

    def __init__(self, port: int | None = None) -> None:
        self.port: int = port or free_port()
        self.taken: list[Any] = []
        self.refuses: dict[str, str] = {}
        self.controller: Controller | None = None

    @property
    def ids(self):
        return [message["Message-ID"] for message in self.taken]

    def __enter__(self) -> Self:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=PATIENCE)
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def mail_server(settings):
    """Up and running, and the one that our mail goes to."""
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
