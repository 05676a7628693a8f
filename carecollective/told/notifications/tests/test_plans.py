"""The planner knows how much a member was told, so it reads a page of it in the index's order (row estimates)."""

import json

import pytest
from django.db import connection

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.tests.owner import laid_open, run_as_owner
from carecollective.tests.sql import run

pytestmark = pytest.mark.django_db

MANY, OTHERS = 2_000, [4] * 60
TOLD = """
INSERT INTO notifications (member_id, kind, what, reader, about, created_at, read_at)
SELECT %s, 'news', 'news', 'member', n::text, now() - n * interval '1 minute', CASE WHEN n %% 2 = 0 THEN now() END
FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def member():
    with laid_open("notifications"):
        for number in (*OTHERS, MANY):
            member = MemberFactory()
            run(TOLD, member.pk, number)
    run_as_owner("ANALYZE notifications")
    return member


def test_the_wall_does_not_hide_from_the_planner_how_many_there_are(member):
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) SELECT FROM notifications WHERE member_id = %s", [member.pk])
        ((plan,),) = cursor.fetchall()

    # A CASE passes for a condition that half of the rows fulfil, an OR for one that hardly any does.
    assert (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"] > MANY / 10
