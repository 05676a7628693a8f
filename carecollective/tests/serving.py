"""One server process, as a process manager would start it: on a port that is open already, and may be shared.

No port is ever let go and taken again, so none is lost to another process meanwhile. It says when it takes requests,
and ends with whoever started it.
"""

import os
import socket
import subprocess
import sys
import threading

import uvicorn

from carecollective.ground import patience
from carecollective.tests.waiting import line_with
from carecollective.web.live.protocol import Protocol

SECONDS_FOR_A_STATEMENT = "SECONDS_FOR_A_STATEMENT_IN_THIS_TEST"


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print("ready", flush=True)  # noqa: T201


def started(
    listener: socket.socket, *, lifespan: str = "off", program: str = __name__, **options
) -> "subprocess.Popen[bytes]":
    """Such a process on this port. With lifespan "on" it works off jobs too. Another program ends in `serve` too."""
    return subprocess.Popen(
        [sys.executable, "-m", program, str(listener.fileno()), lifespan],
        pass_fds=[listener.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **options,
    )


def is_ready(process: "subprocess.Popen[bytes]") -> bool:
    """Waits until it takes requests; False if it ended instead."""
    try:
        return bool(line_with(b"ready\n", process))
    except AssertionError:
        return False


def _end_with_the_test() -> None:
    sys.stdin.read()
    os._exit(0)


def serve(listener: int, lifespan: str) -> None:
    """Until whoever started this process ends: on this open socket, with lifespan "on" or "off"."""
    if SECONDS_FOR_A_STATEMENT in os.environ:
        patience.SECONDS_FOR_A_STATEMENT = float(os.environ[SECONDS_FOR_A_STATEMENT])
        patience.ImpatientConnection.seconds = patience.SECONDS_FOR_A_STATEMENT
    threading.Thread(target=_end_with_the_test, daemon=True).start()
    config = uvicorn.Config(
        "carecollective.asgi:application",
        lifespan="on" if lifespan == "on" else "off",
        ws=Protocol,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    Server(config).run(sockets=[socket.socket(fileno=listener)])


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
