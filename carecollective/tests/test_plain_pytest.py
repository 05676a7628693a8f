"""`pytest` by itself, as everybody types it and as editors start it, needs no variable and no folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from carecollective.tests.every_day import takes_long

ROOT = Path(__file__).resolve().parents[2]
A_FILE = "helprequests/tests/test_services.py"
BESIDE = Path(sys.executable).parent


@takes_long
@pytest.mark.parametrize(
    ("command", "folder", "file"),
    [
        ([BESIDE / "pytest"], ROOT, A_FILE),
        ([BESIDE / "pytest"], ROOT / "messaging", f"../{A_FILE}"),
        ([BESIDE / "pytest"], Path("/"), str(ROOT / A_FILE)),
        ([sys.executable, "-m", "pytest"], ROOT, A_FILE),
    ],
    ids=["pytest", "in a folder of an app", "from elsewhere", "python -m pytest"],
)
def test_pytest_works_by_itself(command, folder, file):
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}

    done = subprocess.run(
        [*command, "--collect-only", "-q", file], cwd=folder, env=inherited, capture_output=True, text=True, timeout=300
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests collected" in done.stdout
