"""The checks carried out, at a start, by `doctor`, and for whoever asks how things are (health check)."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from carecollective.ground.named_postgresql.reaching import Unreachable

from . import Check, Finding, checks
from .usual import USUAL

SECONDS_BETWEEN = 60


def examine(
    *, deep: bool = False, deployment: bool = False, only: Callable[[Check], bool] | None = None
) -> Iterator[Finding]:
    """Each check in its order, and what it found. One that cannot be asked is a finding, and raises nothing.

    Where no database answers, what is to be asked there is left out.
    """
    is_away = False
    for check in (*USUAL, *checks):
        if check.is_deep > deep or check.before_opening > deployment or (only and not only(check)):
            continue
        if is_away and check.needs_database:
            continue
        fault = _asked(check)
        is_away = is_away or (check.code == "database" and bool(fault) and not _answers())
        yield Finding(check, fault)


def _asked(check: Check) -> str:
    try:
        return str(check.look() or "")
    except Unreachable as error:
        return str(error)
    except (DatabaseError, InterfaceError, ImproperlyConfigured, OSError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        return _("This could not be asked: %(why)s") % {"why": why}


def _answers() -> bool:
    try:
        connection.ensure_connection()
    except (DatabaseError, InterfaceError):
        return False
    return True


@dataclass(slots=True)
class _Known:
    faults: list[Finding]
    asked_at: float


_known: dict[str, _Known] = {}  # by language


def faults() -> list[Finding]:
    """What is not well, as it was at most a minute ago in this process: for monitors and the team's page."""
    language = get_language() or settings.LANGUAGE_CODE
    known = _known.get(language)
    if known is None or time.monotonic() - known.asked_at >= SECONDS_BETWEEN:
        known = _Known([finding for finding in examine() if not finding.is_well], time.monotonic())
        _known[language] = known
    return known.faults
