"""What the everyday loop leaves to the thorough run, though nothing in it crashes, races or starts a server.

Such a test is guarded like every other: whoever asks a private table in it says who asks.
"""

from collections.abc import Iterable

import pytest

# One that takes long, beside a quick one of the same promise or of its parts.
takes_long = pytest.mark.thorough(guarded=True)


def leave_the_matrices(items: Iterable[pytest.Item]) -> None:
    """Of a test with `@pytest.mark.one_of_each("role", …)` the everyday loop takes as many cells as it needs to have
    each value of these parameters once, in the order of the table; one cell where none is named. `by=…` gives of a
    cell's parameters what kind it is. The others are thorough.
    """
    seen: dict[object, set[object]] = {}
    for item in items:
        marker = item.get_closest_marker("one_of_each")
        if not marker:
            continue
        cell = item.callspec.params  # type: ignore[attr-defined]
        values = {(name, repr(cell[name])) for name in marker.args} or {marker.kwargs.get("by", _any)(**cell)}
        test = seen.setdefault(item.function, set())  # type: ignore[attr-defined]
        if values <= test:
            item.add_marker(takes_long)
        test |= values


def _any(**_cell: object) -> str:
    return "any"


def is_guarded(item: pytest.Item) -> bool:
    """Whether a question without a scope raises in it."""
    thorough = item.get_closest_marker("thorough")
    is_long = thorough is not None and thorough.kwargs.get("guarded", False)
    return not (item.get_closest_marker("browser") or (thorough and not is_long))
