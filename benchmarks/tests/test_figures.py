"""Ratios, goals, and the status that the command ends with."""

import json

import pytest

from benchmarks import report
from benchmarks.figures import (
    DATABASE,
    ELAPSED,
    PROCESSOR,
    VALUE,
    Samples,
    at_least,
    at_most,
    exit_code,
    faster,
    missed,
    not_here,
    slower,
    value,
)
from benchmarks.processor import Spent


def samples(elapsed, web=0.001, database=0.001, times=10):
    return Samples([elapsed] * times, [Spent(web, database)] * times)


QUICK, SLOW = samples(0.001), samples(0.003, web=0.002, database=0.006)


def test_a_ratio_is_of_medians_by_the_wall_and_by_the_processor():
    ours = Samples([0.002, 0.002, 0.9], [Spent(0.003, 0.001), Spent(0.003, 0.001), Spent(7, 7)])

    found = slower("row", "ours", "theirs", ours, QUICK)

    assert found.ratios == pytest.approx({ELAPSED: 2, PROCESSOR: 2, DATABASE: 1})


def test_faster_is_the_other_way_round():
    found = faster("row", "ours", "theirs", QUICK, SLOW)

    assert found.ratios == pytest.approx({ELAPSED: 3, PROCESSOR: 4, DATABASE: 6})
    assert found.unit == "× faster"


@pytest.mark.parametrize(
    ("goal", "is_met"),
    [
        (at_most(4), True),
        (at_most(3.9), False),  # the elapsed time alone would pass
        (at_most(3, ELAPSED), True),
        (at_most(3, PROCESSOR), False),
        (at_most(6, DATABASE), True),
        (at_most(5.9, DATABASE), False),
        (at_least(3), True),
        (at_least(3.1), False),  # the processor's alone would pass
        (at_least(4, PROCESSOR), True),
    ],
)
def test_a_goal_is_kept_by_each_ratio_that_it_judges(goal, is_met):
    ratios = {ELAPSED: 3.0, PROCESSOR: 4.0, DATABASE: 6.0}

    assert goal.is_met(ratios) is is_met


def test_a_bound_is_met_by_what_reaches_it():
    assert value("row", "statements", 8, "", at_most(8, VALUE)).is_met is True
    assert value("row", "statements", 9, "", at_most(8, VALUE)).is_met is False


MET = value("row", "met", 1, "", at_most(1, VALUE))
MISSED = value("row", "over", 2, "", at_most(1, VALUE))
SHOWN = value("row", "shown", 2, "")
ELSEWHERE = not_here("row", "with a standby", "needs a superuser")


@pytest.mark.parametrize(
    ("figures", "status"),
    [
        ([MET], 0),
        ([MET, SHOWN, ELSEWHERE], 0),
        ([MET, MISSED], 1),
        ([MISSED], 1),
        ([], 1),
        ([SHOWN, ELSEWHERE], 1),  # nothing was judged
    ],
)
def test_a_missed_goal_is_the_exit_status(figures, status):
    assert exit_code(figures) == status


def test_what_was_missed_is_named():
    assert missed([MET, MISSED, SHOWN]) == ["row: over"]


def test_what_the_machine_cannot_tell_is_not_met():
    found = value("commits", "16 writers", 1.0, "×", at_least(0.9, VALUE))
    found.untold = "machine too busy"

    assert (found.is_met, exit_code([MET, found])) == (False, 1)
    assert "machine too busy" in found.verdict


def test_the_first_batch_warms_up_and_so_does_the_first_tenth():
    few = Samples([9.0, 9.0, 1.0, 1.0], [Spent(9, 9), Spent(1, 1)]).without_warming_up(batch=2)
    many = Samples(list(range(60)), [Spent(number, 0) for number in range(30)]).without_warming_up(batch=2)
    one = Samples([9.0, 9.0], [Spent(9, 9)]).without_warming_up(batch=2)

    assert (few.elapsed, few.processor) == ([1.0, 1.0], [Spent(1, 1)])
    assert (many.elapsed[0], many.processor[0]) == (6, Spent(3, 0))
    assert one.elapsed == [9.0, 9.0]  # better than nothing


# --- The table --------------------------------------------------------------------------------------------------------


def test_the_table_is_aligned_and_says_what_was_met():
    figures = [
        slower("one", "ours", "the other", QUICK, SLOW, at_most(1.2)),
        faster("two", "ours", "the other", SLOW, QUICK, at_least(2)),
        slower("three", "only shown", "the other", SLOW, QUICK),
        slower("four", "grows", "the other", SLOW, QUICK, at_most(1.3, DATABASE)),
        MET,
        ELSEWHERE,
    ]

    lines = report.table(figures).splitlines()

    verdicts = [line.split("|")[-2].strip() for line in lines[2:]]
    assert verdicts == ["met", "**missed**", "-", "**missed**", "met", "needs a superuser"]
    assert "(database 6 ×)" in lines[5]
    assert "0.33 ×" in lines[2]
    assert "0.25 ×" in lines[2]
    assert "1.0 / 1.0, 1.0 + 1.0" in lines[2]
    assert len({len(line) for line in lines}) == 1


def test_a_page_of_docs_takes_the_table_between_its_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Before\n<!-- figures: small -->\nold\n<!-- end of figures: small -->\nAfter\n")

    report.write_document(page, "small", "Measured so.", [MET])

    written = page.read_text()
    assert written.startswith("Before\n<!-- figures: small -->\nMeasured so.\n\n| row")
    assert written.endswith("|\n<!-- end of figures: small -->\nAfter\n")
    assert "old" not in written


def test_what_was_missed_stands_above_the_table_and_how_far(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- figures: small -->\n<!-- end of figures: small -->\n")
    grown = slower("growth", "the front", "a twentieth", SLOW, QUICK, at_most(1.3, DATABASE))

    report.write_document(page, "small", "Measured so.", [MET, grown, MISSED])

    said = page.read_text().partition("| row")[0]
    assert "**Missed: 2 of 3 goals.**" in said
    assert f"- `growth`, the front: {grown.ratios[DATABASE]:g} ×; goal ≤ 1.3 × (database)." in said
    assert said.count("\n- ") == 2


def test_a_page_without_the_marks_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing")

    with pytest.raises(ValueError, match="not found"):
        report.write_document(page, "small", "", [MET])

    assert page.read_text() == "nothing"


def test_a_program_reads_the_same(tmp_path):
    file = tmp_path / "figures.json"

    report.write_json(file, {"set": "small"}, [slower("one", "ours", "the other", QUICK, SLOW, at_most(1)), MISSED])

    said = json.loads(file.read_text())
    assert (said["set"], [figure["met"] for figure in said["figures"]]) == ("small", [True, False])
    assert said["figures"][0]["ours"] == {
        "samples": 10, "p50_ms": 1.0, "p95_ms": 1.0, "web_ms": 1.0, "database_ms": 1.0,
    }  # fmt: skip
