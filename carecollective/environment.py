"""What the environment says, read once and strictly: a missing or invalid value stops the start with one sentence."""

import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.utils import BadDsn, Dsn

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")  # what is already in the environment wins


def text(name: str, default: str = "") -> str:
    """Set to nothing is unset, as every line of .env.example has it."""
    # Not `env.str`: that takes a secret which begins with $ for the name of another variable.
    return str(env.ENVIRON.get(name, "")).strip() or default


def switch(name: str, *, default: bool) -> bool:
    said = text(name, "on" if default else "off").lower()
    if said in ("1", "true", "yes", "on"):
        return True
    if said in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {said!r}.")


def whole_number(name: str, *, default: int, smallest: int, largest: int) -> int:
    said = text(name, str(default))
    try:
        number = int(said)
    except ValueError:
        number = smallest - 1
    if not smallest <= number <= largest:
        raise ImproperlyConfigured(f"{name} must be a whole number from {smallest} to {largest}, not {said!r}.")
    return number


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """The first choice is the default."""
    said = text(name) or choices[0]
    if said not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {said!r}.")
    return said


def listed(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def origins(name: str) -> list[str]:
    said = listed(name)
    for origin in said:
        if not re.fullmatch(r"https?://[^/?#\s]+", origin):
            raise ImproperlyConfigured(f"{name} must hold origins such as https://care.example.org, not {origin!r}.")
    return said


def required(name: str, *, default_in_debug: str, debug: bool) -> str:
    said = text(name, default_in_debug if debug else "")
    if not said:
        raise ImproperlyConfigured(f"{name} must be set when DEBUG is off.")
    return said


def time_zone(name: str, default: str) -> str:
    said = text(name) or default
    try:
        ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(f"{name} must be a time zone such as America/Chicago, not {said!r}.") from None
    return said


def database(name: str) -> dict[str, Any] | None:
    """The named server as Django wants it, or None where the variable is unset."""
    said = text(name)
    if not said:
        return None
    if not said.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{name} must begin with postgres:// : PostgreSQL is the only database here.")
    try:
        named = dict(env.db_url_config(said))
    except (ValueError, ImproperlyConfigured):
        named = {}
    if not named.get("NAME"):
        raise ImproperlyConfigured(f"{name} must look like postgres://login:password@host:5432/database.")
    return named


def mail(name: str) -> dict[str, Any] | None:
    """How Django sends mail, or None where the variable is unset."""
    said = text(name)
    if not said:
        return None
    try:
        return dict(env.email_url_config(said))
    except (KeyError, ValueError, ImproperlyConfigured):
        # Not what it said: that may hold a password.
        raise ImproperlyConfigured(f"{name} must look like smtp://login:password@host:587.") from None


def error_tracker(name: str) -> str:
    """Where faults are reported, or "" where the variable is unset."""
    said = text(name)
    try:
        return str(Dsn(said)) if said else ""
    except BadDsn:
        # Not what it said: that may hold a key.
        raise ImproperlyConfigured(f"{name} must look like https://key@host/project.") from None
