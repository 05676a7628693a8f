"""Limits that somebody has nearly reached, without as many calls: on a busy machine those could last until the next
minute, in which the count begins again."""

from datetime import timedelta

from carecollective.ground.limits import Limit
from carecollective.tests.sql import run

TAKEN = """
INSERT INTO rate_limits (key, taken, ends_at) VALUES (%s, %s, clock_timestamp() + %s)
ON CONFLICT (key) DO UPDATE SET taken = excluded.taken, ends_at = excluded.ends_at
"""


def take_all_but(number: int, limit: Limit, *whose: object, lasting: timedelta = timedelta(hours=1)) -> None:
    """So many are left to them, for so long."""
    run(TAKEN, limit.key(*whose), limit.most - number, lasting)
