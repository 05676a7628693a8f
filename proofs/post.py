"""A mail server that can kill whoever talks to it, and what has come to whom."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from carecollective.told.mail.tests.smtp import MailServer


class DeadlyServer(MailServer):
    """Each second mail costs whoever brings it their life, as long as `deaths` are left: before it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.end: Callable[[], None] = lambda: None
        self.left, self.brought = 0, 0
        self.deaths: list[str] = []

    @contextmanager
    def deadly(self, end: Callable[[], None], times: int) -> Iterator[list[str]]:
        """The deaths, one after the other."""
        self.end, self.left, self.deaths = end, times, []
        try:
            yield self.deaths
        finally:
            self.left = 0

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nothing listens there."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.brought += 1
        if self.left and self.brought % 2:
            self.left -= 1
            self.deaths.append(address)
            self.end()
        envelope.mail_from = address
        return "250 OK"


class Post:
    """What comes from now on, by whom it is for."""

    def __init__(self, server: MailServer) -> None:
        self.server, self.begun = server, len(server.taken)

    def arrived(self) -> Counter[str]:
        return Counter(message["To"] for message in self.server.taken[self.begun :])

    def has_come_to(self, addresses: Iterable[str]) -> bool:
        return set(addresses) <= self.arrived().keys()

    def twice(self, addresses: Iterable[str]) -> dict[str, int]:
        arrived = self.arrived()
        return {"mails twice": sum(max(0, arrived[address] - 1) for address in set(addresses))}
