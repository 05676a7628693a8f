"""What a run is judged by: a message that is lost, doubled, changed or out of order is noticed, and so is a 500."""

from collections import Counter

import pytest

from proofs import oracle
from proofs.oracle import Row, Said

SENT = [Said(f"id{n}", "a thread", "Ada", f"words {n}") for n in range(3)]
ROWS = [Row(*message) for message in SENT]


def wrong(rows, acknowledged=SENT):
    return oracle.exactly_once(SENT, acknowledged, rows)


def test_what_is_there_once_and_in_order_is_right():
    assert wrong(ROWS) == Counter()


def test_what_was_sent_and_never_acknowledged_may_be_there_or_not():
    assert wrong(ROWS, acknowledged=SENT[:2]) == Counter()
    assert wrong(ROWS[:2], acknowledged=SENT[:2]) == Counter()


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (ROWS[:2], "acknowledged and lost"),
        ([*ROWS, ROWS[1]._replace(id="another")], "doubled"),
        ([*ROWS, Row("id9", "a thread", "Ada", "words that nobody sent")], "never sent by anybody"),
        ([ROWS[0], ROWS[1]._replace(sender="Bo"), ROWS[2]], "other than it was sent"),
        ([ROWS[1], ROWS[0], ROWS[2]], "writers whose messages are out of order"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_wrong_is_noticed(rows, what):
    assert wrong(rows)[what] == 1


def test_a_500_is_noticed_and_a_connection_that_died_is_no_answer():
    assert oracle.other_answers({201: 7, 503: 2, None: 3}, (201, 503)) == Counter()
    assert oracle.other_answers({201: 7, 500: 1}, (201, 503)) == Counter({"answered 500": 1})


def test_of_each_there_is_one_and_as_many_again_as_may_be():
    assert oracle.one_each(["a", "b"], {"a": 1, "b": 2}, "mails", spare=1) == Counter()
    assert oracle.one_each(["a", "b"], {"a": 1, "b": 2}, "mails") == Counter({"mails doubled": 1})
    assert oracle.one_each(["a", "b"], {"b": 1}, "mails") == Counter({"mails lost": 1})


def test_a_stage_that_changed_is_noticed():
    assert oracle.unchanged("enabled", "enabled", "the stage") == Counter()
    assert oracle.unchanged("enabled", "disabled", "the stage") == Counter({"the stage changed": 1})
