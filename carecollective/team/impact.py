"""What the community did in a period, in numbers alone: for whoever pays for it (the impact report).

Counted in the staff's scope, so no word of a conversation could be read; of both versions, each thing once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_staff
from carecollective.ground.refusals import PermissionDenied
from helprequests.models import HelpRequest

from .periods import Period
from .suppression import FEWEST, Cell, alone, parts_and_total

PERMISSION = "helprequests.view_impact"
Category = HelpRequest.Category
# For the sake of a small number the others are hidden in this order: what funders ask for most goes last.
HIDDEN_FIRST = (
    Category.OTHER,
    Category.COMPANY,
    Category.TECHNOLOGY,
    Category.HOUSEHOLD,
    Category.GROCERIES,
    Category.TRANSPORT,
    Category.HEALTH,
)

BY_KIND = """
SELECT category, count(*) FILTER (WHERE created_at >= %(begin)s AND created_at < %(end)s),
    count(*) FILTER (WHERE completed_at >= %(begin)s AND completed_at < %(end)s)
FROM help_requests GROUP BY category
"""
# What was copied from version 1 into version 2 is there once.
OFFERS = "SELECT help_request_id, helper_id, begun_at AS created_at FROM threads WHERE is_offer"
# Whoever has an account is one person; whom the team asked for is one person by each name that it gave.
PEOPLE = f"""
WITH offers AS ({OFFERS}), done AS (
    SELECT * FROM help_requests WHERE completed_at >= %(begin)s AND completed_at < %(end)s
)
SELECT
    (SELECT count(DISTINCT coalesce(lower(shown_name), user_id::text))
     FROM done LEFT JOIN requests_on_behalf ON help_request_id = done.id),
    (SELECT count(*) FROM offers WHERE created_at >= %(begin)s AND created_at < %(end)s),
    (SELECT count(*) FROM (
        SELECT helper_id FROM offers WHERE created_at >= %(begin)s AND created_at < %(end)s
        UNION SELECT helper_id FROM done WHERE helper_id IS NOT NULL
    ) AS helped)
"""  # noqa: S608  (put together from our own text)
FIRST_OFFER = f"""
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) FROM (
    SELECT extract(epoch FROM min(offer.created_at) - asked.created_at)::float AS waited
    FROM help_requests AS asked JOIN ({OFFERS}) AS offer
        ON offer.help_request_id = asked.id AND offer.created_at >= asked.created_at
    WHERE asked.created_at >= %(begin)s AND asked.created_at < %(end)s GROUP BY asked.id, asked.created_at
) AS answered
"""  # noqa: S608  (likewise)


@dataclass(frozen=True, slots=True)
class Kind:
    category: str
    posted: Cell
    completed: Cell

    @property
    def label(self) -> str:
        return str(Category(self.category).label)


@dataclass(frozen=True, slots=True)
class Impact:
    """All that may leave the house: every small number is hidden already. `first_offer_after` is None where fewer than
    five requests had an offer.
    """

    period: Period
    as_of: datetime
    kinds: list[Kind]
    posted: Cell
    completed: Cell
    people_helped: Cell
    offers: Cell
    helpers: Cell
    first_offer_after: timedelta | None


@transaction.atomic
def measured(period: Period, *, by: Member) -> Impact:
    """The numbers of a period. Raises PermissionDenied."""
    if not by.has_perm(PERMISSION):
        raise PermissionDenied
    values = {"begin": period.begins_at, "end": period.ends_at}
    with acting_as_staff(by, "the report for funders"), connection.cursor() as cursor:
        cursor.execute(BY_KIND, values)
        found = {category: (posted, completed) for category, posted, completed in cursor.fetchall()}
        cursor.execute(PEOPLE, values)
        people_helped, offers, helpers = cursor.fetchone()
        cursor.execute(FIRST_OFFER, values)
        answered, seconds = cursor.fetchone()
    counted = {category: found.get(category, (0, 0)) for category in Category.values}
    posted, all_posted = parts_and_total({name: numbers[0] for name, numbers in counted.items()}, HIDDEN_FIRST)
    completed, all_completed = parts_and_total({name: numbers[1] for name, numbers in counted.items()}, HIDDEN_FIRST)
    return Impact(
        period=period,
        as_of=timezone.now(),
        kinds=[Kind(name, posted[name], completed[name]) for name in counted],
        posted=all_posted,
        completed=all_completed,
        people_helped=alone(people_helped),
        offers=alone(offers),
        helpers=alone(helpers),
        first_offer_after=timedelta(seconds=seconds) if answered >= FEWEST else None,
    )
