"""The processes of an installation: all in one, or pages, sockets and jobs each in processes of their own (uvicorn)."""

import os
import signal
import socket
from functools import partial

import uvicorn
from django.core.management.base import CommandError
from uvicorn.supervisors import Multiprocess

from carecollective.ground import worker

PARTS = ("all", "pages", "sockets", "jobs")
SECONDS_FOR_OPEN_REQUESTS = 3
SECONDS_BETWEEN_LOOKS = 5
SECONDS_TO_BEGIN = 60
SECONDS_TO_END = 2 * SECONDS_FOR_OPEN_REQUESTS


def serve(part: str, listener: socket.socket | None, workers: int, announcement: str) -> None:
    """Serves this part until a signal ends it. `listener` is the open port; jobs have none.

    Whichever of several processes dies is begun again, and all of them end with this one.
    """
    if listener is None:
        print(announcement, flush=True)  # noqa: T201 (the one thing that a start has to say)
        worker.watch_until_told_to_end(workers)
    elif workers == 1:
        Server(_config(part), announcement).run(sockets=[listener])
    else:
        Servers(_config(part, workers), [listener], announcement).run()


def _config(part: str, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        "carecollective.asgi:application",
        lifespan="on" if part == "all" else "off",  # it starts and ends the worker of the jobs
        log_config=None,  # Django's settings hold
        log_level="warning",
        access_log=False,  # addresses of pages hold what people search for
        # Who the caller is decides NUM_PROXIES, never a header that anybody on this machine can send.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_FOR_OPEN_REQUESTS,
        ws="carecollective.web.live.protocol:Protocol",
        workers=workers,
        callback_notify=partial(_end_if_left_alone, os.getpid()) if workers > 1 else None,
        timeout_notify=SECONDS_BETWEEN_LOOKS,
    )


async def _end_if_left_alone(parent: int) -> None:
    """One whose parent was killed would hold the port, and serve the old version beside the new one."""
    if os.getppid() != parent:
        signal.raise_signal(signal.SIGTERM)


class Server(uvicorn.Server):
    """uvicorn, which says where it is once it takes requests."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self.announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self.announcement, flush=True)  # noqa: T201


class Servers(Multiprocess):
    """Several on one port, likewise."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], announcement: str) -> None:
        super().__init__(config, sockets)
        self.announcement = announcement

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(SECONDS_TO_BEGIN, self.should_exit) for process in self.processes):
            print(self.announcement, flush=True)  # noqa: T201

    def handle_hup(self) -> None:
        """A closed terminal ends them, as it ends the one process."""
        self.handle_term()

    def join_all(self) -> None:
        """A request that hangs must not keep a process alive."""
        for process in self.processes:
            process.process.join(SECONDS_TO_END)
            if process.exitcode is None:
                process.kill()
        super().join_all()


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else is done. Raises CommandError when it is not to be had."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # two starts at once: only one of them can listen
    except OSError as error:
        listener.close()
        raise CommandError(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Another one: script/server --port {port + 1}"
        ) from None
    return listener
