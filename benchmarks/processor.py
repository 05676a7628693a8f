"""Processor time: what the processes of ours and PostgreSQL's backends have used, read beside every batch of calls.

The kernel counts it for each process in nanoseconds and lets everybody read that clock (clock_getcpuclockid). It counts
no waiting: neither for a disk nor for a processor that others use, so it says on a busy machine what it says on an idle
one. PostgreSQL is all backends of one database that are there (pg_stat_activity), whoever called them, and what its
ended processes have used (/proc/PID/stat of the one above them): parallel workers live for one statement.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

BACKENDS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type IN ('client backend', 'parallel worker')
"""
TICK = 1 / os.sysconf("SC_CLK_TCK")


class Spent(NamedTuple):
    """Seconds of processor time."""

    web: float
    database: float


class Clocks(NamedTuple):
    """Each process's seconds at one moment."""

    web: dict[int, float]
    database: dict[int, float]

    def since(self, before: "Clocks") -> Spent:
        """A process that was not there before began from nothing."""
        return Spent(*(_difference(now, then) for now, then in zip(self, before, strict=True)))


def _difference(now: dict[int, float], then: dict[int, float]) -> float:
    return sum(seconds - then.get(process, 0.0) for process, seconds in now.items())


class Meter:
    """Reads the clocks of a process with all below it, and of the database that `where` (connection parameters) names.

    Raises SystemExit where PostgreSQL runs on another machine: its clocks cannot be read from here.
    """

    def __init__(self, process: int, where: dict[str, Any]) -> None:
        self.process = process
        self.database = psycopg.connect(**where, autocommit=True)
        self.postmaster = _parent_of(self.database.info.backend_pid)
        self.before = Clocks({}, {})

    def begin(self) -> None:
        """The clocks come last: where this program is what is measured, looking for processes is none of its work."""
        ended, backends, web = self._ended(), self._backends(), self._family()
        self.before = Clocks({}, _clocks(backends) | ended)
        self.before.web.update(_clocks(web))

    def spent(self) -> Spent:
        """Since it began. Here the clocks come first, and whoever is new meanwhile after them."""
        web, backends = _clocks(self.before.web), _clocks(set(self.before.database) - {self.postmaster})
        web |= _clocks(set(self._family()) - web.keys())
        backends |= _clocks(set(self._backends()) - backends.keys())
        return Clocks(web, backends | self._ended()).since(self.before)

    def _family(self) -> list[int]:
        """Without PostgreSQL, which may have been started by it."""
        return family(self.process, without=self.postmaster)

    def _backends(self) -> list[int]:
        return [pid for (pid,) in self.database.execute(BACKENDS)]

    def _ended(self) -> dict[int, float]:
        return {self.postmaster: _of_ended_children(self.postmaster)}

    def close(self) -> None:
        self.database.close()


def _clocks(processes: Iterable[int]) -> dict[int, float]:
    return {process: seconds for process in processes if (seconds := clock_of(process)) is not None}


def clock_of(process: int) -> float | None:
    """The processor seconds of a process with all its threads, ended ones too. None where there is none of this id."""
    try:
        return time.clock_gettime_ns((~process << 3) | 2) / 1e9  # what clock_getcpuclockid answers
    except OSError:
        return None


def family(process: int, without: int = 0) -> list[int]:
    """This process and all below it; not that one and what is below that."""
    found = [process]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += [child for child in map(int, children.read_text().split()) if child != without]
            except OSError:  # its thread has ended
                continue
    return found


def _parent_of(backend: int) -> int:
    try:
        return int(_stat(backend)[1])
    except OSError:
        raise SystemExit("PostgreSQL must run on this machine: its processor time is measured too.") from None


def _of_ended_children(process: int) -> float:
    return sum(int(ticks) for ticks in _stat(process)[13:15]) * TICK


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on: before it stands a name that may hold anything."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
