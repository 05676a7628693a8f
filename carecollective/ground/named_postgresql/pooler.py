"""Behind a transaction pooler such as PgBouncer, which throws a connection's own limits (timeouts) away."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import Error


def limited(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """A statement by itself becomes a transaction, since only there a limit holds through a transaction pooler."""
    connection = context["connection"]
    if connection.in_atomic_block or not connection.get_autocommit():
        return execute(sql, params, many, context)
    connection.set_autocommit(False)
    try:
        result = execute(sql, params, many, context)
        connection.commit()
    except BaseException:
        with suppress(Error):
            connection.rollback()
        raise
    finally:
        if connection.connection.closed:  # it ran out of patience
            connection.close()
        else:
            connection.set_autocommit(True)
    return result
