"""What a start does about the owner's login: it migrates in a process that alone has it."""

from collections.abc import Callable

from django.core.management.base import CommandError
from django.db import connection

from carecollective.ground import identity, owner
from carecollective.ground.behind import missing


def migrate(tell: Callable[[str], object]) -> None:
    """Bring the database to what this code wants, and to believe it. From then on this process knows of no owner.

    Raises CommandError where there is something to do and nobody has said who the owner is, or where it failed.
    """
    if owner.is_known():
        if missing() or unbelieved():
            migrate_as_the_owner()
            tell("The database is up to date.")
    elif what := missing():
        raise CommandError(
            f"The database is behind this version ({what}), and the web's login changes no table. Type "
            "`OWNER_DATABASE_URL=postgres://owner:password@host/database manage.py migrate`, or start with "
            "OWNER_DATABASE_URL set; where there is one login for everything, `manage.py database split-logins`."
        )
    elif what := unbelieved():
        raise CommandError(f"Nobody could be let in: {what}.")
    owner.forget()


def migrate_as_the_owner() -> None:
    """Raises CommandError where it failed."""
    connection.close()
    if owner.run_as_the_owner("migrate", "--no-input", "--verbosity", "0"):
        raise CommandError("The database was not brought up to date: what is wrong stands above.")
    if what := missing() or unbelieved():
        raise CommandError(f"The database is not what this version wants: {what}.")


def unbelieved() -> str:
    """Why the database does not believe this process, or nothing."""
    return next(identity.unbelieved(), "")
