"""Who else acts when a help request takes a step: what stands above it, of which it knows nothing (observers).

A follower is told in the step's own transaction, under the request's lock and after the last scope, of the request as
it was, of the act (a name of TRANSITIONS) and of the member who did it. So no door can forget it.
"""

from collections.abc import Callable
from typing import Any

from carecollective.ground.registry import Many

Follower = Callable[[Any, str, Any], None]
followers: Many[Follower] = Many()
# Each raises PermissionDenied where this member of the team is not the one to close this request.
objections: Many[Callable[[Any, Any], None]] = Many()


def tell_followers(help_request: Any, act: str, by: Any) -> None:
    for follower in followers:
        follower(help_request, act, by)
