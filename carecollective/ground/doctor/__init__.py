"""What can be wrong with an installation, each asked for and told apart (preflight, health checks).

A check says nothing where all is well, else one sentence: what, why, and what to type. Some stop a start, because it
would not be safe; some take their time or talk to others, and are asked for with `doctor --deep` alone; some are what a
community should not open its doors without, asked for with `doctor --deployment`. Whoever stands above registers checks
of its own in its `registers.py`.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.utils.functional import Promise

from carecollective.ground.registry import Many

Fault = str | Promise | None


class Check(NamedTuple):
    """`code` is for programs, and stays. `stops`: a start with this fault would not be safe."""

    code: str
    look: Callable[[], Fault]
    stops: bool = False
    is_deep: bool = False
    needs_database: bool = True
    at_start: bool = True  # what waits for a start is no fault of one
    before_opening: bool = False  # what a deployment has to have, asked for with `doctor --deployment` alone


class Finding(NamedTuple):
    check: Check
    fault: str  # nothing where all is well

    @property
    def is_well(self) -> bool:
        return not self.fault


checks: Many[Check] = Many()
