"""What a start does about the two logins: it refuses the owner's, and migrates in a process that alone has it."""

from collections.abc import Callable

from django.core.management.base import CommandError
from django.db import ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor

from carecollective.ground import identity, logins, owner


def refuse_the_owners_login() -> None:
    """Raises CommandError: whoever owns a table can take its walls down, by one injected statement."""
    login = logins.session_login()
    if table := logins.owned_table(login):
        raise CommandError(
            f"The login {login} (DATABASE_URL) owns {table}, so an injected statement could take the walls between "
            "members down. Type `manage.py database split-logins`: it makes a login for the web that owns nothing, "
            "and says which lines to write."
        )


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


def missing() -> str:
    """What the owner has to do first, or nothing."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except ProgrammingError:  # it may not even read which there are
        return next(logins.faults(), "the names of its migrations cannot be read")
    if plan:
        return f"{len(plan)} migrations are waiting"
    return next(logins.faults(), "")
