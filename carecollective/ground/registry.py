"""How what stands below asks what stands above without knowing it (dependency inversion): that registers itself, typed.

Who asks declares a place: `probe: One[Probe] = One("probe")`, or `followers: Many[Follower] = Many()`. Who answers says
so in the module `registers.py` of its app, which is read once, when all models are there.
"""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.utils.module_loading import autodiscover_modules

T = TypeVar("T")


class One(Generic[T]):
    """A place for exactly one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._registered: T | None = None

    def register(self, it: T) -> None:
        if self._registered is not None:
            raise RuntimeError(f"There is a {self.name} already: {self._registered!r}.")
        self._registered = it

    def __call__(self) -> T:
        if self._registered is None:
            raise RuntimeError(f"Nothing has registered itself as the {self.name}.")
        return self._registered


class Many(Generic[T]):
    """A place for any number, in the order of their rank; equal ones as they came."""

    def __init__(self) -> None:
        self._registered: list[tuple[int, T]] = []

    def register(self, it: T, *, rank: int = 0) -> None:
        self._registered.append((rank, it))

    def __iter__(self) -> Iterator[T]:
        return (it for _, it in sorted(self._registered, key=lambda each: each[0]))


def collect() -> None:
    """Read the module `registers.py` of every app that has one. Called once, when the models are there."""
    autodiscover_modules("registers")


def models_that_are(name: str) -> Iterator[Any]:
    """Every model of which this is true, be it by the one that it is made of."""
    return (model for model in apps.get_models() if getattr(model, name, False))


def models_that_say(name: str) -> Iterator[Any]:
    """Every model whose own class says this: what stands beside a model is collected from below."""
    return (model for model in apps.get_models() if name in vars(model))
