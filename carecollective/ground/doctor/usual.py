"""What every installation is asked: its settings, database, disk, clock and jobs (checks of the ground)."""

import shutil
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from carecollective.ground import behind, logins, release, writing
from carecollective.ground.identity import acting_as_system, unbelieved
from carecollective.ground.jobs import seconds_waiting
from carecollective.ground.purposes import Purpose
from carecollective.ground.verification import Check as Promise
from carecollective.ground.verification import carried_out
from carecollective.ground.verification import data as rows
from carecollective.ground.verification import schema as catalogue

from . import Check, Fault

VERSIONS = range(15, 19)
SECONDS_APART = 60
MINUTES_LATE = 15
ASKS_FOR_A_SIGN_IN = 403
SECONDS_TO_CONNECT = 10
AT_HOME = ("localhost", "127.0.0.1", "::1")


def https() -> Fault:
    """This server speaks no TLS, so every page would send everybody to itself."""
    if settings.SECURE_SSL_REDIRECT and not settings.NUM_PROXIES:
        return _(
            "NUM_PROXIES must be 1 or more where PUBLIC_URL begins with https://: a proxy in front speaks TLS, and "
            "only then is it believed that it did."
        )
    return None


def address() -> Fault:
    url = urlsplit(settings.PUBLIC_URL)
    if not settings.DEBUG and url.scheme != "https" and url.hostname not in AT_HOME:
        return _(
            "PUBLIC_URL is %(url)s, so passwords and letters travel for everybody on the way to read: put a proxy with "
            "TLS in front, and write https://."
        ) % {"url": settings.PUBLIC_URL}
    return None


def version() -> Fault:
    connection.ensure_connection()
    major = connection.pg_version // 10_000  # type: ignore[attr-defined]
    if major not in VERSIONS:
        return _("PostgreSQL %(major)s is not one of those that this is tested with: %(first)s to %(last)s.") % {
            "major": major,
            "first": VERSIONS[0],
            "last": VERSIONS[-1],
        }
    return None


def walls() -> Fault:
    """Below a login that row level security does not hold, every wall would be painted on."""
    found = _rows(
        "SELECT rolname, rolsuper FROM pg_roles "
        "WHERE rolname IN (current_user, session_user) AND (rolsuper OR rolbypassrls)"
    )
    if not found:
        return None
    name, is_superuser = found[0]
    what = _("a superuser of the database") if is_superuser else _("one that bypasses row level security")
    return _(
        "The login %(name)s (DATABASE_URL) is %(what)s, so no wall stands between members. As another superuser, type "
        "ALTER ROLE %(login)s NOSUPERUSER NOBYPASSRLS CREATEROLE; or use a login of its own, "
        "which docs/operations.md shows how to make."
    ) % {"name": name, "what": what, "login": connection.ops.quote_name(name)}


def owner() -> Fault:
    """Whoever owns a table can take its walls down, by one injected statement."""
    login = logins.session_login()
    if table := logins.owned_table(login):
        return _(
            "The login %(login)s (DATABASE_URL) owns %(table)s, so an injected statement could take the walls between "
            "members down. Type `manage.py database split-logins`: it makes a login for the web that owns nothing, "
            "and says which lines to write."
        ) % {"login": login, "table": table}
    return None


def identity_key() -> Fault:
    """Which keys are valid, the owner alone may see: `database identity-keys`."""
    return next(unbelieved(), None)


def up_to_date() -> Fault:
    if what := behind.missing():
        return _("The database is behind this version (%(what)s): type `manage.py migrate`.") % {"what": what}
    return None


def works_on_these_tables() -> Fault:
    """They may be of a newer release: of the next one they are as good for this one, of a later one they are not."""
    there = release.noted()
    if release.parts(there.since) > release.parts(settings.VERSION):
        return _(
            "The database is of release %(there)s, and this is %(here)s, which no longer works on its tables: start "
            "%(since)s or a newer one, or restore the backup that was made before the update."
        ) % {"there": there.release, "here": settings.VERSION, "since": there.since}
    return None


def newest() -> Fault:
    if unknown := release.unknown_migrations():
        return _(
            "The database is of a newer release (%(n)s migrations that %(here)s does not have). This one works on it, "
            "and changes none of its tables: put the newer one back when you can."
        ) % {"n": len(unknown), "here": settings.VERSION}
    return None


