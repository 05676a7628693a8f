"""All connections that the database gives, taken by somebody else."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg

from carecollective.ground.embedded_postgresql.cluster import WEB
from messaging.tests.crashes.site import NAME
from proofs.ground import Ground
from proofs.load import Load, under_load
from proofs.proof import Outcome, Proof

TAKER = "proofs, taker of connections"
END_THE_OTHERS = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{WEB}' AND application_name <> '{TAKER}'
"""


def take_all(ground: Ground, times: int, planted: bool) -> Outcome:
    outcome = Outcome()
    ground.serving("nothing_is_foreseen" if planted else "")
    with under_load(ground, outcome) as load:
        for _ in range(times):
            load.wait_for_everybody()
            with _taken(ground, load) as number:
                outcome.figures["connections taken"] = number
        load.wait_for_everybody()
    outcome.figures["times"] = times
    return outcome


@contextmanager
def _taken(ground: Ground, load: Load) -> Iterator[int]:
    """As the web's login, all that there are, until callers have been told 503 (or something else is wrong)."""
    told = load.answers[503]
    where = ground.database.cluster.joined().address()
    with ExitStack() as taken:
        number = _take(taken, where)
        while load.answers[503] == told and not load.wrong:
            ground.database.rows(END_THE_OTHERS)
            number += _take(taken, where)
        yield number


def _take(taken: ExitStack, where: dict[str, Any]) -> int:
    """How many more there were."""
    number = 0
    while True:
        try:
            connection = psycopg.connect(dbname=NAME, user=WEB, application_name=TAKER, **where)
        except psycopg.OperationalError:
            return number
        taken.callback(connection.close)
        number += 1


PROOF = Proof(
    name="connections",
    promise="All connections of the database are taken: callers meet 503 and never 500, and what was acknowledged is "
    "there once afterwards",
    fault="a server process that foresees no error of the database",
    run=take_all,
    quick=2,
    full=50,
)
