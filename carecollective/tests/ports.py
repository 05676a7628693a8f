"""Ports of this machine that nobody else takes meanwhile: tests run beside each other, and each takes some."""

import contextlib
import random
import socket
from collections.abc import Iterator

HERE = "127.0.0.1"
BELOW = range(20_000, 32_000)  # below those that the system gives to whoever wants any


def free_port() -> int:
    """For a program that opens it by itself a moment later: none that the system could give away before that."""
    while True:
        port = random.choice(BELOW)
        with contextlib.suppress(OSError), socket.create_server((HERE, port)):
            return port


@contextlib.contextmanager
def nobody_at() -> Iterator[int]:
    """One on which nobody listens for as long as the block lasts: it is taken, and whoever tries is refused."""
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        yield taken.getsockname()[1]
