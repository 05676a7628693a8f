"""manage.py database: the embedded database out, in, and to the next major version."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections

from carecollective.ground.embedded_postgresql import archive, upgrade
from carecollective.ground.embedded_postgresql.cluster import LOGIN, cluster_in

ENGINE = "carecollective.ground.embedded_postgresql"


class Command(BaseCommand):
    help = "Dumps, restores or upgrades the embedded database."
    requires_system_checks: list[str] = []  # also for a database that this version cannot open yet

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        dump = actions.add_parser("dump", help="write everything into a new file")
        dump.add_argument("file", type=Path)
        restore = actions.add_parser("restore", help="put the contents of such a file into the database")
        restore.add_argument("file", type=Path)
        restore.add_argument("--replace", action="store_true", help="also when the database has rows: they are lost")
        actions.add_parser("upgrade", help="bring the data of an older PostgreSQL to this one")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        configured = connections.settings["default"]
        if configured["ENGINE"] != ENGINE:
            raise CommandError(
                "DATABASE_URL names a server of your own, and this command is for the embedded database: "
                "use that server's pg_dump, pg_restore and pg_upgrade."
            )
        cluster = cluster_in(str(settings.EMBEDDED_POSTGRES_DIR))
        which = {"database": configured["NAME"], "login": configured["USER"] or LOGIN}
        try:
            if action == "dump":
                archive.dump(cluster, file=options["file"], tell=self.tell, **which)
            elif action == "restore":
                archive.restore(cluster, file=options["file"], tell=self.tell, replace=options["replace"], **which)
                self.tell_of_the_ledger()
            else:
                upgrade.upgrade(cluster, self.tell)
        except (archive.NotDone, ImproperlyConfigured, OperationalError) as reason:
            raise CommandError(str(reason)) from None

    def tell_of_the_ledger(self) -> None:
        """The restored tables may be older than this code, so it is not applied here, but before the server opens."""
        ledger = Path(settings.ERASURE_LEDGER)
        if ledger.exists():
            self.tell(f"Before the server opens, it erases again whoever {ledger} names and this backup brought back.")
        else:
            self.tell(
                f"There is no erasure ledger at {ledger}. If members left or were deleted since this backup, bring the "
                "ledger along and run `manage.py erasures apply FILE` before you open the server."
            )

    def tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
