"""What the everyday loop leaves out, the thorough run takes; and what only takes long is guarded like all others."""

from types import SimpleNamespace

import pytest

from carecollective.tests import every_day
from carecollective.tests.every_day import is_guarded, leave_the_matrices, takes_long

ROLES, STATUSES = ["member", "moderator"], ["open", "done", "cancelled"]


class Cell(SimpleNamespace):
    """One of a test's items, as pytest collects them."""

    def __init__(self, *markers, test=None, **params):
        super().__init__(
            markers=[marker.mark for marker in markers], function=test, callspec=SimpleNamespace(params=params)
        )

    def get_closest_marker(self, name):
        return next((marker for marker in self.markers if marker.name == name), None)

    def add_marker(self, marker):
        self.markers.insert(0, marker.mark)


def left(marker):
    """Which cells of a matrix stay for every day."""
    cells = [Cell(marker, role=role, status=status) for role in ROLES for status in STATUSES]
    leave_the_matrices(cells)
    return [tuple(cell.callspec.params.values()) for cell in cells if not cell.get_closest_marker("thorough")]


@pytest.mark.parametrize(
    ("marker", "stay"),
    [
        (pytest.mark.one_of_each(), [("member", "open")]),
        (pytest.mark.one_of_each("role"), [("member", "open"), ("moderator", "open")]),
        (
            pytest.mark.one_of_each("role", "status"),
            [("member", "open"), ("member", "done"), ("member", "cancelled"), ("moderator", "open")],
        ),
        (pytest.mark.one_of_each(by=lambda role, status: status == "open"), [("member", "open"), ("member", "done")]),
    ],
)
def test_as_many_cells_stay_as_have_each_value_once(marker, stay):
    assert left(marker) == stay


def test_each_test_has_cells_of_its_own():
    cells = [Cell(pytest.mark.one_of_each(), test=test, role="member") for test in ("one", "other", "one")]

    leave_the_matrices(cells)

    assert [every_day.takes_long.mark in cell.markers for cell in cells] == [False, False, True]


@pytest.mark.parametrize(
    ("markers", "guarded"),
    [
        ([], True),
        ([takes_long], True),
        ([pytest.mark.thorough], False),
        ([pytest.mark.browser], False),
        ([pytest.mark.thorough, takes_long], False),  # its own word comes before its module's
    ],
)
def test_what_only_takes_long_is_guarded(markers, guarded):
    assert is_guarded(Cell(*markers)) is guarded
