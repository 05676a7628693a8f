"""From the command to the first answer, on a checkout that has been started before."""

import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.figures import VALUE, Figure, at_most, value
from benchmarks.serving.site import environment, started
from carecollective.tests.ports import free_port

TIMES = 3
COMMAND = ["script/server", "--production"]


def start(bench: Bench) -> list[Figure]:
    """With a database of its own that comes along: it starts with the server, and ends with it."""
    with tempfile.TemporaryDirectory(prefix="care-bench-", ignore_cleanup_errors=True) as folder:
        _seconds(Path(folder))  # makes the database, and the static files
        took = median(_seconds(Path(folder)) for _ in range(TIMES))
    return [value("start", "from script/server to the first answer", took, "s", at_most(5, VALUE, unit="s"))]


def _seconds(folder: Path) -> float:
    port = free_port()
    env = environment(folder, port, "") | {"EMBEDDED_POSTGRES_DIR": str(folder / "postgres")}
    began = time.monotonic()
    with started([*COMMAND, "--port", str(port)], env, port, folder / "said"):
        return time.monotonic() - began
