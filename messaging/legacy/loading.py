"""The old system's data, into this one: all of it or nothing, and what is there already is left as it is (data import).

One transaction, so a kill leaves nothing half-loaded; ids are kept, so the same files again load what is missing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import DatabaseError, connection, transaction

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.identity import acting_as_system
from helprequests.models import RUNS_FOR, TAKES_OFFERS

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

BATCH = 500
Told = Callable[[int], None]


@dataclass
class Loaded:
    """`rows` = `loaded` + `there_before`."""

    name: str
    rows: int = 0
    loaded: int = 0
    there_before: int = 0
    notes: Counter[str] = field(default_factory=Counter)


def load(folder: Path, *, dry_run: bool = False, tell: Told = lambda done: None) -> list[Loaded]:
    """Load the five files of a folder. Raises BrokenFiles with every fault found; then nothing was loaded."""
    faults: list[Fault] = []
    reports = {table.name: Loaded(table.file) for table in TABLES}
    files = {table.name: read(table, folder, faults, reports[table.name].notes) for table in TABLES}
    if not faults:
        with transaction.atomic():
            faults = [*_dangling(files), *_taken_addresses(files["members"])]
            for row in files["help_requests"]:
                faults += _fit(row, reports["help_requests"].notes)
            _fill_in(files)
            if not faults:
                faults = _write(files, reports, tell)
            transaction.set_rollback(dry_run or bool(faults))
    if faults:
        raise BrokenFiles(faults)
    return list(reports.values())


# --- What one row cannot say by itself --------------------------------------------------------------------------------


def _dangling(files: dict[str, list[Row]]) -> list[Fault]:
    """Rows that refer to something that is neither in the files nor here."""
    known = {table.name: {row.values["id"] for row in files[table.name]} for table in TABLES if "id" in table.columns}
    faults = []
    for table in TABLES:
        for column, other in table.refers.items():
            asked = {row.values[column] for row in files[table.name]} - known[other] - {None}
            lost = asked - _here(other, asked)
            faults += [
                Fault(table.file, row.line, f"{column}: {row.values[column]} is not in {other}.csv")
                for row in files[table.name]
                if row.values[column] in lost
            ]
    return faults


def _here(name: str, ids: Iterable[UUID]) -> set[UUID]:
    model = next(table.model for table in TABLES if table.name == name)
    with acting_as_system("what was loaded before"):
        return set(model.objects.filter(pk__in=list(ids)).values_list("pk", flat=True))


def _taken_addresses(members: list[Row]) -> list[Fault]:
    """An address is one member's, whatever its case: in the files, and here."""
    faults: list[Fault] = []
    lines: dict[str, int] = {}
    here = {email.lower(): id for id, email in Member.objects.values_list("id", "email")}
    for row in members:
        email = row.values["email"].lower()
        if email in lines:
            faults.append(Fault(MEMBERS.file, row.line, f"email stands in line {lines[email]} already"))
        elif here.get(email, row.values["id"]) != row.values["id"]:
            faults.append(Fault(MEMBERS.file, row.line, "email belongs to another member here"))
        lines[email] = row.line
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


def _fill_in(files: dict[str, list[Row]]) -> None:
    """Times that the old system did not keep."""
    last: dict[UUID, datetime] = {}
    begun = {row.values["id"]: row.values["created_at"] for row in files["conversations"]}
    for row in files["messages"]:
        it = row.values
        it["updated_at"] = it["updated_at"] or it["created_at"]
        last[it["conversation_id"]] = max(last.get(it["conversation_id"], it["created_at"]), it["created_at"])
    for row in files["conversations"]:
        it = row.values
        it["updated_at"] = it["updated_at"] or it["created_at"]
        it["last_message_at"] = it["last_message_at"] or last.get(it["id"], it["created_at"])
    for row in files["conversation_participants"]:
        it = row.values
        it["joined_at"] = it["joined_at"] or begun.get(it["conversation_id"]) or clock.now()
    for row in files["members"]:
        it = row.values
        it["joined_at"] = it["joined_at"] or clock.now()
        # Nobody knows it, so nobody can use it: a link by mail sets one.
        it |= {"password": make_password(None), "is_superuser": False, "is_staff": False}


# --- Writing ----------------------------------------------------------------------------------------------------------


def _write(files: dict[str, list[Row]], reports: dict[str, Loaded], tell: Told) -> list[Fault]:
    table = MEMBERS
    try:
        for table in (MEMBERS, HELP_REQUESTS):  # not private: the login's own to write
            _insert(table, files[table.name], reports[table.name], tell)
        with acting_as_system("load version 1"):
            for table in (CONVERSATIONS, PARTICIPANTS):
                _insert(table, files[table.name], reports[table.name], tell)
            table = MESSAGES
            for rows in _parents_first(files["messages"]):
                _insert(table, rows, reports["messages"], tell)
    except DatabaseError as refused:
        diagnosis = getattr(refused.__cause__, "diag", None)
        constraint = getattr(diagnosis, "constraint_name", None)
        return [Fault(table.file, None, f"refused by {constraint}" if constraint else str(refused))]
    return []


def _insert(table: Table, rows: Sequence[Row], report: Loaded, tell: Told) -> None:
    if not rows:
        return
    columns = list(rows[0].values)
    statement = (
        f"INSERT INTO {table.model._meta.db_table} ({', '.join(columns)}) "  # noqa: S608  (names of our own)
        f"VALUES ({', '.join(['%s'] * len(columns))}) ON CONFLICT ({', '.join(table.key)}) DO NOTHING"
    )
    with connection.cursor() as cursor:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            cursor.executemany(statement, [[row.values[name] for name in columns] for row in batch])
            report.rows += len(batch)
            report.loaded += cursor.rowcount
            report.there_before += len(batch) - cursor.rowcount
            tell(len(batch))


def _parents_first(messages: list[Row]) -> Iterable[list[Row]]:
    """A message comes after the one that it answers."""
    waiting: dict[UUID, list[Row]] = defaultdict(list)
    ids = {row.values["id"] for row in messages}
    ready: list[Row] = []
    for row in messages:
        parent = row.values["parent_message_id"]
        (waiting[parent] if parent in ids else ready).append(row)
    while ready:
        yield ready
        ready = [answer for row in ready for answer in waiting.pop(row.values["id"], [])]
    if waiting:  # they answer each other in a circle: the database says which
        yield [row for rows in waiting.values() for row in rows]
