"""The product as one gets it: a repository with this tree as release 0.1.0, and a next one."""

import re
import subprocess
from pathlib import Path

from carecollective.settings import VERSION
from proofs.rolling import as_it_is, lay_out

NEXT = "0.2.0"
IDENTITY = ("-c", "user.name=A volunteer", "-c", "user.email=volunteer@example.org")


def put_into(folder: Path) -> None:
    """Also what is not committed yet."""
    lay_out(folder, as_it_is())
    for name in ("rolled.py", ".venv"):
        (folder / name).unlink()
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _release(folder, VERSION)
    settings = folder / "carecollective/settings.py"
    settings.write_text(re.sub(r"^VERSION = .*", f'VERSION = "{NEXT}"', settings.read_text(), flags=re.M))
    _release(folder, NEXT)


def _release(folder: Path, version: str) -> None:
    _git(folder, "add", "--all")
    _git(folder, *IDENTITY, "commit", "--quiet", "--message", version)
    _git(folder, "tag", f"v{version}")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True)
