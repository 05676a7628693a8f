"""The owner's login, for the commands that need it, and how everything else is kept from having it."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from carecollective.ground import environment as env

VARIABLE = "OWNER_DATABASE_URL"
OWNER_OF_THE_EMBEDDED: str = "carecollective"
WEB_OF_THE_EMBEDDED: str = "carecollective_web"
# An ordinary login, for the superuser no row level security would stand at all. CREATEROLE: a migration makes the roles
# that members act in; CREATEDB: tests.
OWNER_IS: LiteralString = "CREATEROLE CREATEDB NOSUPERUSER NOBYPASSRLS NOREPLICATION"
EMBEDDED_DATABASE: dict[str, Any] = {
    "ENGINE": "carecollective.ground.embedded_postgresql",
    "NAME": "carecollective",
    "USER": WEB_OF_THE_EMBEDDED,
}
# What the web's login is: it inherits nothing from the roles that it may take.
WEB_LOGIN_IS: LiteralString = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"
PARTS = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS", "VARIABLE")


def owner_database(web: Mapping[str, Any], options: Mapping[str, Any], *, is_serving: bool) -> dict[str, Any] | None:
    """In what the owner's login differs from the web's, or None where nobody has said who that is, or is to know it.

    Raises ImproperlyConfigured where the two cannot be logins of one database.
    """
    if is_serving:
        leave_the_environment()
        return None
    named = env.database("OWNER_DATABASE_URL")
    if named is None:
        is_embedded = web["ENGINE"] == EMBEDDED_DATABASE["ENGINE"]
        return {"USER": OWNER_OF_THE_EMBEDDED, "OPTIONS": dict(options)} if is_embedded else None
    _refuse_another_database(named, web)
    return {part: named[part] for part in PARTS} | {"OPTIONS": named["OPTIONS"] | options}


def _refuse_another_database(named: Mapping[str, Any], web: Mapping[str, Any]) -> None:
    if named["ENGINE"] != web["ENGINE"]:
        raise ImproperlyConfigured(f"{VARIABLE} is for a server of your own: set DATABASE_URL too, or neither.")
    if named["NAME"] != web["NAME"]:
        raise ImproperlyConfigured(f"{VARIABLE} must name the database that DATABASE_URL names.")
    if not (named["USER"] and web["USER"]):
        raise ImproperlyConfigured(f"{VARIABLE} and DATABASE_URL must name their logins: postgres://login@host/care.")


@contextmanager
def as_the_owner() -> Iterator[None]:
    """In here this process logs in as the owner, where it knows who that is. For commands, not for threads.

    Other connections of this process must be closed: they have a pool in common.
    """
    there, owner = connection.settings_dict, settings.OWNER_DATABASE
    if owner is None or there["USER"] == owner["USER"]:
        yield
        return
    if connection.in_atomic_block:
        raise RuntimeError("Within a transaction nobody becomes the owner: a login is the whole connection's.")
    web = {part: there[part] for part in owner}
    log_in(owner)
    try:
        yield
    finally:
        log_in(web)


def log_in(where: Mapping[str, Any]) -> None:
    """From the next statement on; the old login's connections are closed."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict.update(where)


def is_known() -> bool:
    """Whether a command of this process can become the owner."""
    return settings.OWNER_DATABASE is not None


def run_as_the_owner(*command: str) -> int:
    """A command of ours in a process of its own, which alone gets the owner's login. Gives its exit code."""
    return subprocess.run([sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, check=False).returncode


def forget() -> None:
    """From here on neither this process nor one that it starts has the owner's login."""
    settings.OWNER_DATABASE = None
    leave_the_environment()


def leave_the_environment() -> None:
    env.env.ENVIRON[VARIABLE] = ""  # and not gone: a process that is started from here would find it in .env again
