"""The ledger of who is gone for good (a suppression list): in the database, and in a file that no restore takes along.

A backup that is older than an erasure brings its member back. The file knows better: before the server opens, and
once a minute, whoever stands in it is erased again.
"""

import fcntl
import logging
import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

from .models import Erasure

log = logging.getLogger(__name__)
LINE = re.compile(r"(\S+) (left|deleted) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Entry(NamedTuple):
    member_id: UUID
    how: str
    erased_at: datetime

    @property
    def line(self) -> str:
        return f"{self.erased_at:%Y-%m-%dT%H:%M:%S.%f%z} {self.how} {self.member_id}\n"


def file() -> Path:
    return Path(settings.ERASURE_LEDGER)


def read(path: Path) -> list[Entry]:
    """Whoever stands in a file; nobody where there is none. Raises ImproperlyConfigured where it is no ledger.

    A last line without its end was cut off while it was written: the database still has it.
    """
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"The erasure ledger {path} cannot be read: {error}.") from None
    whole, _, _cut_off = text.rpartition("\n")
    return [_entry(line, path, number) for number, line in enumerate(whole.splitlines(), 1)]


def in_the_database() -> list[Entry]:
    with acting_as_system("read the erasure ledger", Purpose.LEAVING):
        return [
            Entry(*row) for row in Erasure.objects.order_by("erased_at").values_list("member_id", "how", "erased_at")
        ]


def back_again(entries: Iterable[Entry]) -> list[Entry]:
    """Those who are in the database although they were erased: it is older than the ledger."""
    entries = list(entries)
    there = dict(Member.objects.filter(pk__in={entry.member_id for entry in entries}).values_list("pk", "left_at"))
    return [
        entry
        for entry in entries
        if entry.member_id in there and (entry.how == Erasure.How.DELETED or there[entry.member_id] is None)
    ]


def fault() -> str | None:
    """What an operator has to do about it. Raises ImproperlyConfigured where the file cannot be read."""
    if found := back_again(read(file())):
        return _(
            "The database is older than the erasure ledger, and erased members are back: %(n)s. Type "
            "`manage.py erasures apply`."
        ) % {"n": len(found)}
    return None


def add(path: Path, entries: Iterable[Entry]) -> int:
    """Append what a file does not have yet, for our eyes only, and on the disk when this returns. How many were new?"""
    known = {(entry.member_id, entry.how) for entry in read(path)}
    new = [entry for entry in entries if (entry.member_id, entry.how) not in known]
    if new:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as ledger:
            fcntl.flock(ledger, fcntl.LOCK_EX)  # of two processes one after the other
            written = ledger.read()
            ledger.truncate(written.rfind(b"\n") + 1)  # less what was cut off
            ledger.seek(0, os.SEEK_END)
            ledger.write("".join(entry.line for entry in new).encode())
            ledger.flush()
            os.fsync(ledger.fileno())
        _settle(path.parent)
    return len(new)


def write_out() -> int:
    """Into the file what the database knows; after each erasure, and by the clock for whoever was deleted by hand."""
    try:
        return add(file(), in_the_database())
    except (OSError, ImproperlyConfigured) as error:
        # The erasure stands: a full disk must not undo it. The clock tries again.
        log.error("The erasure ledger %s could not be written: %s", file(), error)
        return 0


def make() -> None:
    """The file with everybody whom the database knows, also where that is nobody: from now on it is missed.

    Raises ImproperlyConfigured where it cannot be written.
    """
    try:
        add(file(), in_the_database())
        file().parent.mkdir(parents=True, exist_ok=True)
        file().touch(mode=0o600)
    except OSError as error:
        raise ImproperlyConfigured(f"The erasure ledger {file()} cannot be written: {error.strerror}.") from None


def _entry(line: str, path: Path, number: int) -> Entry:
    found = LINE.fullmatch(line)
    try:
        if found:
            return Entry(UUID(found[3]), found[2], datetime.fromisoformat(found[1]))
    except ValueError:
        pass
    raise ImproperlyConfigured(f"Line {number} of the erasure ledger {path} is not one of ours: put it right first.")


def _settle(folder: Path) -> None:
    """So that also the file's name outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
