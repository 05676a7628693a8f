"""Each page in docs/decisions says since when it holds, and whether it still does; the list of them is whole."""

import re
from datetime import date
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("0*.md"))
SAYS = re.compile(
    r"# (?P<number>\d+)\S* [^\n]+\n\n"
    r"Date: (?P<date>\d{4}-\d\d-\d\d)\. Status: (?:accepted|superseded by \[(?P<by>\d{4})\]\((?P<page>[^)]+)\))\.\n\n"
)


def what_is_wrong(text, name, names):
    """What the first lines of this page leave out or say wrongly, or None."""
    if not (found := SAYS.match(text)):
        return 'after "# NNNN Title" comes "Date: YYYY-MM-DD. Status: accepted." or "superseded by [NNNN](page)."'
    date.fromisoformat(found["date"])
    if int(found["number"]) != int(name[:4]):
        return "its number is another than its file's"
    if found["by"] and (
        found["page"] not in names or not found["page"].startswith(found["by"]) or found["page"] == name
    ):
        return "what supersedes it is not there"
    return None


def test_each_says_its_date_and_its_status():
    names = {page.name for page in PAGES}

    wrong = {page.name: what_is_wrong(page.read_text(), page.name, names) for page in PAGES}

    assert {name: told for name, told in wrong.items() if told} == {}


def test_each_stands_in_the_list_and_their_numbers_leave_nothing_out():
    listed = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\)", (FOLDER / "README.md").read_text(), re.M)

    assert listed == [(page.name[:4], page.name) for page in PAGES]
    assert [int(number) for number, _ in listed] == list(range(1, len(PAGES) + 1))


@pytest.mark.parametrize(
    "line",
    ["", "Date: 2026-11-21.", "Status: accepted.", "Date: 2026-11-21. Status: holds.",
     "Date: 2026-11-21. Status: superseded by [0009](0009-gone.md).",
     "Date: 2026-11-21. Status: superseded by [0002](0001-new.md)."],
)  # fmt: skip
def test_a_page_that_leaves_it_out_is_told(line):
    assert what_is_wrong(f"# 0001 New\n\n{line}\n\nText.\n", "0001-new.md", {"0001-new.md", "0002-old.md"}) is not None


def test_one_that_another_page_replaced_says_by_which():
    text = "# 0001 Old\n\nDate: 2026-11-21. Status: superseded by [0002](0002-new.md).\n\nText.\n"

    assert what_is_wrong(text, "0001-old.md", {"0001-old.md", "0002-new.md"}) is None
