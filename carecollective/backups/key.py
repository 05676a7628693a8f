"""The key that opens a backup. It belongs elsewhere: whoever has the backups has nothing without it, nor have we."""

import os
import secrets
from pathlib import Path

from django.conf import settings

from carecollective.ground.embedded_postgresql.archive import NotDone, Tell
from carecollective.ground.environment import SHORTEST_SECRET

VARIABLE = "BACKUP_KEY"


def file() -> Path:
    return Path(settings.BACKUPS.key_file)


def is_there() -> bool:
    return bool(settings.BACKUPS.key) or file().exists()


def secret() -> str:
    """Raises NotDone where there is none, or where it lies beside the backups."""
    refuse_beside_the_backups()
    try:
        found = settings.BACKUPS.key or file().read_text().strip()
    except FileNotFoundError:
        raise NotDone(
            f"There is no key to open backups with: put the one that you keep elsewhere into {VARIABLE} or {file()}."
        ) from None
    except OSError as error:
        raise NotDone(f"The key {file()} cannot be read: {error.strerror}.") from None
    if len(found) < SHORTEST_SECRET:
        raise NotDone(f"What is in {file()} is no key: put back the one that you keep elsewhere.")
    return str(found)


def made(tell: Tell) -> str:
    """The key; where there is none yet, a new one."""
    refuse_beside_the_backups()
    if not is_there():
        _write(secrets.token_urlsafe(32))
        tell(
            f"A key was made: {file()}. Keep a copy where the backups are not, such as on paper or in a password "
            "manager: without it no backup opens."
        )
    return secret()


def _write(new: str) -> None:
    try:
        file().parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as there:
            there.write(f"{new}\n")
            there.flush()
            os.fsync(there.fileno())
    except OSError as error:
        raise NotDone(f"The key {file()} cannot be written: {error.strerror}. Or set {VARIABLE}.") from None


def refuse_beside_the_backups() -> None:
    if not settings.BACKUPS.key and file().resolve().is_relative_to(Path(settings.BACKUPS.folder).resolve()):
        raise NotDone(
            f"The key {file()} would lie among the backups that it opens: set BACKUPS to another folder, or {VARIABLE}."
        )
