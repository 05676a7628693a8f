"""manage.py erasures: who is gone for good, out to a file and in from one (the suppression list). Ids alone."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from carecollective.own_data.leaving import ledger, services


class Command(BaseCommand):
    help = "Writes the list of erased members to a file, or erases again whoever a file names."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="write everybody who was erased into a new file")
        export.add_argument("file", type=Path)
        apply = actions.add_parser("apply", help="after a restore: erase again whoever came back")
        apply.add_argument("file", type=Path, nargs="?", help="without one: the ledger beside the database")

    def handle(self, *args: Any, action: str, file: Path | None, **options: Any) -> None:
        try:
            if action == "apply":
                self.apply(file)
            else:
                self.export(file)
        except ImproperlyConfigured as reason:
            raise CommandError(str(reason)) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None

    def export(self, file: Any) -> None:
        if file.exists():
            raise CommandError(f"{file} exists already: choose another name, or move it away.")
        known = {(entry.member_id, entry.how): entry for entry in ledger.read(ledger.file())}
        known |= {(entry.member_id, entry.how): entry for entry in ledger.in_the_database()}
        count = ledger.add(file, known.values())
        file.touch(mode=0o600)  # also with nobody in it: what was said to be there is there
        self.stdout.write(f"{count} entries are in {file}.")

    def apply(self, file: Path | None) -> None:
        if file is not None and not file.exists():
            raise CommandError(f"There is no file {file}.")
        connection.ensure_connection()  # nobody is asked for a ledger where there is no database for it
        if file is None and not ledger.file().exists():
            raise CommandError(
                f"There is no erasure ledger at {ledger.file()}, so nobody can say who was erased: bring the one that "
                "you keep, and type `manage.py erasures apply FILE`."
            )
        count = services.apply_ledger(None if file is None else ledger.read(file))
        self.stdout.write(f"{count} members were erased again." if count else "Nobody had come back.")
