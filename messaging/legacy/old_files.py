"""The old system's files: which columns they have, what may stand in them, and what becomes of it (CSV import).

A value that cannot be kept is a fault with its line and its reason. Columns that nobody here knows are passed over.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carecollective.accounts.models import Member
from carecollective.ground.clean_text import rule_of
from helprequests.models import HelpRequest
from helprequests.services import TEXTS

from .models import LegacyConversation, LegacyMessage, LegacyParticipant
from .old_values import (
    Reads,
    a_moment,
    a_name,
    a_text,
    a_uuid,
    an_address,
    an_ending,
    an_old_message,
    as_it_is,
    one_of,
    yes_or_no,
)

OLD_CATEGORIES = {
    "medical": "health-caregiving",
    "respite": "health-caregiving",
    "groceries": "groceries-meals",
    "meals": "groceries-meals",
    "transport": "transportation-errands",
    "household": "household-yard",
    "childcare": "household-yard",
    "petcare": "household-yard",
    "technology": "technology-administrative",
    "companionship": "social-companionship",
    "emotional": "social-companionship",
}
NEEDED: Any = object()


@dataclass(frozen=True)
class Fault:
    file: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


class BrokenFiles(Exception):
    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(str(faults[0]))
        self.faults = faults


@dataclass(frozen=True)
class Table:
    """One file: its columns with how each is read and what stands for an empty one; `refers` names other files."""

    name: str
    model: Any
    columns: dict[str, tuple[Reads, Any]]
    key: tuple[str, ...] = ("id",)
    refers: dict[str, str] = field(default_factory=dict)
    also_called: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


@dataclass
class Row:
    line: int
    values: dict[str, Any]


# --- The files ------------------------------------------------------------------------------------------------------

MEMBERS = Table(
    "members",
    Member,
    {
        "id": (a_uuid, NEEDED),
        "email": (an_address, NEEDED),
        "name": (a_name, NEEDED),
        "town": (a_text(rule_of(Member, "town")), ""),
        "verification_status": (one_of(Member.Verification), "pending"),
        "restriction": (one_of(Member.Restriction), "none"),
        "joined_at": (a_moment, None),
    },
    also_called={"created_at": "joined_at", "location": "town", "user_restriction": "restriction"},
)
HELP_REQUESTS = Table(
    "help_requests",
    HelpRequest,
    {
        "id": (a_uuid, NEEDED),
        "user_id": (a_uuid, NEEDED),
        "category": (one_of(HelpRequest.Category, OLD_CATEGORIES), NEEDED),
        "urgency": (one_of(HelpRequest.Urgency), "normal"),
        "status": (one_of(HelpRequest.Status), "open"),
        "is_ongoing": (yes_or_no, False),
        "helper_id": (a_uuid, None),
        **{
            name: (a_text(rule), NEEDED if rule.fewest else "")
            for name, rule in ((name, rule_of(HelpRequest, name)) for name in TEXTS)
        },
        **dict.fromkeys(("created_at", "updated_at", "completed_at", "cancelled_at"), (a_moment, None)),
        "expires_at": (an_ending, None),
    },
    refers={"user_id": "members", "helper_id": "members"},
)
CONVERSATIONS = Table(
    "conversations",
    LegacyConversation,
    {
        "id": (a_uuid, NEEDED),
        "help_request_id": (a_uuid, None),
        "created_by": (a_uuid, NEEDED),
        "title": (as_it_is, ""),
        "status": (one_of(LegacyConversation.Status), "active"),
        "created_at": (a_moment, NEEDED),
        "updated_at": (a_moment, None),
        "last_message_at": (a_moment, None),
    },
    refers={"help_request_id": "help_requests", "created_by": "members"},
)
PARTICIPANTS = Table(
    "conversation_participants",
    LegacyParticipant,
    {
        "conversation_id": (a_uuid, NEEDED),
        "user_id": (a_uuid, NEEDED),
        "joined_at": (a_moment, None),
        "left_at": (a_moment, None),
        "role": (one_of(LegacyParticipant.Role), "member"),
    },
    key=("conversation_id", "user_id"),
    refers={"conversation_id": "conversations", "user_id": "members"},
)
MESSAGES = Table(
    "messages",
    LegacyMessage,
    {
        "id": (a_uuid, NEEDED),
        "conversation_id": (a_uuid, NEEDED),
        "sender_id": (a_uuid, NEEDED),
        "recipient_id": (a_uuid, None),
        "help_request_id": (a_uuid, None),
        "content": (an_old_message, ""),
        "message_type": (one_of(LegacyMessage.Type), "text"),
        "status": (one_of(LegacyMessage.Status), "sent"),
        "read_at": (a_moment, None),
        "is_flagged": (yes_or_no, False),
        "flagged_reason": (as_it_is, ""),
        "moderation_status": (one_of(LegacyMessage.Moderation), "approved"),
        "thread_id": (a_uuid, None),
        "parent_message_id": (a_uuid, None),
        "encryption_status": (as_it_is, "none"),
        "created_at": (a_moment, NEEDED),
        "updated_at": (a_moment, None),
        "deleted_at": (a_moment, None),
    },
    refers={
        "conversation_id": "conversations",
        "sender_id": "members",
        "recipient_id": "members",
        "help_request_id": "help_requests",
        "parent_message_id": "messages",
    },
)
TABLES = (MEMBERS, HELP_REQUESTS, CONVERSATIONS, PARTICIPANTS, MESSAGES)


# --- Reading one file -----------------------------------------------------------------------------------------------


def read(table: Table, folder: Path, faults: list[Fault], notes: Counter[str]) -> Iterator[Row]:
    """The rows that can be read, one by one; what cannot be is added to `faults`."""
    try:
        if broken := _first_that_is_not_utf_8(folder / table.file):
            faults.append(Fault(table.file, broken, "is not UTF-8"))
            return
        with (folder / table.file).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            try:
                yield from _rows(table, reader, faults, notes)
            except csv.Error as problem:
                faults.append(Fault(table.file, reader.line_num, f"is not CSV: {problem}"))
    except OSError as problem:
        faults.append(Fault(table.file, None, f"cannot be read: {problem.strerror}"))


def _first_that_is_not_utf_8(path: Path) -> int | None:
    """The number of a line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return None


