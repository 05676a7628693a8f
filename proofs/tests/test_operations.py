"""What the proof `operations` types: each block of the page that promises it; with the fault planted, one less."""

import subprocess

import pytest

from proofs.operations.page import OURS, PAGE, blocks
from proofs.operations.proof import FULL, QUICK, to_type

TYPED = to_type(FULL, planted=False)


def test_each_block_that_says_so_is_typed_in_the_order_of_the_page():
    assert len(TYPED) == PAGE.read_text().count(f"{OURS}") > 10
    assert [block.line for block in TYPED] == sorted(block.line for block in TYPED)


@pytest.mark.parametrize("block", TYPED, ids=lambda block: str(block.line))
def test_a_block_is_one_that_a_shell_can_read(block):
    assert subprocess.run(["bash", "-n"], input=block.text, text=True, check=False).returncode == 0


def test_the_answers_beside_a_block_are_typed_too():
    (asking,) = (block for block in TYPED if block.answers)

    assert "createsuperuser" in asking.text
    assert asking.answers[0] == "ada@example.org"


def test_the_quick_form_ends_with_a_restore_and_the_full_one_with_the_way_back():
    assert "backup restore --replace" in to_type(QUICK, planted=False)[-1].text
    assert "roll.py --back" in TYPED[-1].text


def test_the_fault_is_one_block_less():
    (left_out,) = {block.line for block in TYPED} - {block.line for block in to_type(FULL, planted=True)}

    assert "CREATE ROLE" in next(block.text for block in blocks() if block.line == left_out)
