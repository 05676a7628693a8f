"""How much memory a large piece of work takes: the old system's messages in, one member's copy out.

Each is a command in a process of its own, and what counts is the most that it ever had (VmHWM of /proc/PID/status).
"""

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from benchmarks import people
from benchmarks.bench import Bench
from benchmarks.databases import ask
from benchmarks.figures import VALUE, Figure, at_most, value
from benchmarks.serving.site import ROOT, environment, parameters, url_of
from benchmarks.sizes import HOARD_ID, SIZES

OLD_MESSAGES = {"large": 1_000_000, "small": 20_000}
PER_CONVERSATION = 100
MB = 1_000_000


def memory(bench: Bench) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="care-bench-") as folder:
        return [*_loading(bench, Path(folder)), *_copying(bench, Path(folder))]


def _loading(bench: Bench, folder: Path) -> list[Figure]:
    """All of it is done, and undone at the end: the database stays as it was."""
    count = OLD_MESSAGES[bench.which]
    write_old_files(folder, count)
    most, seconds = _run(folder, "legacy", "load", str(folder), "--dry-run")
    what = f"loading {count:,} messages of the old system"
    goal = at_most(200, VALUE, unit="MB")
    return [value("memory", what, most / MB, "MB", goal), value("memory", what, seconds, "s")]


def _copying(bench: Bench, folder: Path) -> list[Figure]:
    hoarder = people.long_thread(HOARD_ID).owner
    of_them = (
        "SELECT count(*) FROM earlier.messages_v2 AS m JOIN earlier.conversations_v2 AS c ON c.id = conversation_id"
    )
    ((count,),) = ask(f"{of_them} WHERE %s IN (requester_id, helper_id)", [hoarder.pk])
    assert count >= SIZES[bench.which].hoard
    output = folder / "copy.zip"
    most, seconds = _run(
        folder, "export_member", hoarder.email, "--reason", "to see what it takes", "--output", str(output)
    )
    what = f"a copy with {count:,} messages"
    goal = at_most(120, VALUE, unit="MB")
    return [value("memory", what, most / MB, "MB", goal), value("memory", what, seconds, "s")]


def _run(folder: Path, *command: str) -> tuple[int, float]:
    """(most bytes, seconds) that it took. Raises AssertionError where it fails."""
    env = environment(folder, 8000, url_of(parameters()))
    began = time.monotonic()
    said = folder / "said"
    with said.open("wb") as log:
        process = subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=env, stdout=log, stderr=log)
    most = 0
    while process.poll() is None:
        most = max(most, _most_so_far(process.pid))
        time.sleep(0.02)
    if process.returncode:
        raise AssertionError(said.read_text()[-2000:])
    return most, time.monotonic() - began


def _most_so_far(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    found = [line for line in status.splitlines() if line.startswith("VmHWM:")]  # none once it has ended
    return int(found[0].split()[1]) * 1024 if found else 0


def write_old_files(folder: Path, messages: int) -> None:
    """The five files of the old system: pairs of members, each with one request and a conversation of a hundred."""
    began = datetime.now(UTC) - timedelta(days=900)
    talks = [
        (_id(4, n), _id(3, n), _id(1, n), _id(2, n), began.isoformat()) for n in range(messages // PER_CONVERSATION)
    ]
    _write(folder, "members", "id email name verification_status", (
        (id, f"old{id[-12:]}{part}@bench.example", "Old Member", "approved")
        for _, _, asks, helps, _ in talks for part, id in (("a", asks), ("b", helps))
    ))  # fmt: skip
    _write(folder, "help_requests", "id user_id title category created_at", (
        (request, asks, "A ride to the clinic", "transport", at) for _, request, asks, _, at in talks
    ))  # fmt: skip
    _write(folder, "conversations", "id help_request_id created_by created_at", (
        (talk, request, helps, at) for talk, request, _, helps, at in talks
    ))  # fmt: skip
    _write(folder, "conversation_participants", "conversation_id user_id", (
        (talk, member) for talk, _, asks, helps, _ in talks for member in (asks, helps)
    ))  # fmt: skip
    _write(folder, "messages", "id conversation_id sender_id recipient_id content created_at", (
        (_id(5, n * PER_CONVERSATION + m), talk, *((asks, helps) if m % 2 else (helps, asks)), f"Message {m} of before",
         (began + timedelta(minutes=m)).isoformat())
        for n, (talk, _, asks, helps, _) in enumerate(talks) for m in range(PER_CONVERSATION)
    ))  # fmt: skip


def _id(kind: int, number: int) -> str:
    return str(UUID(int=kind << 64 | number))


def _write(folder: Path, name: str, columns: str, rows: Iterable[Sequence[str]]) -> None:
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns.split())
        writer.writerows(rows)
