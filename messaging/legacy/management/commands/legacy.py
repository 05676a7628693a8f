"""manage.py legacy inventory | migrate [--dry-run] | rollback | load DIR [--dry-run]"""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from messaging.legacy import copying, loading
from messaging.legacy.inventory import REASONS, inventory
from messaging.legacy.models import LegacyConversation
from messaging.legacy.progress import Progress

ERRORS_SHOWN = 50


class Command(BaseCommand):
    help = "Version 1 of messaging: what there is, into version 2 and back, and the old system's data in."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="inventory | migrate | rollback | load")
        acts.add_parser("inventory", help="class every conversation, and say why it can or cannot be copied")
        migrate = acts.add_parser("migrate", help="copy complete conversations into version 2")
        acts.add_parser("rollback", help="take copies back in which nobody has written or answered since")
        load = acts.add_parser("load", help="bring in the old system's CSV files")
        load.add_argument("folder", metavar="DIR", type=Path)
        for act in (migrate, load):
            act.add_argument("--dry-run", action="store_true", help="do it all, and let none of it stand")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["act"])(options)

    def inventory(self, options: dict[str, Any]) -> None:
        with acting_as_system("the inventory of version 1", Purpose.OLD_MESSAGING):
            lines = inventory()
        for line in lines:
            self.stdout.write(f"{line.id}  {line.kind:<10}  {line.messages:>5} messages  {line.fate}")
        kinds = Counter(line.kind for line in lines)
        self.stdout.write(
            f"{_n(len(lines), 'conversation')}: "
            + ", ".join(f"{kinds[kind]} {kind}" for kind in ("ok", "orphaned", "suspicious"))
        )
        copied = sum(line.is_copied for line in lines)
        ready = sum(not line.reasons and not line.is_copied for line in lines)
        self.stdout.write(f"{copied} copied, {ready} can be copied, {len(lines) - copied - ready} stay in version 1")
        self._explain([line.reasons for line in lines if line.reasons and not line.is_copied])

    def migrate(self, options: dict[str, Any]) -> None:
        progress = Progress("Copying", _total(), self.stderr)
        report = copying.migrate(dry_run=options["dry_run"], tell=progress)
        progress.end()
        for id, reasons in report.stayed.items():
            self.stdout.write(f"{id}  {'; '.join(reasons)}")
        if options["dry_run"]:
            self.stdout.write("Nothing was changed. Without --dry-run this would be:")
        self.stdout.write(
            f"{_n(report.conversations, 'conversation')} = {report.copied} copied"
            f" + {report.copied_before} copied before + {len(report.stayed)} explained;"
            f" {_n(report.messages, 'message')} copied"
        )
        self._explain(list(report.stayed.values()))
        if not report.adds_up:
            raise CommandError("The counts do not add up: version 1 was changed meanwhile. Run it again.")

    def rollback(self, options: dict[str, Any]) -> None:
        progress = Progress("Taking back", None, self.stderr)
        report = copying.rollback(tell=progress)
        progress.end()
        for id, reason in report.refused.items():
            self.stdout.write(f"{id}  refused: {reason}")
        self.stdout.write(
            f"{report.conversations} copies = {report.taken_back} taken back + {len(report.refused)} refused"
        )

    def load(self, options: dict[str, Any]) -> None:
        progress = Progress("Loading", None, self.stderr)
        try:
            report = loading.load(options["folder"], dry_run=options["dry_run"], tell=progress)
        except loading.BrokenFiles as broken:
            progress.end()
            for fault in broken.faults[:ERRORS_SHOWN]:
                self.stderr.write(str(fault))
            shown = f", {ERRORS_SHOWN} of them shown" if len(broken.faults) > ERRORS_SHOWN else ""
            raise CommandError(f"Nothing was loaded: {_n(len(broken.faults), 'fault')}{shown}.") from None
        progress.end()
        if options["dry_run"]:
            self.stdout.write("Nothing was changed. Without --dry-run this would be:")
        for file in report:
            self.stdout.write(
                f"{file.name}: {_n(file.rows, 'row')} = {file.loaded} loaded + {file.there_before} there before"
            )
            for note, times in file.notes.items():
                self.stdout.write(f"    {note}: {times}")

    def _explain(self, stayed: list[Any]) -> None:
        """By first reason, so that the numbers add up."""
        for reason, times in Counter(reasons[0] for reasons in stayed).most_common():
            self.stdout.write(f"{times:>6}  {reason}: {REASONS.get(reason, 'a constraint of version 2 refuses it')}")


def _total() -> int:
    with acting_as_system("count what version 1 has", Purpose.OLD_MESSAGING):
        return LegacyConversation.objects.count()


def _n(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
