"""How one value of the old system's files is read. Each raises ValueError with the reason why it cannot be kept."""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from carecollective.ground import names, texts
from carecollective.ground.clean_text import TextRule

from .models import CONTENT_MAX

FIRST = datetime(1990, 1, 1, tzinfo=UTC)
YES, NO = {"t", "true", "1", "yes"}, {"f", "false", "0", "no"}
Reads = Callable[[str], Any]


def a_uuid(said: str) -> uuid.UUID:
    try:
        return uuid.UUID(said)
    except ValueError:
        raise ValueError("is not a UUID") from None


def a_moment(said: str, *, ahead: timedelta = timedelta(days=1)) -> datetime:
    """Without a time zone it is UTC, as the old database wrote it.

    A day ahead, for a clock that was wrong: beyond it, and before 1990, a spreadsheet or an empty column speaks.
    """
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError("is not a date and time, such as 2025-03-04 09:30:00+00") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not FIRST <= at <= timezone.now() + ahead:
        raise ValueError(f"{said} lies before 1990 or too far ahead")
    return at


def an_ending(said: str) -> datetime:
    return a_moment(said, ahead=timedelta(days=3660))


def an_address(said: str) -> str:
    """One that its owner can sign in with, and that mail goes to: as it is written, since the two must agree."""
    try:
        validate_email(said.strip())
    except ValidationError:
        raise ValueError("is not one email address, such as name@example.org") from None
    if texts.formed(said) != said.strip():
        raise ValueError("has a character in it that nobody sees")
    return a_text(TextRule(3, 254, one_line=True))(said)


def a_name(said: str) -> str:
    name = texts.clean(said, one_line=True)
    if fault := names.fault_in(name):
        raise ValueError(fault[1])
    return name


def yes_or_no(said: str) -> bool:
    if said.lower() not in YES | NO:
        raise ValueError("is neither true nor false")
    return said.lower() in YES


def one_of(choices: Any, also: Iterable[str] = ()) -> Reads:
    known = [*choices.values, *also]

    def read(said: str) -> str:
        if said not in known:
            raise ValueError(f"is none of {', '.join(known)}")
        return said

    return read


def a_text(rule: TextRule) -> Reads:
    def read(said: str) -> str:
        cleaned = rule.clean(said)
        for error in rule.errors("", cleaned):
            raise ValueError(str(error["detail"]))
        return cleaned

    return read


def an_old_message(said: str) -> str:
    """Cleaned by today's rule and otherwise as it came: also an empty one is kept."""
    cleaned = texts.clean(said)
    if "\0" in cleaned or len(cleaned) > CONTENT_MAX:
        raise ValueError(f"has a character that cannot be kept, or more than {CONTENT_MAX:,} characters")
    return cleaned


def as_it_is(said: str) -> str:
    if "\0" in said:
        raise ValueError("has a character that cannot be kept")
    return said
