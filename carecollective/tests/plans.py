"""How many rows the database looks at for a page, as its own EXPLAIN tells them."""

import json
from uuid import uuid4

from django.db import connection
from psycopg.sql import Literal

from carecollective.ground.scope_guard import unguarded


def rows_looked_at(plan, table):
    """By all scans of a plan together."""
    own = 0
    if plan.get("Relation Name") == table:
        dropped = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = (plan["Actual Rows"] + dropped) * plan["Actual Loops"]
    return own + sum(rows_looked_at(part, table) for part in plan.get("Plans", []))


def most_looked_at(ask, table, *, for_anybody=False):
    """By the worst statement of a page: each is explained, and then carried out. `for_anybody` has it planned without
    a look at its values, as PostgreSQL does once a statement has been asked some times.
    """
    seen = [0]

    def explain(execute, sql, params, many, context):
        is_kept = isinstance(params, tuple)  # the ORM's; what is written by hand has names for its values
        if sql.lstrip("( \n").startswith(("SELECT", "WITH")) and table in sql and (is_kept or not for_anybody):
            explained = _for_anybody(execute, sql, params, context) if for_anybody else sql
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {explained}", None if for_anybody else params, many, context)
            ((plan,),) = context["cursor"].fetchall()
            seen.append(rows_looked_at((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"], table))
        return execute(sql, params, many, context)

    with unguarded(), connection.execute_wrapper(explain):
        assert ask().status_code == 200
    return max(seen)


def _for_anybody(execute, sql, params, context):
    """The statement, prepared under a name, with these values."""
    name = f"asked_{uuid4().hex}"
    execute("SET LOCAL plan_cache_mode = force_generic_plan", None, False, context)
    execute(f"PREPARE {name} AS {sql % tuple(f'${n}' for n, _ in enumerate(params, 1))}", None, False, context)
    values = ", ".join(Literal(value).as_string(connection.connection) for value in params)
    return f"EXECUTE {name}({values})" if params else f"EXECUTE {name}"
