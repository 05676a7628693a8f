"""How far a long command is: one line that is drawn over itself, and only where somebody is looking."""

import time
from typing import TextIO

from django.core.management.base import OutputWrapper

WIDTH = 30
EVERY = 0.1  # seconds


class Progress:
    def __init__(self, what: str, total: int | None, stream: TextIO | OutputWrapper) -> None:
        self.what, self.total, self.stream = what, total, stream
        self.done, self.drawn_at, self.is_shown = 0, 0.0, stream.isatty()

    def __call__(self, more: int) -> None:
        self.done += more
        if self.is_shown and (time.monotonic() - self.drawn_at > EVERY or self.done == self.total):
            self.drawn_at = time.monotonic()
            self._draw()

    def end(self) -> None:
        if self.is_shown and self.drawn_at:
            self.stream.write("\n")

    def _draw(self) -> None:
        if not self.total:
            self.stream.write(f"\r{self.what}: {self.done:,}")
        else:
            filled = WIDTH * self.done // self.total
            bar = "#" * filled + "." * (WIDTH - filled)
            self.stream.write(f"\r{self.what} [{bar}] {self.done:,} of {self.total:,}")
        self.stream.flush()