def writes() -> Fault:
    if not writing.can_write():
        return _("Nothing can be saved: the database's disk is full, or it only reads. Its own log says which.")
    return None


def disk() -> Fault:
    """Where the data lies if it lies here, and where logs, mails and copies are written."""
    places = {str(settings.BASE_DIR): shutil.disk_usage(settings.BASE_DIR).free}
    if writing.room() == "low":
        places[str(settings.EMBEDDED_POSTGRES_DIR)] = shutil.disk_usage(settings.EMBEDDED_POSTGRES_DIR).free
    for place, free in places.items():
        if free < writing.LITTLE_ROOM:
            return _(
                "%(free)s MiB are left on the disk of %(place)s: make room, or move it to a larger one, before writing "
                "fails."
            ) % {"free": free // 2**20, "place": place}
    return None


def clock() -> Fault:
    """Deadlines go by the database's, so nothing breaks; but logs, tokens of phones and certificates go by ours."""
    [(theirs,)] = _rows("SELECT extract(epoch FROM clock_timestamp())::float8")
    apart = round(abs(time.time() - theirs))
    if apart > SECONDS_APART:
        return _(
            "This machine's clock and the database's are %(apart)s seconds apart, so codes of the second step may be "
            "refused: set both by NTP, for example with `timedatectl set-ntp true`."
        ) % {"apart": apart}
    return None


def time_zone() -> Fault:
    if not _rows("SELECT 1 FROM pg_timezone_names WHERE name = %s", [settings.TIME_ZONE]):
        return _("TIME_ZONE %(name)s is unknown to the database: write a name of its pg_timezone_names.") % {
            "name": settings.TIME_ZONE
        }
    return None


def jobs() -> Fault:
    minutes = int(seconds_waiting() // 60)
    if minutes >= MINUTES_LATE:
        return _("A job has waited for %(n)s minutes: no worker runs. Start one with `manage.py serve jobs`.") % {
            "n": minutes
        }
    return None


def schema() -> Fault:
    return _unkept("verify_schema", catalogue.CHECKS)


def data() -> Fault:
    with acting_as_system("verify data", Purpose.CHECK):
        return _unkept("verify_data", rows.CHECKS)


def sockets() -> Fault:
    """From outside, through every proxy. Without a sign-in our own server answers 403, and what is between does not."""
    where = f"ws{settings.PUBLIC_URL.removeprefix('http')}/ws/events"
    try:
        connect(where, open_timeout=SECONDS_TO_CONNECT).close()
        answer = "101"
    except InvalidStatus as refused:
        if refused.response.status_code == ASKS_FOR_A_SIGN_IN:
            return None
        answer = str(refused.response.status_code)
    except (OSError, WebSocketException) as error:
        answer = str(error) or type(error).__name__
    return _(
        "A socket to %(where)s was answered with %(answer)s, so open pages hear of nothing by themselves: the proxy "
        "has to pass on Upgrade and Connection below /ws/, as docs/operations.md shows."
    ) % {"where": where, "answer": answer}


def _unkept(command: str, promises: list[Promise]) -> Fault:
    if faults := sum(len(faults) for _promise, faults in carried_out(promises)):
        return _("`manage.py %(command)s` finds faults (%(n)s), and lists them.") % {"command": command, "n": faults}
    return None


def _rows(statement: str, values: list[str] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


USUAL = (
    Check("https", https, stops=True, needs_database=False),
    Check("address", address, needs_database=False),
    Check("database", version),
    Check("walls", walls, stops=True),
    Check("owner", owner, stops=True),
    Check("release", works_on_these_tables, stops=True),
    Check("migrations", up_to_date),
    Check("newest", newest),
    Check("identity_key", identity_key),
    Check("writes", writes),
    Check("disk", disk, needs_database=False),
    Check("clock", clock),
    Check("time_zone", time_zone),
    Check("jobs", jobs, at_start=False),
    Check("schema", schema, is_deep=True),
    Check("data", data, is_deep=True),
    Check("sockets", sockets, is_deep=True, needs_database=False),
)
