"""Waiting for what surely comes, however busy the machine is: the only place where tests wait for the clock.

A test that a slow machine can fail says nothing when it fails. So nobody sleeps and hopes: a test waits until something
is so, and gives up so late that it is a limit and no measure. `test_waiting.py` holds all tests to it.
"""

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 300  # seconds: a machine in the cloud may stand still for minutes, and a wait in between says nothing
LOOKS_EVERY = 0.02  # seconds


def eventually(
    it_is_so: Callable[[], Any], seconds: float = PATIENCE, *, pause: Callable[[float], object] = time.sleep
) -> Any:
    """What `it_is_so` gives once that is true; an AssertionError when it never is."""
    give_up_at = time.monotonic() + seconds
    while not (so := it_is_so()):
        assert time.monotonic() < give_up_at, "waited in vain"
        pause(LOOKS_EVERY)
    return so


async def soon(it_is_so, seconds=PATIENCE):
    """The same, while the event loop goes on."""
    async with asyncio.timeout(seconds):
        while not (so := it_is_so()):
            await asyncio.sleep(LOOKS_EVERY)
    return so


def on_page(page, it_is_so):
    """The same, while the browser goes on."""
    return eventually(it_is_so, pause=lambda seconds: page.wait_for_timeout(seconds * 1_000))


def time_goes_by(seconds):
    """A condition: so many seconds from now on are over. For what lasts some time, not for what comes within it."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def line_with(words: Any, process: "subprocess.Popen[Any]") -> Any:
    """The first line with these words that a process writes to its output; whatever comes before it is passed over.

    An AssertionError with all that it said, where it ends without such a line, or does not write it in time.
    """
    output = []
    too_late = threading.Timer(PATIENCE, process.kill)
    too_late.start()
    try:
        for line in process.stdout or ():
            output.append(line)
            if words in line:
                return line
    finally:
        too_late.cancel()
    raise AssertionError(f"It never said {words!r}, but {output}")


def a_moment(seconds: float) -> None:
    """How quick somebody is whom a test plays. Nothing may depend on it."""
    time.sleep(seconds)


async def a_moment_async(seconds):
    await asyncio.sleep(seconds)
