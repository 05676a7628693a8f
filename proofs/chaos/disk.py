"""A disk that is full, and has room again."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from io import RawIOBase
from pathlib import Path

from carecollective.ground.embedded_postgresql.tests.conftest import gone
from carecollective.tests.waiting import eventually
from messaging.tests.crashes.site import NAME
from proofs.ground import Ground, a_ground
from proofs.load import Load, under_load
from proofs.proof import Outcome, Proof

SIZE = "220m"  # the database of the proofs, and what it needs to begin anew after a crash
A_PIECE = bytes(8192)


@contextmanager
def small_disk() -> Iterator[Path]:
    """In memory, and of its own. Raises OSError where this account may make none."""
    place = Path(tempfile.mkdtemp(prefix="proofs-disk-", dir="/tmp"))
    try:
        _mount("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(place))
        try:
            yield place
        finally:
            gone(place)
            _mount("umount", str(place))
    finally:
        place.rmdir()


def _mount(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip() or f"{command[0]} failed")


@cache
def why_not() -> str:
    try:
        with small_disk():
            return ""
    except OSError as error:
        return f"no small disk can be made here ({error})"


def fill(ground: Ground, times: int, planted: bool) -> Outcome:
    """`ground` lends its mail server alone: the database lies on a disk of its own."""
    outcome = Outcome()
    with small_disk() as disk, a_ground(disk, ground.mail) as full:
        full.serving("nothing_is_foreseen" if planted else "")
        with under_load(full, outcome) as load:
            for _ in range(times):
                load.wait_for_everybody()
                _fill_until_it_is_told(full, load, disk / "ballast")
            load.wait_for_everybody()
    outcome.figures["times full"] = times
    return outcome


def _fill_until_it_is_told(ground: Ground, load: Load, ballast: Path) -> None:
    """Until callers were told 503 (or anything else is wrong); then there is room again."""
    told = load.answers[503]
    with ballast.open("ab", buffering=0) as file:
        eventually(lambda: _is_full(file) and (load.answers[503] > told or load.wrong))
    ballast.unlink()
    ground.database.cluster.ensure(NAME)  # where it gave up for want of room


def _is_full(file: RawIOBase) -> bool:
    with suppress(OSError):
        while file.write(A_PIECE):
            pass
    return True


PROOF = Proof(
    name="disk",
    promise="The disk is full: callers meet 503 and never 500, and when there is room again everything that was "
    "acknowledged is there, once",
    fault="a server process that foresees no error of the database",
    run=fill,
    quick=2,
    full=20,
    why_not=why_not,
)
