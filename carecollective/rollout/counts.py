"""How many there are of what only grows (kept counts): exact, and without a look at every one.

Triggers write each change into a journal, in the transaction that makes it; every night the job sums it up.
"""

from django.db import connection, transaction

from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

SUM = "SELECT coalesce(sum(number), 0) FROM rollout_counts WHERE counted = %s AND part < %s"
# At once: what is written meanwhile is neither taken nor summed. Whoever does the same meanwhile finds nothing left.
SUM_UP = """
WITH gone AS (DELETE FROM rollout_counts RETURNING counted, part, number)
INSERT INTO rollout_counts (counted, part, number)
SELECT counted, part, sum(number) FROM gone GROUP BY counted, part HAVING sum(number) <> 0
"""
EVERY_PART = 2**15 - 1


def number(counted: str, *, below: int = EVERY_PART) -> int:
    """How many there are, in the parts below this one."""
    with connection.cursor() as cursor:
        cursor.execute(SUM, [counted, below])
        return int(cursor.fetchone()[0])


@transaction.atomic
def sum_up() -> None:
    with acting_as_system("sum up what was counted", Purpose.ROLLOUT), connection.cursor() as cursor:
        cursor.execute(SUM_UP)
