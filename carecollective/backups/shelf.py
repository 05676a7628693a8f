"""The folder of the backups: what is in it, which one is meant, what is too old to be kept, and whose turn it is."""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from carecollective.ground import clock
from carecollective.ground.embedded_postgresql.archive import NotDone

from . import sealed

UNFINISHED = ".unfinished"
NAME = re.compile(r"care-(\d{8}T\d{6}Z)\.backup")
STAMP = "%Y%m%dT%H%M%SZ"


class Backup(NamedTuple):
    file: Path
    made_at: datetime
    says: dict[str, Any]  # nothing where the file is none of ours


def folder() -> Path:
    return Path(settings.BACKUPS.folder)


def new_file() -> Path:
    """Where the next one goes. Raises NotDone where nothing can be written."""
    try:
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in folder().glob(f"care-*{UNFINISHED}"):  # of one that was killed; nobody else is at it now
            left.unlink()
    except OSError as error:
        raise NotDone(f"The folder {folder()} (BACKUPS) cannot be used: {error.strerror}.") from None
    return folder() / f"care-{clock.now().astimezone(UTC):{STAMP}}.backup"


def backups() -> list[Backup]:
    """The newest first, by their names."""
    named = ((NAME.fullmatch(file.name), file) for file in folder().glob("care-*.backup"))
    found = [(datetime.strptime(name[1], STAMP).replace(tzinfo=UTC), file) for name, file in named if name]
    return [Backup(file, made_at, _says(file)) for made_at, file in sorted(found, reverse=True)]


def meant(name: str | None) -> Path:
    """A path, the name of one in the folder, or the newest. Raises NotDone where there is none."""
    if name is None:
        found = next(iter(backups()), None)
        if found is None:
            raise NotDone(f"There is no backup in {folder()}: `manage.py backup now` makes one, or name a file.")
        return found.file
    for file in (Path(name), folder() / name):
        if file.is_file():
            return file
    raise NotDone(f"There is no backup {name}, here or in {folder()}: `manage.py backup list` says which there are.")


def forget_old() -> list[Path]:
    """Delete what is older than BACKUP_DAYS, and never the newest; say which."""
    old = [each.file for each in backups()[1:] if each.made_at < clock.now() - timedelta(days=settings.BACKUPS.days)]
    for file in old:
        file.unlink()
    return old


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One backup, drill or restore of this installation at a time. Raises NotDone while there is another."""
    lock = Path(settings.EMBEDDED_POSTGRES_DIR).with_name("backup.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise NotDone("Another backup, drill or restore is at work: wait until it is done.") from None
    finally:
        os.close(handle)


def _says(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as there:
            return sealed.says(there)
    except (sealed.NotSealed, OSError):
        return {}
