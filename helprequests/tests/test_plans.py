"""What a list costs is what is shown of it: no page and no call reads the whole board, however little it finds.

Counted in rows that the database looked at, as its own EXPLAIN tells them. The board is a small one, so that what is
looked at first, and what is looked up at most, are smaller too.
"""

import json

import pytest
from django.db import connection

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.sql import run
from helprequests.models import listing

pytestmark = pytest.mark.django_db

ROWS, FEW, FIRST = 4_000, 50, 100
BOARD = """
WITH people AS (
    INSERT INTO members (id, email, name, password, verification_status, is_superuser, town)
    SELECT gen_random_uuid(), n || '@example.org', 'Nora Nelson', '!', 'approved', false,
           CASE n WHEN 7 THEN 'Far Away' ELSE 'Springfield' END
    FROM generate_series(0, 399) AS n RETURNING id
), numbered AS (SELECT id, row_number() OVER () AS n FROM people)
INSERT INTO help_requests (user_id, title, description, category, urgency, created_at, expires_at, language)
SELECT numbered.id, 'A ride to the clinic',
       CASE g %% 1000 WHEN 3 THEN 'With my piano.' ELSE 'Bring bread and milk.' END,
       CASE g %% 1000 WHEN 5 THEN 'household-yard' ELSE 'other' END,
       CASE g %% 100 WHEN 9 THEN 'critical' ELSE 'normal' END,
       now() - g * interval '1 minute', now() + interval '9 days', CASE g %% 1000 WHEN 11 THEN 'pt-BR' ELSE 'en' END
FROM generate_series(1, %s) AS g JOIN numbered ON n = 1 + g %% 400
"""


@pytest.fixture
def board(monkeypatch):
    monkeypatch.setattr(listing, "FEW", FEW)
    monkeypatch.setattr(listing, "LOOKED_AT_FIRST", FIRST)
    run(BOARD, ROWS)
    for table in ("members", "help_requests", "member_blocks"):
        run(f"ANALYZE {table}")


def rows_looked_at(plan):
    """Of help requests, by all scans of a plan together."""
    own = 0
    if plan.get("Relation Name") == "help_requests":
        dropped = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = (plan["Actual Rows"] + dropped) * plan["Actual Loops"]
    return own + sum(rows_looked_at(part) for part in plan.get("Plans", []))


def most_looked_at(ask):
    """By the worst statement of a page. It is asked twice, the first time to be explained."""
    seen = [0]

    def explain(execute, sql, params, many, context):
        if sql.startswith("SELECT") and "help_requests" in sql:
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            ((plan,),) = context["cursor"].fetchall()
            seen.append(rows_looked_at((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))
        return execute(sql, params, many, context)

    with unguarded(), connection.execute_wrapper(explain):
        assert ask().status_code == 200
    return max(seen)


# What is looked at first and its beginning, once for each part; what is looked up, counted and then read.
ENOUGH = 4 * (FIRST + FEW)


LISTS = [
    *("", "page=3", "page=99999", "sort=soonest", "q=ride", "q=piano", "q=zebra", "q=piano&sort=soonest"),
    *("category=other", "category=household-yard", "category=social-companionship", "urgency=critical"),
    *("language=pt", "language=zu", "near=me", "near=me&q=piano"),
]
CALLS = ["", "q=ride", "q=piano", "q=zebra", "category=household-yard", "language=pt", "urgency=critical"]
PLACES = ["/home/", *(f"/requests/?{asked}" for asked in LISTS), *(f"/api/help-requests?{asked}" for asked in CALLS)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("town", ["Springfield", "Far Away", "Nowhere"])
def test_a_list_looks_at_little_of_the_board(client, board, place, town):
    client.force_login(MemberFactory(town=town))

    assert 0 < most_looked_at(lambda: client.get(place)) <= ENOUGH * (3 if "sort" in place else 1)
