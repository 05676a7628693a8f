"""Is the database what the code believes (integrity checks)? Each is one query, and each of its rows is a fault."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.core.management.base import OutputWrapper
from django.db import connection


class Check(NamedTuple):
    """What should be true, and the query for whatever shows that it is not: one text per row. What is collected from
    models is asked by a function. `since`: the migration, as (app, name), before which it cannot hold.
    """

    promise: str
    faults: str | Callable[[], Iterable[str]]
    values: Mapping[str, Any] | None = None
    since: tuple[str, str] | None = None


def carried_out(checks: list[Check]) -> Iterator[tuple[str, list[str]]]:
    """Each promise with its faults, as it is checked."""
    for check in checks:
        yield check.promise, list(_faults(check))


def _faults(check: Check) -> Iterable[str]:
    if not isinstance(check.faults, str):
        return check.faults()
    with connection.cursor() as cursor:
        cursor.execute(check.faults, check.values)
        return [str(row[0]) for row in cursor.fetchall()]


def all_hold(checks: list[Check], *, out: OutputWrapper, err: OutputWrapper) -> bool:
    """Carries the checks out and says what came of each, a line for every fault. Is there none?"""
    is_sound = True
    for promise, faults in carried_out(checks):
        if not faults:
            out.write(f"ok: {promise}")
        for fault in faults:
            is_sound = False
            err.write(f"wrong: {fault} ({promise})")
    return is_sound
