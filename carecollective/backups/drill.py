"""The newest backup is restored where it harms nobody, and proved: a PostgreSQL of its own, gone afterwards.

Nothing of the installation's database is asked or needed, so what passes here works on another machine too: with the
key, the ledger and this release.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from carecollective.ground.embedded_postgresql.archive import NotDone, Tell
from carecollective.ground.owner import VARIABLE as OWNER

from . import postgresql, shelf

# Of an own server; the embedded database of the drill needs none of them.
NOT_ITS = ("DATABASE_URL", OWNER, postgresql.READER, "LISTEN_DATABASE_URL", "SERVING", "EMBEDDED_POSTGRES_MAJOR")
BACKUP = "backup"


def drill(file: Path, tell: Tell) -> None:
    """Raises NotDone with what came in the way."""
    place = Path(settings.EMBEDDED_POSTGRES_DIR).with_name("drill")
    _sweep(place)
    tell(f"Restoring {file} into a database of its own ...")
    try:
        done = _restored(file, place)
    finally:
        _sweep(place)
    for line in done.stdout.splitlines():
        tell(line)
    if done.returncode:
        raise NotDone(last_sentence(done.stderr))


def last_sentence(errors: str) -> str:
    """The sentence with which a command of ours ended."""
    lines = errors.strip().splitlines() or ["It ended without a word."]
    return lines[-1].removeprefix("CommandError: ")


def _restored(file: Path, place: Path) -> "subprocess.CompletedProcess[str]":
    surroundings = (
        os.environ
        | dict.fromkeys(NOT_ITS, "")
        | {
            "EMBEDDED_POSTGRES_DIR": str(place),
            "ERASURE_LEDGER": str(settings.ERASURE_LEDGER),
            "BACKUPS": str(shelf.folder()),
        }
    )
    command = [sys.executable, "manage.py", BACKUP, "restore", str(file.absolute()), "--for-a-drill"]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=surroundings, capture_output=True, text=True, check=False)


def _sweep(place: Path) -> None:
    """Also what a drill left behind that was killed: members' words."""
    pointer = place / "elsewhere"
    folders = [Path(pointer.read_text().strip()), place] if pointer.exists() else [place]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
