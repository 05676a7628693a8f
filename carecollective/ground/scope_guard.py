"""A guard for newcomers: outside every scope a private table answers nothing (row level security), and this says so.

Row level security is silent by nature: a query finds no row, an INSERT is refused with 42501. While DEBUG is on this
watches each statement on its way: in a request it raises, elsewhere (commands, the shell) it warns once for each place
in the code. Neither runs in production. In tests it raises too; what a wall does without a scope is asked inside
`unguarded()`.
"""

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.db.backends.signals import connection_created

from carecollective.ground.environment import BASE_DIR
from carecollective.ground.identity import NOBODY
from carecollective.ground.registry import models_that_are
from carecollective.ground.walls import walls

PAGE = "docs/ten-things.md"
STATEMENT = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
QUOTED = re.compile(r"'[^']*'")

_raises = ContextVar("_raises", default=False)
_is_off: ContextVar[bool] = ContextVar("is_off", default=False)
_told: set[tuple[str, int]] = set()


class OutsideEveryScope(RuntimeError):
    """A private table was asked without saying who asks."""


class OutsideEveryScopeWarning(UserWarning):
    """The same, where nothing is to be stopped."""


def start() -> None:
    """From now on every connection of this process is watched."""
    connection_created.connect(_watch, dispatch_uid="scope_guard")


@contextmanager
def raising() -> Iterator[None]:
    """In here a statement outside every scope is an error and no warning."""
    token = _raises.set(True)
    try:
        yield
    finally:
        _raises.reset(token)


@contextmanager
def unguarded() -> Iterator[None]:
    """For who wants to see what a wall does to a statement without a scope."""
    token = _is_off.set(True)
    try:
        yield
    finally:
        _is_off.reset(token)


def _watch(connection: Any, **_signal: Any) -> None:
    if _look not in connection.execute_wrappers:
        connection.execute_wrappers.append(_look)


def _look(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    is_nobody = getattr(context["connection"], "acting_in", NOBODY) == NOBODY
    if is_nobody and not _is_off.get() and isinstance(sql, str) and (table := private_table(sql)):
        _tell(table)
    return execute(sql, params, many, context)


def private_table(sql: str) -> str | None:
    """The first private table that this statement reads or writes, or None."""
    if not STATEMENT.match(sql):
        return None
    found = _private().search(QUOTED.sub("", sql))
    return found[1] if found else None


@cache
def _private() -> re.Pattern[str]:
    behind_walls = [table for table, wall in walls().items() if wall.is_forced]
    views = [model._meta.db_table for model in models_that_are("is_view")]  # each asks its tables in the asker's name
    tables = "|".join([*behind_walls, *views])
    return re.compile(rf'\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+"?({tables})\b', re.IGNORECASE)


def _tell(table: str) -> None:
    message = (
        f"{table} is private, and nobody said who asks: it shows no row and takes none. "
        f"Write `with acting_as(member):` around this, or one of the other two scopes ({PAGE}, 1)."
    )
    if _raises.get():
        raise OutsideEveryScope(message)
    place = _place()
    if place not in _told:
        _told.add(place)
        warnings.warn_explicit(message, OutsideEveryScopeWarning, *place)


def _place() -> tuple[str, int]:
    """The nearest line of ours that asked."""
    frame = sys._getframe(2)
    while frame.f_back and not _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def _is_ours(path: str) -> bool:
    outside = ("site-packages", str(BASE_DIR / "carecollective" / "ground"))
    return path.startswith(str(BASE_DIR)) and not any(part in path for part in outside)
