"""What a start does about the owner's login: it migrates in a process that alone has it."""

from collections.abc import Callable

from django.core.management.base import CommandError
from django.db import connection

from carecollective.ground import owner
from carecollective.ground.behind import missing


def migrate(tell: Callable[[str], object]) -> None:
    """Bring the database to what this code wants. From then on this process knows of no owner.

    Raises CommandError where there is something to do and nobody has said who the owner is, or where it failed.
    """
    if what := missing():
        if not owner.is_known():
            raise CommandError(
                f"The database is behind this version ({what}), and the web's login changes no table. Type "
                "`OWNER_DATABASE_URL=postgres://owner:password@host/database manage.py migrate`, or start with "
                "OWNER_DATABASE_URL set; where there is one login for everything, `manage.py database split-logins`."
            )
        connection.close()
        if owner.run_as_the_owner("migrate", "--no-input", "--verbosity", "0"):
            raise CommandError("The database was not brought up to date: what is wrong stands above.")
        if what := missing():
            raise CommandError(f"The database is not what this version wants: {what}.")
        tell("The database is up to date.")
    owner.forget()
