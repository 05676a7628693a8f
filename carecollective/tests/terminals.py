"""Programs that ask questions, answered at a terminal as a person would."""

import os
import pty
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def typed(
    command: Sequence[str],
    answers: Iterable[str] = (),
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    seconds: float | None = None,
) -> tuple[int, str]:
    """How it ended, and what it said. Each question, which ends with a colon, gets the next answer.

    `seconds` is how long it may take to end once it says nothing more.
    """
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    )
    os.close(inner)
    output, waiting = "", list(answers)
    try:
        while piece := os.read(terminal, 4096):
            output += piece.decode(errors="replace")
            if waiting and output.endswith(": "):
                os.write(terminal, f"{waiting.pop(0)}\n".encode())
    except OSError:  # this is how a terminal ends
        pass
    os.close(terminal)
    return process.wait(timeout=seconds), output
