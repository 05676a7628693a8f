"""What serves beside a cluster: two processes of pages on one port, one of sockets, one of jobs, each by itself."""

import asyncio
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from carecollective.ground.embedded_postgresql.tests.conftest import PROJECT
from carecollective.tests import serving
from carecollective.tests.waiting import eventually
from carecollective.web.live.tests.clients import Client
from messaging.tests.crashes.site import Site
from proofs.cluster.machines import Cluster

PAGES = 2
JOBS = "import carecollective.ground.worker as worker; worker.watch_until_told_to_end(1)"
# A job that does nothing where nothing is to be done.
DEFER = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
VALUES ('default', 'jobs.rescue_stalled', '{"timestamp": 0}') RETURNING id
"""


class ClusteredSite(Site):
    """`port` has the pages, `sockets` what open pages hear."""

    database: Cluster  # type: ignore[assignment]

    def __init__(self, cluster: Cluster, place: Path, mail: int) -> None:
        more = {
            "EMAIL_URL": f"smtp://127.0.0.1:{mail}",
            "MESSAGING_V2_ROLLOUT": "",
            "ERASURE_LEDGER": str(place / "erasures.log"),
            "IDENTITY_KEY": "of-this-proof-alone-" * 3,
        }
        super().__init__(cluster, place, PAGES, ("proofs.people", "writers"), more=more)  # type: ignore[arg-type]
        with self.log.open("ab") as log:
            self.jobs = subprocess.Popen([sys.executable, "-c", JOBS], cwd=PROJECT, env=self.environment, stderr=log)
        self.door = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.sockets = self.door.getsockname()[1]
        self.running.append(self._begun(self.door))
        self._wait_for(self.running[-1])

    def _started(self) -> "subprocess.Popen[bytes]":
        return self._begun(self.listener)

    def _begun(self, listener: socket.socket) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return serving.started(listener, cwd=PROJECT, env=self.environment, stderr=log)

    def wait_for_a_job(self) -> None:
        """Until one that is put in now is done."""
        ((number,),) = self.database.rows(DEFER)
        done = f"SELECT 1 FROM procrastinate_jobs WHERE id = {number} AND status = 'succeeded'"
        eventually(lambda: self.database.rows(done))

    def end(self) -> None:
        self.jobs.terminate()
        self.jobs.wait()
        super().end()
        self.door.close()


class OpenPage:
    """A member's page that stays open, and looks again when it hears that it should."""

    def __init__(self, site: ClusteredSite) -> None:
        self.client = Client(site.people["writers"][0], site.sockets, catches_up=True)
        self.thread = threading.Thread(target=self._stay, daemon=True)

    def _stay(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._live())

    async def _live(self) -> None:
        self.loop, self.task = asyncio.get_running_loop(), asyncio.current_task()
        await self.client.live()  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        self.thread.start()
        eventually(lambda: self.client.hellos)
        return self

    def __exit__(self, *failure: object) -> None:
        self.loop.call_soon_threadsafe(self.task.cancel)  # type: ignore[union-attr]
        self.thread.join()

    def wait_for(self, message: str) -> None:
        """Until it shows this message, which is its conversation's."""
        eventually(lambda: message in self.client.messages)

    def differs(self, written: list[Any]) -> dict[str, int]:
        """What it has not, and what it has twice."""
        here, there = self.client.messages, [row[0] for row in written]
        return {"not on the open page": len(set(there) - set(here)), "twice on it": len(here) - len(set(here))}
