"""No small number is printed, and nobody can work one out: not from totals, and not from knowing the rule either."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecollective.team.impact import HIDDEN_FIRST, Category
from carecollective.team.suppression import FEWEST, NOT_SHOWN, SMALL, Cell, alone, parts_and_total

pytestmark = pytest.mark.thorough

SMALL_NUMBERS = range(FEWEST)
# Around the edges, where one number more or less decides.
KINDS = st.lists(st.integers(0, 9) | st.integers(0, 40), min_size=7, max_size=7)
AS_MUCH_AS = 14  # more than the numbers themselves: whoever reckons does not know where they end
FEW_KINDS = st.lists(st.integers(0, 8), min_size=2, max_size=3)


def printed(numbers):
    names = [f"kind {number}" for number in range(len(numbers))]
    cells, total = parts_and_total(dict(zip(names, numbers, strict=True)), names)
    return [cells[name] for name in names], total


def could_be(cells, total):
    """For each hidden part, every value of 0 to 4 that fits to all that is printed and to what the words say."""
    hidden = {place: cell for place, cell in enumerate(cells) if cell.is_hidden}
    if total.is_hidden:  # then all that is known is that everything together is under 5
        return {place: set(SMALL_NUMBERS) for place in hidden}
    rest = total.number - sum(cell.number or 0 for cell in cells)
    if len(hidden) == len(cells) and not any(cell.is_small for cell in cells):  # the total alone: nothing is said
        fewest, most = dict.fromkeys(hidden, 0), dict.fromkeys(hidden, rest)
    else:
        fewest = {place: 0 if cell.is_small else FEWEST for place, cell in hidden.items()}
        most = {place: FEWEST - 1 if cell.is_small else rest for place, cell in hidden.items()}
    return {
        place: {
            value
            for value in SMALL_NUMBERS
            if sum(fewest.values()) - fewest[place] <= rest - value <= sum(most.values()) - most[place]
        }
        for place in hidden
        if fewest[place] == 0
    }


@given(KINDS)
@settings(max_examples=500, deadline=None)
def test_a_printed_number_is_true_and_never_small(numbers):
    cells, total = printed(numbers)

    assert [cell.number for cell in cells if not cell.is_hidden] == [
        number for number, cell in zip(numbers, cells, strict=True) if not cell.is_hidden
    ]
    assert all(cell.number >= FEWEST for cell in (*cells, total) if not cell.is_hidden)
    assert all(number < FEWEST for number, cell in zip(numbers, cells, strict=True) if cell.is_small)
    assert all(cell.is_hidden for number, cell in zip(numbers, cells, strict=True) if number < FEWEST)
    assert total == (SMALL if sum(numbers) < FEWEST else Cell(sum(numbers)))


@given(KINDS)
@settings(max_examples=500, deadline=None)
def test_from_the_printed_table_each_small_number_could_be_any_of_them(numbers):
    cells, total = printed(numbers)

    possible = could_be(cells, total)

    assert possible == {place: set(SMALL_NUMBERS) for place in possible}


@given(FEW_KINDS)
@settings(max_examples=100, deadline=None)
def test_whoever_knows_the_rule_too_works_out_no_hidden_number(numbers):
    """Every table there could be is printed by the rule: of those that look like this one, no cell is alike in all."""
    seen = printed(numbers)
    hidden = [place for place, cell in enumerate(seen[0]) if cell.is_hidden]

    tables = (merged(numbers, hidden, values) for values in product(range(AS_MUCH_AS), repeat=len(hidden)))
    alike = [others for others in tables if printed(others) == seen]

    assert [place for place in hidden if len({others[place] for others in alike}) == 1] == []


def merged(numbers, places, values):
    others = list(numbers)
    for place, value in zip(places, values, strict=True):
        others[place] = value
    return others


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([20, 30, 40], (["20", "30", "40"], "90")),
        # One small number: the first of the others goes with it, or it would be the total less the rest.
        ([3, 30, 40], (["<5", "-", "40"], "73")),
        # 0 + 5 is 5 in one way only, so a third one goes as well.
        ([0, 5, 40], (["<5", "-", "-"], "45")),
        # Two small ones hide each other, but not where both must be 4, or 0.
        ([1, 3, 40], (["<5", "<5", "40"], "44")),
        ([4, 4, 40], (["<5", "<5", "-"], "48")),
        ([0, 0, 40], (["<5", "<5", "-"], "40")),
        # Where there is nothing left to hide, the total stands alone, and not even which ones are small is said.
        ([0, 5, 5], (["-", "-", "-"], "10")),
        ([4, 4, 4], (["-", "-", "-"], "12")),
        ([0, 0, 5], (["-", "-", "-"], "5")),
        ([2, 1, 1], (["<5", "<5", "<5"], "<5")),
        ([0, 0, 0], (["<5", "<5", "<5"], "<5")),
    ],
)
def test_by_hand(numbers, shown):
    cells, total = printed(numbers)

    assert ([as_text(cell) for cell in cells], as_text(total)) == shown


def as_text(cell):
    return "<5" if cell == SMALL else "-" if cell == NOT_SHOWN else str(cell.number)


def test_a_number_alone_is_printed_from_five_on():
    assert [alone(number) for number in (0, 4, 5, 6)] == [SMALL, SMALL, Cell(5), Cell(6)]


def test_every_kind_has_its_place_in_the_order_of_hiding():
    assert sorted(HIDDEN_FIRST) == sorted(Category.values)
