"""docs/proof.md: one line for each proof, from the run that last made it."""

import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from proofs.proof import Outcome, Proven, said

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# What is proved

Made by `script/prove`, never by hand: it breaks one thing after the other while members write, offer and look at
everything, and compares what they were told with what the database holds. Beside each promise stands a fault that is
planted after it, and what that did: a proof that cannot fail proves nothing. A run replaces the lines of the proofs
that it makes. `script/prove --list` has them all; how often something broke stands beside how often it does in full.

| Proof | The promise | What was seen | The planted fault | What it did | Made |
|---|---|---|---|---|---|
"""
LINE = re.compile(r"^\| `([\w-]+)` \|.*$", re.M)


def write(page: Path, proven: Sequence[Proven], made: str) -> None:
    """Put their lines into the page, and leave those of others."""
    kept = {found[1]: found[0] for found in LINE.finditer(page.read_text())} if page.exists() else {}
    kept |= {each.proof.name: line(each, made) for each in proven}
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(HEAD + "\n".join(kept.values()) + "\n")


def line(proven: Proven, made: str) -> str:
    proof = proven.proof
    cells = [f"`{proof.name}`", proof.promise, _seen(proven), proof.fault, _done(proven), f"{_size(proven)}; {made}"]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _seen(proven: Proven) -> str:
    if proven.why_not:
        return f"**not made**: {proven.why_not}"
    return _told(proven.sound)


def _done(proven: Proven) -> str:
    if proven.why_not:
        return ""
    if proven.planted is not None and not proven.planted.wrong:
        return "**not seen**"
    return said(proven.planted.wrong) if proven.planted else ""


def _told(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    wrong = f"**wrong**: {said(outcome.wrong)}" if outcome.wrong else "nothing wrong"
    return f"{said(outcome.figures)}; {wrong}"


def _size(proven: Proven) -> str:
    full = proven.proof.full
    return f"in full ({full:,})" if proven.times >= full else f"{proven.times:,} of {full:,}"


def made_on() -> str:
    """The day, and which tree it was."""
    return f"{datetime.now(UTC):%Y-%m-%d}, {_tree()}"


def _tree() -> str:
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--", ".", ":!docs/proof.md")
    except (OSError, subprocess.CalledProcessError):
        return "no commit"
    return f"commit {commit}{' with changes' if changed else ''}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
