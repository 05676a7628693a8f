"""The table that figures end in: for a terminal, for a page of docs, for a program."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import DATABASE, ELAPSED, PROCESSOR, VALUE, Figure, Samples

HEAD = (
    "row",
    "what",
    "against",
    "ours: p50 / p95, processor ms",
    "baseline: p50 / p95, processor ms",
    "elapsed",
    "processor",
    "goal",
    "",
)


def table(figures: Sequence[Figure]) -> str:
    """Markdown with aligned columns. Processor time is the web process's (or this program's) + PostgreSQL's."""
    lines = [HEAD, *(_line(figure) for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )


def _line(figure: Figure) -> tuple[str, ...]:
    elapsed, processor = (_ratio(figure, measure) for measure in (ELAPSED, PROCESSOR))
    if VALUE in figure.ratios:
        elapsed = _ratio(figure, VALUE)
    if figure.goal and DATABASE in figure.goal.judged:
        processor += f" (database {_ratio(figure, DATABASE)})"
    return (
        figure.row,
        figure.what,
        figure.against,
        _times(figure.ours),
        _times(figure.theirs),
        elapsed,
        processor,
        str(figure.goal or "-"),
        figure.verdict,
    )


def _ratio(figure: Figure, measure: str) -> str:
    if measure not in figure.ratios:
        return ""
    shown = f"{figure.ratios[measure]:,.{0 if figure.ratios[measure] > 999 else 2}f}".removesuffix(".00")
    return f"{shown} {figure.unit}".strip()


def _times(samples: Samples | None) -> str:
    if samples is None:
        return ""
    p50, p95, web, database = (
        f"{seconds * 1000:.1f}" for seconds in (samples.p50, samples.p95, samples.web, samples.database)
    )
    return f"{p50} / {p95}, {web} + {database}"


def write_json(file: Path, said: dict[str, Any], figures: Sequence[Figure]) -> None:
    file.write_text(json.dumps(said | {"figures": [figure.as_json() for figure in figures]}, indent=2) + "\n")


def write_document(file: Path, which: str, words: str, figures: Sequence[Figure]) -> None:
    """Put the table where the page keeps it: between two marks that name its set. Raises ValueError without them."""
    begins, ends = f"<!-- figures: {which} -->", f"<!-- end of figures: {which} -->"
    page = file.read_text()
    before, after = page.index(begins) + len(begins), page.index(ends)
    file.write_text(f"{page[:before]}\n{words}\n\n{_missed(figures)}{table(figures)}\n{page[after:]}")


def _missed(figures: Sequence[Figure]) -> str:
    """A line for each goal that was missed, above the table: how many of all, and by how much. Empty where none was."""
    missed = [figure for figure in figures if figure.is_met is False]
    judged = sum(figure.is_met is not None for figure in figures)
    lines = [f"- `{each.row}`, {each.what}: {_judged(each)}; goal {each.goal}." for each in missed]
    return "\n".join([f"**Missed: {len(missed)} of {judged} goals.**\n", *lines, "\n"]) if missed else ""


def _judged(figure: Figure) -> str:
    said = " and ".join(_ratio(figure, measure) for measure in figure.goal.judged) if figure.goal else ""
    return f"{said} ({figure.untold})" if figure.untold else said
