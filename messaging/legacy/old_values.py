"""How one value of the old system's files is read. Each raises ValueError with the reason why it cannot be kept."""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from carecollective.ground import clock, names, texts
from carecollective.ground.clean_text import TextRule

from .models import CONTENT_MAX

FIRST = datetime(1990, 1, 1, tzinfo=UTC)
YES, NO = {"t", "true", "1", "yes"}, {"f", "false", "0", "no"}
Reads = Callable[[str], Any]


def a_uuid(cell: str) -> uuid.UUID:
    try:
        return uuid.UUID(cell)
    except ValueError:
        raise ValueError("is not a UUID") from None


def a_moment(cell: str, *, ahead: timedelta = timedelta(days=1)) -> datetime:
    """Without a time zone it is UTC, as the old database wrote it.

    A day ahead, for a clock that was wrong: beyond it, and before 1990, a spreadsheet or an empty column speaks.
    """
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError("is not a date and time, such as 2025-03-04 09:30:00+00") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not FIRST <= at <= clock.now() + ahead:
        raise ValueError(f"{cell} lies before 1990 or too far ahead")
    return at


def an_ending(cell: str) -> datetime:
    return a_moment(cell, ahead=timedelta(days=3660))


def an_address(cell: str) -> str:
    """One that its owner can sign in with, and that mail goes to: as it is written, since the two must agree."""
    try:
        validate_email(cell.strip())
    except ValidationError:
        raise ValueError("is not one email address, such as name@example.org") from None
    if texts.formed(cell) != cell.strip():
        raise ValueError("has a character in it that nobody sees")
    address: str = a_text(TextRule(3, 254, one_line=True))(cell)
    return address


def a_name(cell: str) -> str:
    name = texts.clean(cell, one_line=True)
    if fault := names.fault_in(name):
        raise ValueError(fault[1])
    return name


def yes_or_no(cell: str) -> bool:
    if cell.lower() not in YES | NO:
        raise ValueError("is neither true nor false")
    return cell.lower() in YES


def one_of(choices: Any, also: Iterable[str] = ()) -> Reads:
    known = [*choices.values, *also]

    def read(cell: str) -> str:
        if cell not in known:
            raise ValueError(f"is none of {', '.join(known)}")
        return cell

    return read


def a_text(rule: TextRule) -> Reads:
    def read(cell: str) -> str:
        cleaned = rule.clean(cell)
        for error in rule.errors("", cleaned):
            raise ValueError(str(error["detail"]))
        return cleaned

    return read


def an_old_message(cell: str) -> str:
    """Cleaned by today's rule and otherwise as it came: also an empty one is kept."""
    cleaned = texts.clean(cell)
    if "\0" in cleaned or len(cleaned) > CONTENT_MAX:
        raise ValueError(f"has a character that cannot be kept, or more than {CONTENT_MAX:,} characters")
    return cleaned


def as_it_is(cell: str) -> str:
    if "\0" in cell:
        raise ValueError("has a character that cannot be kept")
    return cell
