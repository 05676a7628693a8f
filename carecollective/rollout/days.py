"""Attempts by the day: summed once for each day that is over, and counted live beside it (roll-ups).

A day of the site's clock is taken from its roll-up where it is there and asked for whole. Every other one is counted
from its attempts, so nothing is missing while the job that makes them has not run, and no day is counted twice.
"""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from carecollective.ground import clock
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

# So long after its end a day is summed; the triggers take away a day of which an attempt comes later.
SETTLED_AFTER = timedelta(minutes=30)
GOES_BACK = timedelta(days=90)
# The days of the site's clock from one moment to another. Both statements below begin with it.
DAYS = """
WITH days AS MATERIALIZED (
    SELECT day::date, day AT TIME ZONE %(zone)s AS begins_at,
           (day + interval '1 day') AT TIME ZONE %(zone)s AS ends_at
    FROM generate_series(date_trunc('day', %(since)s::timestamptz AT TIME ZONE %(zone)s),
                         %(until)s::timestamptz AT TIME ZONE %(zone)s, interval '1 day') AS day
)
"""
READ = f"""{DAYS}
SELECT day, version, outcome, stage, is_synthetic, attempts FROM days JOIN rollout_days USING (begins_at, ends_at)
WHERE begins_at > %(since)s AND ends_at <= %(until)s
UNION ALL
SELECT day, version, outcome, stage, is_synthetic, count(*) FROM days CROSS JOIN LATERAL (
    SELECT version, outcome, stage, is_synthetic FROM rollout_attempts
    WHERE attempted_at >= greatest(begins_at, %(since)s) AND attempted_at < ends_at
        AND attempted_at > %(since)s AND attempted_at <= %(until)s) AS live
WHERE begins_at <= %(since)s OR ends_at > %(until)s OR NOT EXISTS (
    SELECT FROM rollout_days AS whole WHERE whole.begins_at = days.begins_at AND whole.ends_at = days.ends_at)
GROUP BY day, version, outcome, stage, is_synthetic
"""  # noqa: S608  (no value stands in the text)
MISSING = f"""{DAYS}
SELECT begins_at, ends_at FROM days
WHERE begins_at > %(since)s AND ends_at <= %(until)s AND NOT EXISTS (
    SELECT FROM rollout_days AS whole WHERE whole.begins_at = days.begins_at AND whole.ends_at = days.ends_at)
"""  # noqa: S608
# Not while somebody writes an attempt of a day that is over: the trigger waits for this, and this for the trigger.
ALONE = "SELECT pg_advisory_xact_lock(hashtext('rollout_days'))"
OF_ANOTHER_CLOCK = "DELETE FROM rollout_days WHERE begins_at < %(ends_at)s AND ends_at > %(begins_at)s"
SUM = """
INSERT INTO rollout_days (begins_at, ends_at, version, outcome, stage, is_synthetic, attempts)
SELECT %(begins_at)s, %(ends_at)s, version, outcome, stage, is_synthetic, count(*) FROM rollout_attempts
WHERE attempted_at >= %(begins_at)s AND attempted_at < %(ends_at)s
GROUP BY version, outcome, stage, is_synthetic
"""


class Counted(NamedTuple):
    day: date
    version: str
    outcome: str
    stage: str
    is_synthetic: bool
    attempts: int


def counted(since: datetime, until: datetime) -> list[Counted]:
    """How many attempts of each kind there were after `since` and up to `until`, by the day. One statement."""
    return [Counted(*row) for row in _asked(READ, since, until)]


def roll_up(now: datetime | None = None) -> int:
    """Sum the days that are over and not summed; how many that were. It may run twice, and be cut off."""
    until = (now or clock.now()) - SETTLED_AFTER
    missing = _asked(MISSING, until - GOES_BACK, until)
    return sum(_sum(begins_at, ends_at) for begins_at, ends_at in missing)


@transaction.atomic
def _sum(begins_at: datetime, ends_at: datetime) -> bool:
    with acting_as_system("sum the attempts of a day", Purpose.ROLLOUT), connection.cursor() as cursor:
        cursor.execute(ALONE)
        for statement in (OF_ANOTHER_CLOCK, SUM):
            cursor.execute(statement, {"begins_at": begins_at, "ends_at": ends_at})
        return bool(cursor.rowcount > 0)


def _asked(question: str, since: datetime, until: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, {"since": since, "until": until, "zone": timezone.get_default_timezone_name()})
        return list(cursor.fetchall())
