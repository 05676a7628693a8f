#!/usr/bin/env python3
"""Take this machine to another release, page process by page process, so that no request fails (rolling update).

roll.py FOLDER          to the release in FOLDER: its migrations first, then one process after the other
roll.py --back FOLDER   back to the release before, on the tables as they are

Each process is taken out of nginx before it is restarted, and comes back when it is ready. Where the new one does not
get ready, the old one is put back in its place, and the others have not been touched. Needs nothing but Python.
"""

import argparse
import contextlib
import fcntl
import os
import re
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SECONDS_TO_GET_READY = 120
LOOKS_EVERY = 0.1


class Refused(Exception):
    """What was asked for was not done, and this sentence says why."""


@dataclass
class Roll:
    """`here` is the link to the release that serves, `site` nginx's file of the upstream, `pages` units and ports."""

    here: Path
    site: Path
    nginx_pid: Path
    pages: dict[str, int]
    others: list[str]
    restart: Callable[[str], object]
    reload: Callable[[], object]
    migrate: Callable[[Path], object]

    def to(self, folder: Path, *, back: bool = False) -> None:
        """Raises Refused where another one is at it, something is missing, or the new release does not get ready."""
        with self._alone():
            self._refuse_what_cannot_be(folder)
            if not back:
                self.migrate(folder)
            before = self.here.resolve()
            self._point_to(folder)
            for unit, port in self.pages.items():
                try:
                    self._replace(unit, port)
                except Refused as reason:
                    self._point_to(before)
                    self._replace(unit, port)
                    raise Refused(f"{reason} {before} serves again in its place; look into its log.") from None
            for unit in self.others:
                self.restart(unit)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self.here.with_name(f"{self.here.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused(
                    "Another update is at work on this machine: nothing was done. Wait for its end."
                ) from None
            yield

    def _refuse_what_cannot_be(self, folder: Path) -> None:
        for needed in ("manage.py", ".venv/bin/python", "var"):
            if not (folder / needed).exists():
                raise Refused(f"{folder} has no {needed}, so nothing was done: docs/operations.md, Updating.")
        if not self.here.is_symlink():
            raise Refused(f"{self.here} has to be a link to the folder of a release, so nothing was done.")
        for unit, port in self.pages.items():
            if not re.search(rf"server 127\.0\.0\.1:{port}\b", self.site.read_text()):
                raise Refused(f"{self.site} names no server 127.0.0.1:{port} for {unit}, so nothing was done.")
            if not self._is_ready(port):
                raise Refused(f"{unit} is not ready now, so nothing was done: first let every page process serve.")

    def _point_to(self, folder: Path) -> None:
        """In one step: whoever starts meanwhile starts the one or the other."""
        fresh = self.here.with_name(f"{self.here.name}.next")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder.resolve())
        fresh.replace(self.here)

    def _replace(self, unit: str, port: int) -> None:
        self._set(port, is_in=False)
        self.restart(unit)
        give_up_at = time.monotonic() + SECONDS_TO_GET_READY
        while not self._is_ready(port):
            if time.monotonic() > give_up_at:
                raise Refused(f"{unit} did not get ready within {SECONDS_TO_GET_READY} seconds.")
            time.sleep(LOOKS_EVERY)
        self._set(port, is_in=True)

    def _set(self, port: int, *, is_in: bool) -> None:
        """Whether nginx sends requests to it. When this returns, no worker of before takes new ones."""
        written = self.site.read_text()
        mark = "" if is_in else " down"
        self.site.write_text(re.sub(rf"(server 127\.0\.0\.1:{port})\b(?: down)?", rf"\1{mark}", written))
        workers = self._workers()
        self.reload()
        give_up_at = time.monotonic() + SECONDS_TO_GET_READY
        while any(map(_takes_requests, workers)):
            if time.monotonic() > give_up_at:
                raise Refused("nginx did not take its new configuration: `nginx -t` says why.")
            time.sleep(LOOKS_EVERY)

    def _workers(self) -> list[str]:
        master = self.nginx_pid.read_text().strip()
        return Path(f"/proc/{master}/task/{master}/children").read_text().split()

    @staticmethod
    def _is_ready(port: int) -> bool:
        address = f"http://127.0.0.1:{port}/api/health/ready"
        try:
            with urllib.request.urlopen(_from_the_proxy(address), timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _from_the_proxy(address: str) -> urllib.request.Request:
    return urllib.request.Request(address, headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"})


def _takes_requests(worker: str) -> bool:
    try:
        return b"shutting down" not in Path(f"/proc/{worker}/cmdline").read_bytes() and not _has_ended(worker)
    except OSError:
        return False


def _has_ended(worker: str) -> bool:
    return ") Z " in Path(f"/proc/{worker}/stat").read_text()


def _by(command: str) -> Callable[[str], object]:
    return lambda unit: subprocess.run([*shlex.split(command), unit], check=True)


def _migrating(as_whom: str) -> Callable[[Path], object]:
    def migrate(folder: Path) -> None:
        command = [*shlex.split(as_whom), ".venv/bin/python", "manage.py", "migrate", "--no-input"]
        if subprocess.run(command, cwd=folder, check=False).returncode:
            raise Refused("The database was not brought up to date, and every process is the one of before.")

    return migrate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--back", action="store_true", help="to the release before: its migrations are not asked")
    parser.add_argument("--here", type=Path, default=Path("/srv/care"), help="the link to the release that serves")
    parser.add_argument("--site", type=Path, default=Path("/etc/nginx/sites-enabled/care"))
    parser.add_argument("--as-whom", default="runuser -u care --", help="how to become the account of the site")
    asked = parser.parse_args()
    roll = Roll(
        asked.here,
        asked.site.resolve(),
        Path("/run/nginx.pid"),
        {"care-pages": 8001, "care-pages-second": 8003},
        ["care-sockets", "care-jobs"],
        restart=_by("systemctl restart"),
        reload=lambda: subprocess.run(["systemctl", "reload", "nginx"], check=True),
        migrate=_migrating(asked.as_whom),
    )
    try:
        roll.to(asked.folder, back=asked.back)
    except Refused as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"{os.readlink(asked.here)} serves.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
