"""A board with thousands of requests, of which little is about a piano, in Portuguese, or from far away."""

from carecollective.tests.owner import run_as_owner
from helprequests.api import board as board_of_programs
from helprequests.models import nearest
from helprequests.pages import board

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


def fill(rows):
    """The newest is as old as a minute, and each other one a minute older. Call it inside a test's transaction."""
    run_as_owner(BOARD, rows)
    for table in ("members", "help_requests", "member_blocks"):
        run_as_owner(f"ANALYZE {table}")


def forget_kept():
    """What was put together with other numbers is put together anew."""
    for question in (board._rows, board._first, board._count, board_of_programs._rows, nearest._newest_near):
        question._statement.cache_clear()
