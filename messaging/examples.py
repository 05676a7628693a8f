"""Conversations of older versions for the demo: each registers how it makes some."""

from collections.abc import Callable
from typing import Any

from carecollective.ground.registry import Many

older: Many[Callable[..., Any]] = Many()
