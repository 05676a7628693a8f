"""manage.py migrate: Django's own, one process at a time.

It also takes over a database of the last version before the migrations were written anew: its tables and walls are the
same, and only their migrations had other names. That goes with the second release.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from carecollective.ground import identity_keys, logins, owner, policies_of_the_owner, release
from carecollective.ground.behind import missing
from carecollective.ground.doctor.usual import works_on_these_tables
from carecollective.ground.one_at_a_time import one_at_a_time
from carecollective.ground.owner import as_the_owner
from carecollective.ground.scope_guard import unguarded
from carecollective.ground.verification import carried_out
from carecollective.ground.verification.schema import CHECKS

# Of each app, how many migrations there were, and the name of the last one: each stands on the one before.
BEFORE = {
    "carecollective": (5, "0005_words_are_compared_and_stand_on_one_line"),
    "audit": (5, "0005_labels_are_in_plain_words"),
    "accounts": (12, "0012_labels_are_in_plain_words"),
    "applications": (2, "0002_the_team_writes_and_the_applicant_reads"),
    "contacts": (3, "0003_places_stand_on_one_line"),
    "kept_texts": (2, "0002_only_its_writer_reads_a_kept_text"),
    "mail": (5, "0005_labels_are_in_plain_words"),
    "notifications": (7, "0007_titles_of_news_stand_on_one_line"),
    "rollout": (5, "0005_nobody_else_runs_the_job_queue"),
    "helprequests": (8, "0008_labels_are_in_plain_words"),
    "messaging": (9, "0009_a_conversation_is_one_noun"),
    "legacy": (5, "0005_both_versions_are_one_noun"),
    "reports": (5, "0005_reports_ask_for_a_message_of_either_version"),
    "sharing": (3, "0003_sharing_asks_for_a_conversation_of_either_version"),
    "exports": (2, "0002_a_copy_is_taken_once_by_its_member"),
    "leaving": (4, "0004_what_goes_is_asked_of_either_version"),
    "scheduled_work": (2, "0002_the_team_sees_what_the_clock_does"),
}
LAST_DAY = "30 November 2026"
INSTEAD = [(app, name) for app in BEFORE for name in ("0001_tables", "0002_walls")] + [
    ("carecollective", "0003_words"),
    ("messaging", "0003_a_conversation_is_one_noun"),
    ("legacy", "0003_both_versions_are_one_noun"),
]


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """What there is to do is looked up under the lock: whoever had to wait finds nothing left."""
        with as_the_owner(), one_at_a_time(), unguarded():  # a migration takes walls down, or asks behind them
            refuse_a_login_that_owns_nothing()
            if reason := works_on_these_tables():
                raise CommandError(str(reason))
            if applied := old_names():
                if options["plan"] or options["check_unapplied"]:
                    raise CommandError("This database has old names of migrations: `manage.py migrate` takes it over.")
                take_over(applied)
                self.stdout.write("The migrations have new names now: this database was taken over as it is.")
            is_newer = bool(release.unknown_migrations())
            super().handle(*args, **options)
            if options["plan"] or options["check_unapplied"]:
                return
            if is_newer:
                self.stdout.write(f"The database is of a newer release than {settings.VERSION}, and stays as it is.")
            else:
                if owner.is_known():
                    logins.grant(settings.WEB_LOGIN)
                if not missing():
                    release.note()
                    policies_of_the_owner.put_up()
            identity_keys.ensure()


def refuse_a_login_that_owns_nothing() -> None:
    """Raises CommandError: the web's login may read which migrations there are, and make none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, has_schema_privilege('public', 'CREATE')")
        login, may_make_tables = cursor.fetchone()
    if not may_make_tables:
        raise CommandError(
            f"The login {login} makes no tables here: set OWNER_DATABASE_URL to the login that owns them, for this "
            "command alone."
        )


def old_names() -> Mapping[str, set[str]]:
    """By app, where this is a database of before. Nothing where it is a new one or one of today."""
    applied = MigrationRecorder(connection).applied_migrations()
    found: dict[str, set[str]] = defaultdict(set)
    if not applied.keys() & set(INSTEAD):
        for app, name in applied:
            if app in BEFORE:
                found[app].add(name)
    return found


def take_over(applied: Mapping[str, set[str]]) -> None:
    """Put today's names of migrations in the place of the old ones.

    Raises CommandError, and changes nothing, where the last old version was not there, or the schema is another one.
    """
    if behind := sorted(app for app, (count, last) in BEFORE.items() if not is_complete(applied[app], count, last)):
        raise CommandError(
            f"This database is older than the version of {LAST_DAY}, which has to bring it up to date first: "
            f"migrations of {', '.join(behind)} are missing. Run `manage.py migrate` of that version, and then of "
            "this one. Nothing has been changed."
        )
    with transaction.atomic():
        rename()
        refuse_another_schema()


def is_complete(names: set[str], count: int, last: str) -> bool:
    return len(names) == count and last in names


def rename() -> None:
    recorder = MigrationRecorder(connection)
    recorder.migration_qs.filter(app__in=BEFORE).delete()
    for app, name in INSTEAD:
        recorder.record_applied(app, name)


def to_come() -> set[tuple[str, str]]:
    """The migrations that are still to be carried out, by app and name."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {(migration.app_label, migration.name) for migration, _backwards in plan}


def refuse_another_schema() -> None:
    """Raises CommandError. Where a later migration is still to come, its part of the schema cannot be there yet."""
    later = to_come()
    there = [check for check in CHECKS if check.since not in later]
    if faults := [fault for _promise, found in carried_out(there) for fault in found]:
        raise CommandError(
            f"This database has the migrations of {LAST_DAY}, and its schema is another one: {'; '.join(faults)}. "
            "Nothing has been changed."
        )
