"""manage.py backup: made, listed, put back, and tried by putting them back."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from carecollective.backups import drill, key, making, postgresql, restoring, schedule, sealed, shelf
from carecollective.backups.models import MADE, RESTORED, TRIED, last_good, note
from carecollective.ground.embedded_postgresql.archive import NotDone
from carecollective.own_data.leaving import ledger as erasures

FAILURES = (NotDone, ImproperlyConfigured, DatabaseError, InterfaceError)
DONE = {"now": MADE, "drill": TRIED, "restore": RESTORED}


class Command(BaseCommand):
    help = "Makes a sealed backup of the database, restores one, or proves the newest by restoring it elsewhere."
    requires_system_checks: list[str] = []  # also for a database that this version cannot open yet

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("now", help="make a backup, and read it back")
        actions.add_parser("schedule", help="when the next one is made by itself, and what is missing for that")
        actions.add_parser("list", help="which there are")
        for action, what in (("restore", "put a backup in the place of the database"), ("drill", "prove the newest")):
            parsed = actions.add_parser(action, help=what)
            parsed.add_argument("file", nargs="?", help="a file, or a name of the list; without it, the newest")
        parsed = actions.choices["restore"]
        parsed.add_argument("--replace", action="store_true", help="also when the database has rows: they are lost")
        parsed.add_argument("--ledger", type=Path, help="the erasure ledger, where it is not in its place")
        parsed.add_argument("--for-a-drill", action="store_true", help=argparse.SUPPRESS)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            if action in DONE and not options.get("for_a_drill"):
                self.noted(action, options)
            else:
                getattr(self, f"do_{action}")(**options)
        except FAILURES as reason:
            raise CommandError(str(reason).splitlines()[0]) from None

    def noted(self, action: str, options: dict[str, Any]) -> None:
        """One at a time, and what came of it is written down; but not that it was not its turn."""
        with shelf.alone():
            try:
                file = getattr(self, f"do_{action}")(**options)
            except FAILURES as reason:
                self.note(DONE[action], "", str(reason))
                raise
            self.note(DONE[action], file.name)

    def note(self, what: str, file: str, failed: str = "") -> None:
        try:
            note(what, file, failed)
        except FAILURES as error:
            self.stderr.write(f"This could not be written down: {str(error).splitlines()[0]}")

    def do_now(self, **_options: Any) -> Path:
        erasures.make()  # without it no backup can be restored
        file = making.make(self.tell)
        for old in shelf.forget_old():
            self.tell(f"Deleted, older than {settings.BACKUPS.days} days: {old.name}")
        return file

    def do_restore(self, *, file: str, replace: bool, ledger: Path | None, **_options: Any) -> Path:
        found = shelf.meant(file)
        restoring.restore(found, self.tell, replace=replace, ledger_file=ledger or Path(settings.ERASURE_LEDGER))
        self.tell(f"Done: the database is that of {found.name}.")
        return found

    def do_drill(self, *, file: str, **_options: Any) -> Path:
        found = shelf.meant(file)
        drill.drill(found, self.tell)
        self.tell(f"Passed: {found.name} can be restored.")
        return found

    def do_list(self, **_options: Any) -> None:
        mine = sealed.key_id(key.secret()) if key.is_there() else ""
        for each in shelf.backups():
            self.tell(line(each, mine))
        if not shelf.backups():
            self.tell(f"There is no backup in {shelf.folder()} yet: `manage.py backup now` makes one.")

    def do_schedule(self, **_options: Any) -> None:
        due = schedule.next_due()
        if due is None:
            raise NotDone("BACKUP_AT is off, so nobody makes backups by the clock: set it to a time, such as 03:15.")
        self.tell(
            f"Next: {timezone.localtime(due):%Y-%m-%d %H:%M} ({settings.TIME_ZONE}), by `manage.py serve jobs`: a "
            f"backup into {shelf.folder()}, then a drill with it. Each is kept for {settings.BACKUPS.days} days."
        )
        for what in (MADE, TRIED):
            good = last_good(what)
            self.tell(
                f"Last {what} that was well: " + (f"{timezone.localtime(good):%Y-%m-%d %H:%M}" if good else "none")
            )
        if not key.is_there():
            raise NotDone("There is no key yet, so the clock makes none: `manage.py backup now` makes it, once.")
        key.secret()
        postgresql.to_read()

    def tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


def line(each: shelf.Backup, mine: str) -> str:
    """What is known of one without opening it."""
    if not each.says:
        return f"{each.file.name}  no backup of ours, or only the beginning of one"
    rows = sum(each.says["rows"].values())
    of = f"release {each.says['release']}, PostgreSQL {each.says['postgresql']}, {rows:,} rows"
    another = "" if each.says["key"] == mine else f"  (another key: {each.says['key']})"
    return f"{each.file.name}  {each.file.stat().st_size:,} bytes  {of}{another}"
