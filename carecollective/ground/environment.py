"""The configuration, read once from the environment: what is missing or invalid stops the start with one sentence."""

import re
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
import psycopg
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from psycopg.conninfo import make_conninfo
from sentry_sdk.utils import BadDsn, Dsn

from carecollective.ground import env_file

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()
_in_the_file = env_file.read(BASE_DIR / ".env")
env_file.warn_of_strangers(set(_in_the_file), BASE_DIR / ".env.example")
for _name, _value in _in_the_file.items():
    env.ENVIRON.setdefault(_name, _value)  # what is already in the environment wins

A_HOST = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]")
SHORTEST_SECRET, SHORTEST_TOKEN = 32, 16


def text(name: str, default: str = "") -> str:
    """Set to nothing is unset, as every line of .env.example has it.

    Raises ImproperlyConfigured for what is no line of text: it would break a header, a mail or a page later.
    """
    # Not `env.str`: that takes a secret which begins with $ for the name of another variable.
    value = str(env.ENVIRON.get(name, "")).strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()  # docker and systemd hand quotation marks through
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ImproperlyConfigured(f"{name} must be one line of UTF-8 text.")
    return value or default


def switch(name: str, *, default: bool) -> bool:
    value = text(name, "on" if default else "off").lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")


def whole_number(name: str, *, default: int, smallest: int, largest: int) -> int:
    value = text(name, str(default))
    number = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else smallest - 1
    if not smallest <= number <= largest:
        raise ImproperlyConfigured(f"{name} must be a whole number from {smallest} to {largest}, not {value!r}.")
    return number


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """The first choice is the default."""
    value = text(name).lower() or choices[0]
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def listed(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def hosts(name: str, default: str = "") -> list[str]:
    """Host names as browsers send them. Raises ImproperlyConfigured for whatever no request could ever match."""
    found = []
    for part in re.split(r"[\s,;]+", text(name, default)):
        if part == "*":
            raise ImproperlyConfigured(f"{name} must name the hosts: with * a foreign page could speak as a member.")
        if part and not A_HOST.fullmatch(host := _as_sent(part)):
            raise ImproperlyConfigured(
                f"{name} must hold host names such as care.example.org, without https://, port or path, not {part!r}."
            )
        found += [host] if part else []
    return found


def origin(name: str, value: str, *, wildcard: bool = False) -> str:
    """Scheme, host and perhaps port, as a browser writes them. Raises ImproperlyConfigured for anything else."""
    scheme, _, place = value.rstrip("/").partition("://")
    scheme = scheme.lower()
    host, port = re.fullmatch(r"(.*?)(?::([0-9]{1,5}))?", _as_sent(place), re.DOTALL).groups()  # type: ignore[union-attr]
    known = A_HOST.fullmatch(host.removeprefix("*") if wildcard else host)
    if scheme not in ("http", "https") or not known or (host.startswith(".")) or not 0 < int(port or 1) < 65536:
        raise ImproperlyConfigured(
            f"{name} must look like https://care.example.org: http:// or https://, a host and no path, not {value!r}."
        )
    is_usual = port is None or int(port) == {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" if is_usual else f"{scheme}://{host}:{port}"


def origins(name: str) -> list[str]:
    return [origin(name, part, wildcard=True) for part in re.split(r"[\s,;]+", text(name)) if part]


def host_of(url: str) -> str:
    """The host of what `origin` has made."""
    return re.sub(r":[0-9]+$", "", url.partition("://")[2])


def _as_sent(host: str) -> str:
    """Browsers send names in lower case, and those with letters beyond ASCII in a spelling of their own."""
    try:
        return host.lower() if host.isascii() else host.encode("idna").decode().lower()
    except UnicodeError:
        return host


def required(name: str, *, default_in_debug: str, debug: bool) -> str:
    value = text(name, default_in_debug if debug else "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} must be set when DEBUG is off. To try things out or to develop, put DEBUG=1 before the command; "
            "on a community's own server, write it into .env, as .env.example says."
        )
    return value


def time_zone(name: str, default: str) -> str:
    value = text(name) or default
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(f"{name} must be a time zone such as America/Chicago, not {value!r}.") from None
    return value


def long_enough(name: str, value: str, shortest: int) -> str:
    """A secret that nobody guesses. Raises ImproperlyConfigured, without repeating it."""
    if value and len(value) < shortest:
        raise ImproperlyConfigured(f"{name} must have {shortest} characters or more: see .env.example.")
    return value


def folder(name: str, default: Path) -> str:
    """A path that does not depend on where a command is started."""
    return str(BASE_DIR / Path(text(name, str(default))).expanduser())


def phone(name: str, default: str = "") -> str:
    value = text(name, default)
    if value and not re.search(r"[0-9]", value):
        raise ImproperlyConfigured(f"{name} must be a number to call such as 911 or (555) 010-0100, not {value!r}.")
    return value


def sender(name: str, default: str) -> str:
    """Whom mail comes from: one address, with or without a name before it."""
    value = text(name, default)
    named = re.fullmatch(r"(?:[^<>@]*|\s*\".*\"\s*)<([^<>]+)>|([^<>\s,;]+)", value)
    try:
        if named is None:
            raise ValueError
        validate_email(next(filter(None, named.groups())))
    except (ValueError, ValidationError):
        raise ImproperlyConfigured(
            f"{name} must be one address such as care@example.org or Care Collective <care@example.org>, not {value!r}."
        ) from None
    return value


class Server(NamedTuple):
    """What an address such as postgres://login:password@host:5432/database?sslmode=require names."""

    scheme: str
    login: str
    password: str
    hosts: tuple[str, ...]
    ports: tuple[str, ...]
    path: str
    options: dict[str, str]


def _server(value: str) -> Server:
    """Raises ValueError for what is no such address.

    The last @ ends the password, whatever signs it holds: people paste what a generator made.
    """
    scheme, there_is, rest = value.partition("://")
    who, _, place = rest.rpartition("@")
    place, _, query = place.partition("?")
    place, _, path = place.partition("/")
    login, _, password = who.partition(":")
    if not there_is or re.search(r"[#\s]", f"{place}/{path}?{query}"):
        raise ValueError
    found = [
        re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*|%2[Ff][^:]*)(?::([0-9]{1,5}))?", one)
        for one in place.split(",")
    ]
    if not all(found) or any(one[2] and not 0 < int(one[2]) < 65536 for one in found if one):
        raise ValueError
    return Server(
        scheme.lower(),
        unquote(login),
        unquote(password),
        tuple(unquote(one[1]).strip("[]") for one in found if one),
        tuple(one[2] or "" for one in found if one),
        unquote(path),
        dict(parse_qsl(query, keep_blank_values=True)),
    )


def database(name: str) -> dict[str, Any] | None:
    """The named server as Django wants it, or None where the variable is unset."""
    value = text(name)
    if not value:
        return None
    if not value.lower().startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{name} must begin with postgres:// : PostgreSQL is the only database here.")
    try:
        there = _server(value)
        make_conninfo(**there.options)
    except (ValueError, psycopg.Error):
        there = None
    if there is None or not there.path or "/" in there.path:
        # Not what it said: that may hold a password.
        raise ImproperlyConfigured(f"{name} must look like postgres://login:password@host:5432/database.")
    return {
        "ENGINE": "carecollective.ground.named_postgresql",
        "NAME": there.path,
        "USER": there.login,
        "PASSWORD": there.password,
        "HOST": ",".join(there.hosts),
        "PORT": ",".join(there.ports).strip(",") and ",".join(there.ports),
        "OPTIONS": dict(there.options),
        "VARIABLE": name,
    }


def connection_text(name: str) -> str:
    """The same server as PostgreSQL's own library reads it, or "" where the variable is unset."""
    named = database(name)
    if named is None:
        return ""
    words = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo(**{word: named[key] for word, key in words.items() if named[key]} | named["OPTIONS"])


# How a mail server is spoken to, and its usual port. On 465 it speaks TLS from the first byte, elsewhere it never does.
MAIL = {
    "smtp": (25, {}),
    "smtp+tls": (587, {"EMAIL_USE_TLS": True}),
    "smtps": (465, {"EMAIL_USE_SSL": True}),
    "smtp+ssl": (465, {"EMAIL_USE_SSL": True}),
}


def mail(name: str) -> dict[str, Any] | None:
    """How Django sends mail, or None where the variable is unset."""
    value = text(name)
    if not value:
        return None
    try:
        there = _server(value)
        usual, how = MAIL[there.scheme]
        (host,), (port,) = there.hosts, there.ports
        if not host or there.path or there.options:
            raise ValueError
    except (KeyError, ValueError):
        # Not what it said: that may hold a password.
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://login:password@host:587 or smtps://login:password@host:465."
        ) from None
    number = int(port or usual)
    if (number == 465) != ("EMAIL_USE_SSL" in how) and number in (25, 465, 587):
        meant = "smtps://" if number == 465 else "smtp+tls://"
        raise ImproperlyConfigured(f"{name} must begin with {meant} where the port is {number}.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": number,
        "EMAIL_HOST_USER": there.login,
        "EMAIL_HOST_PASSWORD": there.password,
        **how,
    }


def error_tracker(name: str) -> str:
    """Where faults are reported, or "" where the variable is unset."""
    value = text(name)
    try:
        return str(Dsn(value)) if value else ""
    except BadDsn:
        # Not what it said: that may hold a key.
        raise ImproperlyConfigured(f"{name} must look like https://key@host/project.") from None
