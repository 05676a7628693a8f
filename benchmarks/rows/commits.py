"""Commits a second of sixteen writers, with the wake-up and without, in turns: on this disk, and with 5 ms a commit.

"Without" is the same program that wakes nobody, over connections where `pg_notify` is a function that does nothing and
is found before PostgreSQL's own: so a trigger is silent too. The 5 ms stand for a standby that has to acknowledge
each commit; PostgreSQL itself waits for so long (commit_delay), which a superuser alone may set.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from benchmarks import people
from benchmarks.bench import Bench
from benchmarks.databases import execute, name_of_it
from benchmarks.figures import VALUE, Figure, at_least, not_here, value
from benchmarks.serving.site import ROOT, parameters, url_of
from carecollective.ground.embedded_postgresql.cluster import cluster_in
from carecollective.ground.owner import as_the_owner

PROCESSES, THREADS = 2, 8
TURNS, LONGEST = 3, 2.0  # seconds of one turn
MICROSECONDS = 5_000
# In a line, 5 ms each, there are no more than 200 a second: who makes hardly more without one would not notice it.
SHOWS_A_LINE = 200 / 0.9
QUIET = """
CREATE SCHEMA IF NOT EXISTS quiet;
CREATE OR REPLACE FUNCTION quiet.pg_notify(text, text) RETURNS void LANGUAGE sql AS '';
GRANT USAGE ON SCHEMA quiet TO PUBLIC;
"""
SILENT = "-c search_path=quiet,pg_catalog,public"
Writers = list["subprocess.Popen[str]"]


def commits(bench: Bench) -> list[Figure]:
    with as_the_owner():
        execute(QUIET)
    seconds = min(bench.seconds / 4, LONGEST)
    figures = _compared("on this disk", seconds)
    try:
        with _slow_commits():
            figures += _compared("with 5 ms a commit", seconds)
    except psycopg.errors.InsufficientPrivilege:
        figures.append(not_here("commits", "with 5 ms a commit", "needs a superuser of the database"))
    return figures


def _compared(where: str, seconds: float) -> list[Figure]:
    pairs = people.open_threads(PROCESSES * THREADS * 2)
    half = len(pairs) // 2
    said = [[f"{id},{member.pk}" for id, member in found] for found in (pairs[:half], pairs[half:])]
    rates: dict[str, list[float]] = {"with": [], "without": []}
    with _started("with", said[0]) as told, _started("without", said[1]) as quiet:
        for each in told + quiet:
            assert _heard(each) == "ready"
        for _ in range(TURNS):
            rates["with"].append(_rate(told, seconds))
            rates["without"].append(_rate(quiet, seconds))
    loud, silent = (median(found) for found in rates.values())
    return [value("commits", f"16 writers {where}", loud, "/s"), compared(where, loud, silent)]


def compared(where: str, loud: float, silent: float) -> Figure:
    """Where a line could not be seen, because so few commits are made without one, nothing is shown by keeping up."""
    found = value("commits", f"16 writers {where}", loud / silent, "×", at_least(0.9, VALUE, unit="×"), "no wake-up")
    if found.is_met and silent < SHOWS_A_LINE:
        found.untold = f"machine too busy: {silent:.0f}/s without"
    return found


def _rate(writers: Writers, seconds: float) -> float:
    for each in writers:
        _say(each, f"{seconds}\n")
    return sum(float(_heard(each)) for each in writers) / seconds


@contextmanager
def _started(how: str, said: list[str]) -> Iterator[Writers]:
    """The processes, which say when they are ready to write. They end with their input."""
    database = url_of(parameters()) + (f"&options={quote(SILENT)}" if how == "without" else "")
    env = dict(os.environ) | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "carecollective.settings"}
    command = [sys.executable, "-m", "benchmarks.serving.writers", how]
    with ExitStack() as ending:
        writers = []
        for start in range(0, len(said), THREADS):
            process = subprocess.Popen(
                [*command, *said[start : start + THREADS]],
                cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            writers.append(ending.enter_context(process))
        yield writers
        for each in writers:
            _say(each, "", ends=True)


def _say(process: "subprocess.Popen[str]", words: str, *, ends: bool = False) -> None:
    assert process.stdin
    process.stdin.write(words)
    process.stdin.close() if ends else process.stdin.flush()


def _heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise AssertionError("a writer ended")
    return line.strip()


@contextmanager
def _slow_commits() -> Iterator[None]:
    """Connections made meanwhile wait so long at each commit. Raises InsufficientPrivilege."""
    for setting, amount in (("commit_delay", MICROSECONDS), ("commit_siblings", 0)):
        _as_superuser(sql.SQL("ALTER DATABASE {} SET {} = {}").format(*_named(setting), sql.Literal(amount)))
    try:
        yield
    finally:
        for setting in ("commit_delay", "commit_siblings"):
            _as_superuser(sql.SQL("ALTER DATABASE {} RESET {}").format(*_named(setting)))


def _named(setting: str) -> tuple[sql.Identifier, sql.Identifier]:
    return sql.Identifier(name_of_it()), sql.Identifier(setting)


def _as_superuser(statement: sql.Composed) -> None:
    """Of the database that comes along we are one; of another, where its login is one."""
    if connection.settings_dict["ENGINE"].endswith("embedded_postgresql"):
        cluster = cluster_in(str(settings.EMBEDDED_POSTGRES_DIR))
        with cluster.joined().connect("postgres") as postgres:
            postgres.execute(statement)
    else:
        with psycopg.connect(**parameters(), autocommit=True) as postgres:
            postgres.execute(statement)
