"""The benchmarks' own databases, beside the application's own: which one is in use, and what is asked of it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections


@contextmanager
def on_database(alias: str) -> Iterator[None]:
    """The application's one database is this one for a while, the ORM's and `connection` alike."""
    before = connections["default"]
    connections["default"] = connections[alias]
    try:
        yield
    finally:
        connections["default"] = before


def name_of_it() -> str:
    return str(connection.settings_dict["NAME"])


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def ask(question: str, values: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


class Progress:
    """What is being done, and for how many seconds: one line in a terminal, a line every few seconds in a log."""

    def __init__(self, prefix: str) -> None:
        self.prefix, self.began, self.last = prefix, time.monotonic(), 0.0

    def __call__(self, words: str) -> None:
        now = time.monotonic()
        line = f"{self.prefix}{words} ({now - self.began:.0f} s)"
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="\n" if words == "ready" else "", file=sys.stderr, flush=True)
        elif words == "ready" or now - self.last > 5:
            print(line, file=sys.stderr, flush=True)
            self.last = now
