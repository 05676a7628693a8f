"""docs/proof.md and the command: what is said of a proof, and when the command fails."""

from collections import Counter

import pytest

from carecollective.tests import unchecked
from proofs import __main__ as command
from proofs import document
from proofs.chaos import CHAOS
from proofs.planted import FAULTS
from proofs.proof import Outcome, Proof, Proven

SEEN, BROKEN = Outcome({"kills": 2}, Counter()), Outcome({"kills": 2}, Counter(lost=1))


def proof(run=lambda *_: SEEN, why_not=""):
    return Proof("it", "It holds", "a fault", run, quick=2, full=500, why_not=lambda: why_not)


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Runs the command with one proof; its exit status and its page."""

    def run(*arguments, **how):
        monkeypatch.setattr(command, "PROOFS", {"it": proof(**how)})
        monkeypatch.setattr("sys.argv", ["script/prove", "it", "--into", str(tmp_path / "page.md"), *arguments])
        monkeypatch.setattr(command.Grounds, "now", lambda grounds: None)
        status = command.main()
        page = tmp_path / "page.md"
        return status, page.read_text() if page.exists() else ""

    return run


def as_it_is(ground, times, planted):
    return BROKEN if planted else SEEN


def test_a_promise_that_holds_and_a_fault_that_is_seen_is_a_success(made):
    status, page = made("--quick", run=as_it_is)

    assert status == 0
    assert "| `it` | It holds | 2 kills; nothing wrong | a fault | 1 lost | 2 of 500; " in page


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (lambda *_: BROKEN, "**wrong**: 1 lost"),
        (lambda *_: SEEN, "**not seen**"),
        (lambda ground, times, planted: as_it_is(ground, times, planted) if planted else 1 / 0, "not made to its end"),
        (lambda ground, times, planted: 1 / 0 if planted else SEEN, "**not seen**"),
    ],
    ids=["broken", "a fault that nobody sees", "not made to its end", "planted, and not made to its end"],
)
def test_anything_else_is_a_failure_and_the_page_says_so(made, run, said):
    status, page = made("--quick", run=run)

    assert (status, said in page) == (1, True)


def test_what_cannot_be_made_here_is_said_on_the_page_and_at_the_end_of_all_tests(made, monkeypatch):
    noted = []
    monkeypatch.setattr(unchecked, "note", lambda kind, what: noted.append((kind, what)))

    status, page = made("--quick", run=as_it_is, why_not="no small disk")

    assert (status, "**not made**: no small disk" in page) == (0, True)
    assert noted == [("skipped", "the proof `it`")]


def test_how_often_things_broke_is_said_as_it_was(made):
    assert "; in full (500)" in made(run=as_it_is)[1].replace("| in full", "; in full")
    assert "| 120 of 500; " in made("--times", "120", run=as_it_is)[1]


def test_a_run_of_one_leaves_the_lines_of_the_others(tmp_path):
    page = tmp_path / "page.md"
    document.write(page, [Proven(proof(), 2, SEEN, BROKEN)], "today")
    other = Proof("other", "It holds too", "another fault", as_it_is, quick=2, full=3)

    document.write(page, [Proven(other, 3, SEEN, BROKEN)], "today")

    assert [line.split("|")[1].strip() for line in page.read_text().splitlines() if line.startswith("| `")] == [
        "`it`",
        "`other`",
    ]


def test_only_with_faults_no_page_is_written(made):
    assert made("--plant", run=as_it_is) == (0, "")


def test_each_proof_has_a_name_of_its_own_and_a_fault_that_there_is():
    assert len({each.name for each in CHAOS}) == len(CHAOS) == 13
    assert all(each.fault and each.quick < each.full for each in CHAOS)
    assert all(name == fault.__name__ for name, fault in FAULTS.items())


def test_the_page_of_the_repository_has_a_line_for_each_proof():
    page = document.ROOT / "docs" / "proof.md"

    assert {found[1] for found in document.LINE.finditer(page.read_text())} >= {each.name for each in CHAOS}
