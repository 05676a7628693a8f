"""Is the database what this version wants (pending migrations, and the rights of the web's login)?"""

from django.db import ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor

from carecollective.ground import logins, release


def missing() -> str:
    """What the owner has to do first, or nothing."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except ProgrammingError:  # it may not even read which there are
        return next(logins.faults(), "the names of its migrations cannot be read")
    if plan:
        return f"{len(plan)} migrations are waiting"
    if release.unknown_to(executor.loader):
        return ""  # what the login may is then for the newer release to say, which may still be serving
    return next(logins.faults(), "")
