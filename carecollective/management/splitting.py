"""From one login for everything to two: the one there is stays the owner, and the web gets one that owns nothing."""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection
from psycopg import sql

from carecollective.ground import identity_keys, logins, owner

PASSWORD = "…"  # noqa: S105  (stands for one that somebody has already)


def split(name: str, tell: Callable[[str], object], *, new_password: bool) -> None:
    """Make the web's login where it is missing, give it its rights, and say which lines to write; run as often as
    one likes.

    Raises CommandError where this login may not do that, with what somebody else has to type.
    """
    with owner.as_the_owner():
        name = name or _usual_name()
        refuse_who_is_no_owner(name)
        is_new = not _rows("SELECT FROM pg_roles WHERE rolname = %s", [name])
        password = secrets.token_urlsafe(32) if is_new or new_password else ""
        _make(name, password, is_new=is_new)
        try:
            logins.grant(name)
            identity_keys.ensure()
        except ImproperlyConfigured as reason:
            raise CommandError(str(reason)) from None
    tell(_lines(name, password))


def _usual_name() -> str:
    """What DATABASE_URL says where it is the web's already."""
    login = logins.session_login()
    return str(settings.WEB_LOGIN) if owner.is_known() else f"{login}_web"


def refuse_who_is_no_owner(name: str) -> None:
    """Raises CommandError for a login that does not own the tables, and for one that is to be both."""
    login = logins.session_login()
    if login == name:
        raise CommandError(f"{name} is the owner's login: --login names another, for the web.")
    if not _rows("SELECT WHERE has_schema_privilege('public', 'CREATE')"):
        raise CommandError(
            f"The login {login} makes no tables here: set OWNER_DATABASE_URL to the login that owns them, for this "
            "command alone."
        )


def _make(name: str, password: str, *, is_new: bool) -> None:
    """Its powers are taken away too: what it was made for may have been something else."""
    if not (password or logins.is_unfit(name)):
        return
    words = f"{'CREATE' if is_new else 'ALTER'} ROLE {connection.ops.quote_name(name)} LOGIN {owner.WEB_LOGIN_IS}"
    secret = sql.SQL(" PASSWORD {}" if password else "").format(sql.Literal(password))
    try:
        with connection.cursor() as cursor:
            cursor.execute(words + secret.as_string())
    except ProgrammingError:
        raise CommandError(
            f"The login {logins.session_login()} may not do that. As an administrator of the database, type {words}"
            f"{' PASSWORD …' if is_new else ''}; and then this command again."
        ) from None


def _lines(name: str, password: str) -> str:
    there = connection.settings_dict
    who = f"{quote(name, safe='')}:{password or PASSWORD}"
    return (
        f"The login {name} has its rights, and owns nothing. Write these lines, then restart every process:\n"
        f"DATABASE_URL=postgres://{who}@{_place(there)}\n"
        "OWNER_DATABASE_URL=(what DATABASE_URL said until now; for `serve`, `migrate` and `database` alone)\n"
        + ("" if password else f"{PASSWORD} is the password that it has: --new-password makes another.\n")
        + "What connects by itself, such as LISTEN_DATABASE_URL and a pooler's list of users, names the new login too."
    )


def _place(there: dict[str, Any]) -> str:
    """Where the database is, as DATABASE_URL has it."""
    hosts, ports = there["HOST"].split(","), str(there["PORT"]).split(",")
    named = [
        (quote(host, safe="") if "/" in host else f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
        for host, port in zip(hosts, ports + [""] * (len(hosts) - len(ports)), strict=False)
    ]
    ours = {"pool", "server_side_binding", "prepare_threshold"}
    options = {option: value for option, value in there["OPTIONS"].items() if option not in ours}
    return f"{','.join(named)}/{quote(there['NAME'])}" + (f"?{urlencode(options, quote_via=quote)}" if options else "")


def _rows(statement: str, values: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
