"""What an operator should know of, asked for all at once (diagnostics): whoever knows of it registers a check."""

from collections.abc import Callable
from typing import NamedTuple

from carecollective.ground.registry import Many


class Finding(NamedTuple):
    """What one check found. `sentence` is what is so, or what is wrong: what, why, and what to do."""

    about: str
    is_well: bool
    sentence: str


checks: Many[Callable[[], Finding]] = Many()


def findings() -> list[Finding]:
    return [check() for check in checks]
