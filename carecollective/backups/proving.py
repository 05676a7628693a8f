"""What came of a restore is proved before anybody works with it: counts, walls, rows, and that nobody is back."""

from pathlib import Path
from typing import Any

from django.core.management import call_command

from carecollective.ground.embedded_postgresql.archive import NotDone, Tell
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.verification import Check, carried_out
from carecollective.ground.verification import data as rows
from carecollective.ground.verification import schema as catalogue
from carecollective.own_data.leaving import ledger, services

from . import contents
from .postgresql import Reached


def compare(server: Reached, database: str, says: dict[str, Any], tell: Tell) -> None:
    """As many rows in each table as when the backup was made. Raises NotDone."""
    with server.connected(database) as there:
        found = contents.rows_as_the_owner(there)
    if found != says["rows"]:
        apart = sorted(
            table for table in found.keys() | says["rows"].keys() if found.get(table) != says["rows"].get(table)
        )
        raise NotDone(f"The backup has other rows than it says, in {', '.join(apart)}: take another backup.")
    tell(f"{sum(found.values()):,} rows in {len(found)} tables, as many as when it was made.")


def bring_up_to_date_and_prove(ledger_file: Path, tell: Tell) -> None:
    """In the database that this process works in. Raises NotDone, or what it met on its way."""
    entries = ledger.read(ledger_file)
    call_command("migrate", interactive=False, verbosity=0)
    _refuse_an_older_ledger(entries, ledger_file)
    ledger.add(ledger.file(), entries)  # from here on it is in its place, whole, whatever comes
    erased = services.apply_ledger(entries)
    tell(f"The erasure ledger has {len(entries)} entries; {erased} members had come back, and were erased again.")
    if back := ledger.back_again(entries):
        raise NotDone(f"Erased members are still there: {len(back)}.")
    _prove("verify_schema", catalogue.CHECKS)
    with acting_as_system("verify data", Purpose.CHECK):
        _prove("verify_data", rows.CHECKS)
    tell("verify_schema and verify_data find no fault.")


def _refuse_an_older_ledger(entries: list[ledger.Entry], file: Path) -> None:
    """It is only added to, so it knows everybody who was erased before the backup, or it is not the newest one."""
    known = {(entry.member_id, entry.how) for entry in entries}
    missing = [entry for entry in ledger.in_the_database() if (entry.member_id, entry.how) not in known]
    if missing:
        raise NotDone(
            f"The erasure ledger {file} is older than the backup, which knows {len(missing)} more who were erased: "
            "bring the newest one (--ledger FILE)."
        )


def _prove(command: str, promises: list[Check]) -> None:
    faults = [fault for _promise, found in carried_out(promises) for fault in found]
    if faults:
        raise NotDone(f"{command} finds {len(faults)} faults in what was restored, such as: {faults[0]}.")
