"""The process that works off jobs below a server: begun with it, begun again when it dies, ended with it (supervisor).

So a long job, such as a member's copy, takes no time from pages and sockets. The process ends when its standard input
does, which the kernel closes however the server ended.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from typing import Any

import django

from carecollective.ground.environment import BASE_DIR
from carecollective.ground.jobs import SECONDS_TO_END, SECONDS_UNTIL_ANOTHER_TRY, work_for_ever

log = logging.getLogger(__name__)
COMMAND = [sys.executable, "-m", __name__]


class WithWorker:
    """The ASGI application with a worker below it, from the server's start to its end."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["type"] != "lifespan":
            return await self.application(scope, receive, send)
        await receive()
        watching = asyncio.create_task(_watch())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await send({"type": "lifespan.shutdown.complete"})


def watch_until_told_to_end(workers: int) -> None:
    """So many of them below this process, until SIGTERM or SIGINT: a server of jobs alone."""
    os.environ["SERVING"] = "on"  # as below any server: no statement waits for ever
    asyncio.run(_watch_until_told_to_end(workers))


async def _watch_until_told_to_end(workers: int) -> None:
    watching = asyncio.gather(*(_watch() for _ in range(workers)), return_exceptions=True)  # till all have ended
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await watching


async def _watch() -> None:
    while True:
        try:
            told = f"ended ({await _lived()})"
        except OSError as error:  # the machine has no room for another process
            told = f"could not begin ({error})"
        log.error("The worker of the jobs %s. Another one in %s seconds.", told, SECONDS_UNTIL_ANOTHER_TRY)
        await asyncio.sleep(SECONDS_UNTIL_ANOTHER_TRY)


async def _lived() -> int:
    """Its exit status, when it ends by itself; cancelled, this ends it."""
    process = await _begun()
    try:
        return await process.wait()
    finally:
        await _end(process)


async def _begun() -> Process:
    """In a session of its own: Ctrl-C in a terminal is for the server, which ends it in order."""
    paths = os.pathsep.join(filter(None, [str(BASE_DIR), os.environ.get("PYTHONPATH", "")]))
    surroundings = os.environ | {"PYTHONPATH": paths}
    return await asyncio.create_subprocess_exec(*COMMAND, stdin=PIPE, env=surroundings, start_new_session=True)


async def _end(process: Process) -> None:
    process.stdin.close()  # type: ignore[union-attr]
    try:
        await asyncio.wait_for(process.wait(), SECONDS_TO_END * 2)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _work_until_the_server_ends() -> None:
    working = asyncio.create_task(work_for_ever())
    await asyncio.to_thread(sys.stdin.buffer.read)
    signal.alarm(SECONDS_TO_END)  # a job that hangs must not keep the process alive
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


if __name__ == "__main__":
    django.setup()
    asyncio.run(_work_until_the_server_ends())