def _rows(table: Table, reader: Any, faults: list[Fault], notes: Counter[str]) -> Iterator[Row]:
    header = [name.strip() for name in next(reader, [])]
    header = [name if table.also_called.get(name, name) in header else table.also_called[name] for name in header]
    missing = [name for name, (_, empty) in table.columns.items() if empty is NEEDED and name not in header]
    twice = [name for name, times in Counter(header).items() if times > 1 and name in table.columns]
    if missing or twice:
        wrong = [f"has no column {name}" for name in missing] + [f"has the column {name} twice" for name in twice]
        faults.append(Fault(table.file, 1, "; ".join(wrong)))
        return
    notes.update(f"column {name} passed over" for name in header if name not in table.columns)
    ends_at = reader.line_num
    for cells in reader:
        line, ends_at = ends_at + 1, reader.line_num
        if not any(cell.strip() for cell in cells):  # a spreadsheet leaves such rows
            continue
        if len(cells) != len(header):
            faults.append(Fault(table.file, line, f"has {len(cells)} values where there are {len(header)} columns"))
            continue
        row = Row(line, _values(table, dict(zip(header, cells, strict=True)), line, faults))
        if len(row.values) == len(table.columns):
            yield row


def _values(table: Table, cells: dict[str, str], line: int, faults: list[Fault]) -> dict[str, Any]:
    values = {}
    for name, (reads, empty) in table.columns.items():
        cell = cells.get(name, "")
        if not cell.strip():
            if empty is NEEDED:
                faults.append(Fault(table.file, line, f"{name} is empty"))
            else:
                values[name] = empty
            continue
        try:
            values[name] = reads(cell)
        except ValueError as reason:
            faults.append(Fault(table.file, line, f"{name}: {reason}"))
    return values
