"""manage.py database: the embedded database out, in, to the next major version; to another server; two logins."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections

from carecollective.ground.embedded_postgresql import archive, upgrade
from carecollective.ground.embedded_postgresql.cluster import cluster_in
from carecollective.management import keys, moving
from carecollective.management.splitting import split

ENGINE = "carecollective.ground.embedded_postgresql"


class Command(BaseCommand):
    help = (
        "Dumps, restores or upgrades the embedded database; parts the owner's login from the web's on any other; "
        "shows and changes the keys with which who asks is proved."
    )
    requires_system_checks: list[str] = []  # also for a database that this version cannot open yet

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        dump = actions.add_parser("dump", help="write everything into a new file")
        dump.add_argument("file", type=Path)
        restore = actions.add_parser("restore", help="put the contents of such a file into the database")
        restore.add_argument("file", type=Path)
        restore.add_argument("--replace", action="store_true", help="also when the database has rows: they are lost")
        actions.add_parser("upgrade", help="bring the data of an older PostgreSQL to this one")
        move = actions.add_parser("move", help="all of it from one PostgreSQL, 15 to 18, to another of any of them")
        move.add_argument("source", help="`embedded`, or the address by which its administrator comes")
        move.add_argument("target", help="the same, of an empty database")
        split = actions.add_parser("split-logins", help="make a login for the web that owns nothing")
        split.add_argument("--login", default="", help="its name; without it, the owner's with _web")
        split.add_argument("--new-password", action="store_true", help="also where the login is there already")

        actions.add_parser("identity-keys", help="which keys prove who asks, and which of them this machine signs with")
        rotate = actions.add_parser("rotate-identity-key", help="a new key beside the one in use; then restart")
        rotate.add_argument("--finish", action="store_true", help="after the restart: only this machine's key is valid")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        configured = connections.settings["default"]
        if action == "split-logins":
            self.split_logins(configured["ENGINE"] == ENGINE, **options)
        elif action == "move":
            self.move(str(configured["NAME"]), **options)
        elif action == "identity-keys":
            keys.show(self.tell)
        elif action == "rotate-identity-key":
            keys.rotate(self.tell, finish=options["finish"])
        elif configured["ENGINE"] != ENGINE:
            raise CommandError(
                "DATABASE_URL names a server of your own, and this command is for the embedded database: "
                "use that server's pg_dump, pg_restore and pg_upgrade."
            )
        else:
            self.work_on_the_embedded(action, str(configured["NAME"]), options)

    def split_logins(self, is_embedded: bool, *, login: str, new_password: bool, **_others: Any) -> None:
        if is_embedded:
            self.tell("The embedded database has both logins by itself: nothing is left to do.")
        else:
            split(login, self.tell, new_password=new_password)

    def move(self, database: str, *, source: str, target: str, **_others: Any) -> None:
        try:
            moving.move(moving.address_of(source, database), moving.address_of(target, database), self.tell)
        except (archive.NotDone, ImproperlyConfigured, OperationalError) as reason:
            raise CommandError(str(reason)) from None

    def work_on_the_embedded(self, action: str, database: str, options: dict[str, Any]) -> None:
        cluster = cluster_in(str(settings.EMBEDDED_POSTGRES_DIR))
        try:
            if action == "dump":
                archive.dump(cluster, database, options["file"], self.tell)
            elif action == "restore":
                archive.restore(cluster, database, options["file"], self.tell, replace=options["replace"])
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
