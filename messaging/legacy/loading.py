"""The old system's data, into this one: all of it or nothing, and what is there already is left as it is (data import).

One transaction, so a kill leaves nothing half-loaded; ids are kept, so the same files again load what is missing. Each
file goes row by row into a table of this transaction's own (staging), and the rest is asked and done there, so that no
file is held here.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import DatabaseError, transaction

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.identity import acting_as_system, as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from helprequests.models import RUNS_FOR, TAKES_OFFERS

from . import staging
from .old_files import (
    CONVERSATIONS,
    HELP_REQUESTS,
    MEMBERS,
    MESSAGES,
    OLD_CATEGORIES,
    PARTICIPANTS,
    TABLES,
    BrokenFiles,
    Fault,
    Row,
    Table,
    read,
)

__all__ = ["BrokenFiles", "load"]

Told = Callable[[int], None]
# Nobody knows the password, so nobody can use it: a link by mail sets one.
BESIDE = {"members": ("password", "is_superuser", "is_staff")}
CIRCLE = "legacy_message_outlives_its_parent"


@dataclass
class Loaded:
    """`rows` = `loaded` + `there_before`."""

    name: str
    rows: int = 0
    loaded: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def there_before(self) -> int:
        return self.rows - self.loaded


@transaction.atomic
def load(folder: Path, *, dry_run: bool = False, tell: Told = lambda done: None) -> list[Loaded]:
    """Load the five files of a folder. Raises BrokenFiles with every fault found; then nothing was loaded."""
    reports = {table.name: Loaded(table.file) for table in TABLES}
    unfit: list[Fault] = []
    faults = [fault for table in TABLES for fault in _staged(table, folder, reports[table.name], unfit, tell)]
    faults = faults or [*_lost(), *_taken_addresses(), *unfit] or _write(reports)
    if faults:
        raise BrokenFiles(faults)
    transaction.set_rollback(dry_run)
    return list(reports.values())


def _staged(table: Table, folder: Path, report: Loaded, unfit: list[Fault], tell: Told) -> list[Fault]:
    """What cannot be read of a file; what can be is then in its staging table. What does not fit goes to `unfit`."""
    faults: list[Fault] = []
    rows = _made_to_fit(table, read(table, folder, faults, report.notes), report.notes, unfit, tell)
    report.rows = staging.fill(table, rows, BESIDE.get(table.name, ()))
    return sorted([*faults, *staging.twice(table)], key=lambda fault: fault.line or 0)


def _made_to_fit(
    table: Table, rows: Iterator[Row], notes: Counter[str], unfit: list[Fault], tell: Told
) -> Iterator[Row]:
    for row in rows:
        if table is MEMBERS:
            row.values["joined_at"] = row.values["joined_at"] or clock.now()
            row.values |= {"password": make_password(None), "is_superuser": False, "is_staff": False}
        elif table is HELP_REQUESTS:
            unfit += _fit(row, notes)
        tell(1)
        yield row


# --- What one row cannot say by itself --------------------------------------------------------------------------------


def _lost() -> list[Fault]:
    with acting_as_system("what was loaded before", Purpose.OLD_MESSAGING):
        return [fault for table in TABLES for fault in staging.lost(table)]


def _taken_addresses() -> list[Fault]:
    """An address is one member's, whatever its case: in the files, and here."""
    faults: list[Fault] = []
    lines: dict[str, int] = {}
    here: dict[str, UUID] = {email.lower(): id for id, email in Member.objects.values_list("id", "email")}
    for line, id, address in staging.addresses():
        email = address.lower()
        if email in lines:
            faults.append(Fault(MEMBERS.file, line, f"email stands in line {lines[email]} already"))
        elif here.get(email, id) != id:
            faults.append(Fault(MEMBERS.file, line, "email belongs to another member here"))
        lines[email] = line
    return faults


def _fit(row: Row, notes: Counter[str]) -> list[Fault]:
    """What the old system let through and this one's help requests do not, as far as it can be made to fit."""
    it = row.values
    if it["helper_id"] == it["user_id"]:
        return [Fault(HELP_REQUESTS.file, row.line, "helper_id is the member who asked")]
    if it["category"] in OLD_CATEGORIES:
        notes[f"category {it['category']} became {OLD_CATEGORIES[it['category']]}"] += 1
        it["category"] = OLD_CATEGORIES[it["category"]]
    it["created_at"] = it["created_at"] or clock.now()
    it["updated_at"] = it["updated_at"] or it["created_at"]
    if it["status"] == "open" and it["helper_id"]:
        notes["open, so without its helper"] += 1
        it["helper_id"] = None
    for status, column in (("completed", "completed_at"), ("cancelled", "cancelled_at")):
        if it["status"] == status:
            it[column] = max(it[column] or it["updated_at"], it["created_at"])
        elif it["status"] != "closed":
            it[column] = None
    it["expires_at"] = None if it["is_ongoing"] else it["expires_at"] or it["created_at"] + RUNS_FOR
    if it["status"] in TAKES_OFFERS and it["expires_at"] and it["expires_at"] <= clock.now():
        notes["run out: takes no offers until its owner renews it"] += 1
    return []


# --- Writing ----------------------------------------------------------------------------------------------------------


def _write(reports: dict[str, Loaded]) -> list[Fault]:
    table = MEMBERS
    try:
        with as_the_system_meanwhile(Purpose.JOIN):
            reports[MEMBERS.name].loaded = staging.insert(MEMBERS, BESIDE[MEMBERS.name])
        table = HELP_REQUESTS
        with acting_as_system("load version 1", Purpose.OLD_MESSAGING):
            reports[table.name].loaded = staging.insert(table)
        if staging.answers_in_a_circle():
            return [Fault(MESSAGES.file, None, f"refused by {CIRCLE}")]
        with acting_as_system("load version 1", Purpose.OLD_MESSAGING):
            for table in (CONVERSATIONS, PARTICIPANTS, MESSAGES):
                reports[table.name].loaded = staging.insert(table)
    except DatabaseError as refused:
        diagnosis: Any = getattr(refused.__cause__, "diag", None)
        constraint = getattr(diagnosis, "constraint_name", None)
        return [Fault(table.file, None, f"refused by {constraint}" if constraint else str(refused))]
    return []
