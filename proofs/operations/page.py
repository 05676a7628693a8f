"""What docs/operations.md says to type on a machine of one's own, in its order."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
BLOCK = re.compile(
    r"(?:^<!-- example: (?P<note>[^\n]*?) -->\n)?^```sh\n(?P<text>.*?)^```$|^#+ (?P<heading>[^\n]*)$", re.M | re.S
)
ANSWERS = re.compile(r"and answers: (.*)")
OURS = "`script/prove operations` types it"


class Block(NamedTuple):
    """`text` is for a shell, `answers` for what it asks; `line` is where it stands in the page."""

    heading: str
    line: int
    text: str
    answers: list[str]


def blocks(page: str | None = None) -> Iterator[Block]:
    """Those that are typed on a bare machine: marked so, beside a promise that they are."""
    page, heading = page or PAGE.read_text(), ""
    for found in BLOCK.finditer(page):
        if found["heading"]:
            heading = found["heading"]
        elif OURS in (found["note"] or ""):
            line = page.count("\n", 0, found.start("text"))
            answers = ANSWERS.search(found["note"])
            yield Block(heading, line, found["text"], answers[1].split(" | ") if answers else [])
