"""A process whose threads all send messages, as often as they can: started by the row on commits, several at once.

`python -m benchmarks.serving.writers with|without CONVERSATION,MEMBER…`: with the wake-up or without. It says "ready",
and for each line that it is given, a number of seconds, it writes for so long and says how often that was.
"""

import os

os.environ |= {"DEBUG": "1", "RATE_LIMITS": "off"}  # who sends without a pause would meet a limit at once

import inspect
import sys
import threading
import time
from uuid import UUID

import django
from django.conf import settings

django.setup()
settings.DEBUG = False  # it was needed to turn the limits off; a kept list of all queries would slow everything down

from django.db import connection  # noqa: E402 (these need the settings)

from benchmarks.earlier import TEXT  # noqa: E402
from carecollective.accounts.models import Member  # noqa: E402
from carecollective.ground import wake  # noqa: E402
from messaging import services  # noqa: E402


class Writer(threading.Thread):
    """One member in one conversation, over a connection of their own."""

    def __init__(self, conversation: UUID, member: UUID) -> None:
        super().__init__(daemon=True)
        self.conversation, self.by = conversation, Member.objects.get(pk=member)
        self.asked, self.done = threading.Semaphore(0), threading.Semaphore(0)
        self.ends_at, self.count = 0.0, 0

    def run(self) -> None:
        while True:
            self.asked.acquire()
            self.count = 0
            while time.monotonic() < self.ends_at:
                services.send_message(self.conversation, by=self.by, text=TEXT)
                self.count += 1
            connection.close()
            self.done.release()


def written(writers: list[Writer], seconds: float) -> int:
    for writer in writers:
        writer.ends_at = time.monotonic() + seconds
        writer.asked.release()
    for writer in writers:
        writer.done.acquire()
    return sum(writer.count for writer in writers)


def wake_nobody() -> None:
    """Every way to wake somebody does nothing. Raises AttributeError where the one that messages go has another name by
    now: what is not left out must not pass as left out.
    """
    assert callable(wake.conversation_changed)
    ways = [name for name, way in vars(wake).items() if inspect.isfunction(way) and way.__module__ == wake.__name__]
    for name in ways:
        setattr(wake, name, lambda *said, **more: None)


def main() -> None:
    how, *said = sys.argv[1:]
    if how == "without":
        wake_nobody()
    pairs = [each.split(",") for each in said]
    writers = [Writer(UUID(conversation), UUID(member)) for conversation, member in pairs]
    connection.close()
    for writer in writers:
        writer.start()
    print("ready", flush=True)
    for line in sys.stdin:
        print(written(writers, float(line)), flush=True)


if __name__ == "__main__":
    main()
