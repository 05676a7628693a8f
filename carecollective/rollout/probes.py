"""What the rollout has to know of conversations (synthetic checks). It imports nothing of theirs: they register a
probe, which has these functions.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from carecollective.ground.registry import One


class Threads(NamedTuple):
    """How many conversations of one version there are, how many were opened as a test, and which could not be read."""

    version: str
    conversations: int
    read: int
    unreadable: Sequence[str]


class Talk(NamedTuple):
    """`reports` is None where nobody can report yet."""

    conversations: dict[str, int]
    reports: int | None


class Probe(Protocol):
    def test_offer(self) -> None:
        """One offer through the real path, undone to the last row. Raises what the path raises."""

    def threads(self) -> list[Threads]:
        """Both versions, with some conversations of each read as both of their people."""

    def conversations(self) -> dict[str, int]:
        """How many there are of each version."""

    def is_empty(self) -> bool:
        """Has nobody ever asked for anything here, or written to anybody?"""

    def people_in_v1(self) -> list[UUID]:
        """Who has conversations in the old messaging."""

    def part_in_v1(self, member_id: UUID) -> set[str]:
        """As whom this member has conversations there about a request: "requester", "helper", both or neither."""

    def help_completed(self) -> tuple[int, int] | None:
        """Completed of accepted, 30 days after acceptance; None where nobody can accept yet."""

    def talk(self) -> Talk:
        """How many conversations there are of each version, and how many reports of them."""

    def open_reports(self) -> int | None: ...


probe: One[Probe] = One("probe of the rollout")
