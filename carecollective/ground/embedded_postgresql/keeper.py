"""The process above the server: starts it, and stops it when nobody uses it any more (a supervisor process).

Every process that uses the server holds a shared lock on the file `lease`. The kernel drops it when the process ends,
however it ends. The last user stops the server itself on its way out; the keeper does it for those who could not
because they were killed. Runs as a program of its own, with nothing but the standard library, to be small and quick.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOOKS_EVERY = 1.0  # seconds
FAST_SHUTDOWN, IMMEDIATE_SHUTDOWN = signal.SIGINT, signal.SIGQUIT
PATIENCE = 30.0  # seconds for a fast shutdown


def open_lock(path: Path) -> int:
    """A handle on a lock file. Children do not inherit it, and a link in its place is refused."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


@contextlib.contextmanager
def held(handle: int) -> Iterator[None]:
    """Alone among all processes: whoever starts or stops the server holds the start lock."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def is_unused(lease: int) -> bool:
    """True when no other process holds the lease. The caller holds the start lock, so nobody can take it meanwhile."""
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def identity(account: str) -> dict[str, Any]:
    """How subprocess starts a program under another account, given as `uid:gid`; empty means our own."""
    if not account:
        return {}
    uid, gid = account.split(":")
    return {"user": int(uid), "group": int(gid), "extra_groups": []}


def keep(start_lock: Path, lease: Path, account: str, command: list[str]) -> int:
    """Run the server until it ends or is no longer used."""
    # Opened once: they go on working when the folder is deleted under a running server.
    starting, using = open_lock(start_lock), open_lock(lease)
    server = subprocess.Popen(command, cwd="/", **identity(account))
    ended = threading.Event()
    # `wait` with a timeout would look twenty times a second; a thread that waits without one sleeps, and so do we.
    threading.Thread(target=_tell, args=(server, ended), daemon=True).start()
    while not ended.wait(LOOKS_EVERY):
        with held(starting):
            if not is_unused(using):
                continue
            server.send_signal(FAST_SHUTDOWN)
            if not ended.wait(PATIENCE):
                server.send_signal(IMMEDIATE_SHUTDOWN)
            break
    return server.wait()


def _tell(server: "subprocess.Popen[bytes]", ended: threading.Event) -> None:
    server.wait()
    ended.set()


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
