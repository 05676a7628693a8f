"""The table as rows: what table.txt says in few words, spelled out."""

import re
from collections.abc import Iterator
from pathlib import Path

from .asking import Call, Row

TABLE = Path(__file__).parent / "table.txt"
STATUS = re.compile(r"    (\d{3}|---) ([A-Z]+) ")
# Of everybody but the team, wherever it is about the team's stock pages.
FOR_THE_TEAM = "?? ppr- ---- {} ?"
# A line of the stock pages: where its letters stand, and what follows the table's name in the address.
STOCK = {"list": "", "add": "add/", "one": "{}/change/", "history": "{}/history/", "delete": "{}/delete/"}
WITHOUT_ACTS = "/admin/rollout/flag/"
STOCK_DONE = {"add": "302", "one": "302"}  # by a POST; everything else is drawn


def rows() -> list[Row]:
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    return [*_in_blocks(lines), *_of_stock_pages(lines)]


def _in_blocks(lines: list[str]) -> Iterator[Row]:
    answers: dict[str, str] = {}
    status = method = ""
    for line in lines:
        if said := re.match(r"(there|else|foreign|absent) +(.*)", line):
            answers = ({} if said[1] == "there" else answers) | {said[1]: said[2]}
        elif line.startswith("    "):
            if begun := STATUS.match(line):
                status, method = begun.groups()
                line = line[begun.end() :]
            yield from (_row(status, Call.of(method, text), answers) for text in line.split())


def _row(status: str, call: Call, answers: dict[str, str]) -> Row:
    spelled = {which: answers.get(which, answers.get("else", "")) for which in ("there", "foreign", "absent")}
    return Row(call, status, spelled, "else" not in answers)


def _of_stock_pages(lines: list[str]) -> Iterator[Row]:
    for line in lines:
        if found := re.match(r"(GET|POST) +(\S+) (\{[a-z-]+\}) +(.*)", line):
            yield from _stock(found[1], f"/admin/{found[2]}/", found[3], found[4].split())


def _stock(method: str, table: str, thing: str, letters: list[str]) -> Iterator[Row]:
    listed, added, one, no_one, history, no_history, deleted = (FOR_THE_TEAM.format(each) for each in letters)
    said = {
        "list": (listed, listed), "add": (added, added), "one": (one, no_one),
        "history": (history, no_history), "delete": (deleted, deleted),
    }  # fmt: skip
    for page, (there, absent) in said.items():
        status = STOCK_DONE.get(page, "200") if method == "POST" and "+" in there else "200"
        call = Call(method, table + STOCK[page].format(thing))
        yield Row(call, status, {"there": there, "foreign": absent, "absent": absent})
    yield _for_all(Call(method, f"{table}{thing}/"), ">>>>")
    if table != WITHOUT_ACTS:
        yield _for_all(Call(method, f"{table}grave/[nothing]/?id={thing}"), "0000")


def _for_all(call: Call, letters: str) -> Row:
    return Row(call, "200", dict.fromkeys(("there", "foreign", "absent"), FOR_THE_TEAM.format(letters)))
