"""One verb for both versions: an id is looked for in version 2 first, then here."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from carecollective.ground.refusals import ConversationNotFound

P = ParamSpec("P")
R = TypeVar("R")


class CopiedMeanwhile(ConversationNotFound):
    """The conversation went over to version 2 while somebody waited for its lock: it is written there."""


def or_in_version_1(v1: Callable[P, Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The decorated verb of version 2, and `v1` for a conversation that version 2 does not know."""

    def decorate(v2: Callable[P, R]) -> Callable[P, R]:
        @wraps(v2)
        def in_either(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return v2(*args, **kwargs)
            except ConversationNotFound:
                pass
            try:
                return v1(*args, **kwargs)
            except CopiedMeanwhile:
                return v2(*args, **kwargs)

        return in_either

    return decorate
