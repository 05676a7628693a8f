"""Which release the tables are of, and whether this one works on them (expand, then contract).

`migrate` leaves a note at the list of migrations, as its comment: the release that last changed the tables, and the
oldest that works on them. Every login reads it, and it goes along with a dump.
"""

import json
import re
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

# The oldest release that works on the tables of this one: the one before, or this one where there is none.
SERVED_SINCE = "0.1.0"
READ = "SELECT obj_description(to_regclass('public.django_migrations'), 'pg_class')"


class Note(NamedTuple):
    """`release` changed the tables; `since` is the oldest that works on them. Both empty where nothing was noted."""

    release: str = ""
    since: str = ""


def parts(version: str) -> tuple[int, ...]:
    """To compare versions by; of what is none, zeros."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else (0, 0, 0)


def noted() -> Note:
    with connection.cursor() as cursor:
        cursor.execute(READ)
        [text] = cursor.fetchone()
    try:
        return Note(**json.loads(text or "{}"))
    except (TypeError, ValueError):
        return Note()  # somebody else's comment


def note() -> None:
    """As the owner, after the migrations of this release."""
    mine = json.dumps(Note(settings.VERSION, SERVED_SINCE)._asdict())
    with connection.cursor() as cursor:
        cursor.execute(  # no statement that defines takes parameters
            sql.SQL("COMMENT ON TABLE public.django_migrations IS {}").format(sql.Literal(mine))
        )


def unknown_migrations() -> list[str]:
    """Those that were applied to the tables and that this release does not have: a newer one has changed them."""
    return unknown_to(MigrationLoader(connection))


def unknown_to(loader: MigrationLoader) -> list[str]:
    # Libraries drop and squash theirs as they like.
    ours = {app for app, _name in loader.disk_migrations if _is_ours(loader, app)}
    unknown = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    return sorted(f"{app}.{name}" for app, name in unknown if app in ours)


def _is_ours(loader: MigrationLoader, app: str) -> bool:
    module, _explicit = loader.migrations_module(app)
    return bool(module and module.split(".")[0] in ("carecollective", "helprequests", "messaging"))
