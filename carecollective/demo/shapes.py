"""What the story is told in: an account, a request, an offer and what followed (the shapes of the fixtures)."""

from dataclasses import dataclass, field
from typing import Any

REQUESTER, HELPER = "requester", "helper"


@dataclass(frozen=True)
class Account:
    """Who `signs_in` has the demo password; the neighbors have none."""

    email: str
    name: str
    town: str
    days_here: int
    signs_in: bool = False


@dataclass(frozen=True)
class Talk:
    """An offer and what followed: (who, what), the first line the helper's. The last `unread` lines wait for one.

    `answer` is "declined", with the `note`, or "withdrawn"; who was accepted, the request says.
    """

    helper: str
    hours_ago: int
    lines: tuple[tuple[str, str], ...]
    unread_by_requester: int = 0
    unread_by_helper: int = 0
    archived: bool = False
    answer: str = ""
    note: str = ""


@dataclass(frozen=True)
class Ask:
    """A help request. `became`: what its owner did with it; `helped_by`: whose offer was accepted."""

    key: str
    owner: str
    hours_ago: int
    fields: dict[str, Any]
    became: str = "open"
    helped_by: str = ""
    talks: tuple[Talk, ...] = field(default=())
