"""The proof `operations`: whoever has a bare Debian and docs/operations.md gets what it promises, word by word."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from proofs.operations import releases
from proofs.operations.machine import ROOT, Machine
from proofs.operations.page import Block, blocks
from proofs.proof import Outcome, Proof

if TYPE_CHECKING:
    from proofs.ground import Ground

NEEDED = {"debootstrap": "debootstrap", "nsenter": "util-linux", "unshare": "util-linux", "openssl": "openssl"}
UPDATING = "Updating, and going back"
BREAKS = "runuser -u postgres -- psql -q carecollective -c 'TRUNCATE members CASCADE'"
QUICK, FULL = 1, 2
VISITOR = "proofs.operations.visitor"


def why_not() -> str:
    if os.geteuid():
        return "only root can make a Debian in a folder"
    if missing := sorted({package for name, package in NEEDED.items() if not shutil.which(name)}):
        return f"apt-get install {' '.join(missing)}"
    return ""


class Operations:
    """One machine, from bare to the end of the page."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.figures: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def follow(self, todo: Iterator[Block]) -> None:
        """To the first block that ends badly, as somebody would who types it."""
        for block in todo:
            if "backup restore" in block.text:
                self.look("before it breaks")
                self.machine.say(BREAKS)
            code, said = self.machine.type(block)
            self.figures["blocks typed"] += 1
            if code:
                print(f"docs/operations.md:{block.line} ended with {code}:\n{block.text}\n{said}", flush=True)
                self.wrong[f"line {block.line} ended with {code}"] += 1
                return
        self.look("at the end")

    def look(self, when: str) -> None:
        done = subprocess.run(
            [*self.machine.inside(), "env", "-C", ROOT, sys.executable, "-m", VISITOR, self.machine.folder],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.figures["visits"] += 1
        for what in json.loads(done.stdout or "[]") if not done.returncode else [done.stderr[-300:]]:
            self.wrong[f"{when}: {what}"] += 1


def to_type(times: int, planted: bool) -> list[Block]:
    """In full an update and the way back too. Planted, the block that makes the logins is left out."""
    todo = [block for block in blocks() if times >= FULL or block.heading != UPDATING]
    return [block for block in todo if not (planted and "CREATE ROLE" in block.text)]


def run(_ground: "Ground", times: int, planted: bool) -> Outcome:
    todo = to_type(times, planted)
    # Other accounts walk through it.
    folder = Path(tempfile.mkdtemp(prefix="care-operations-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        machine = Machine(folder / "debian", folder / "log")
        machine.make()
        machine.furnish("file:///root/repository")
        releases.put_into(machine.folder / "root/repository")
        with machine:
            operations = Operations(machine)
            operations.follow(iter(todo))
        return Outcome(dict(operations.figures), operations.wrong)
    finally:
        shutil.rmtree(folder)


PROOF = Proof(
    "operations",
    "Whoever has docs/operations.md and a bare Debian types its blocks as they stand, and has a site with TLS, sockets "
    "and mail, a backup that brings it back after it broke, and in full an update and the way back",
    "a page without the block that makes the logins of the database",
    run,
    quick=QUICK,
    full=FULL,
    why_not=why_not,
    stands_alone=True,
)
