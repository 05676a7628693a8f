"""How many rows the database looks at for a page, as its own EXPLAIN tells them."""

import json

from django.db import connection

from carecollective.ground.scope_guard import unguarded


def rows_looked_at(plan, table):
    """By all scans of a plan together."""
    own = 0
    if plan.get("Relation Name") == table:
        dropped = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = (plan["Actual Rows"] + dropped) * plan["Actual Loops"]
    return own + sum(rows_looked_at(part, table) for part in plan.get("Plans", []))


def most_looked_at(ask, table):
    """By the worst statement of a page: each is explained, and then carried out."""
    seen = [0]

    def explain(execute, sql, params, many, context):
        if sql.lstrip("(\n").startswith(("SELECT", "WITH")) and table in sql:
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            ((plan,),) = context["cursor"].fetchall()
            seen.append(rows_looked_at((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"], table))
        return execute(sql, params, many, context)

    with unguarded(), connection.execute_wrapper(explain):
        assert ask().status_code == 200
    return max(seen)
