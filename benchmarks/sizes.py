"""How large the benchmarks' databases are, and who and what in them has a name."""

from dataclasses import dataclass
from uuid import UUID

# Goes into the mark of a complete database: change it with what is generated.
GENERATOR = 5
LONG_ID, SHORT_ID, BUSIEST_ID, HOARD_ID, TEAM_ID = (UUID(int=number).hex for number in range(1, 6))
LONG_THREAD = 10_000
SHORT_THREAD = 100
NOTICES_OF_THE_BUSIEST, NOTICES_OF_OTHERS = 10_000, 4


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows of each kind. `longest` and `hoard` are one conversation's messages, `busiest` one member's offers.

    `attempts` to start a conversation were written down for the rollout.
    """

    members: int
    help_requests: int
    conversations: int
    messages: int
    attempts: int
    longest: int = LONG_THREAD
    busiest: int = 2_000
    hoard: int = 100_000

    def __str__(self) -> str:
        return (
            f"{self.members:,} members, {self.help_requests:,} help requests, {self.conversations:,} conversations, "
            f"{self.messages:,} messages, {self.attempts:,} attempts"
        )


SIZES = {
    "large": Size(50_000, 250_000, 1_000_000, 4_500_000, 1_000_000),
    "small": Size(2_500, 12_500, 50_000, 225_000, 50_000, hoard=5_000),
    "tiny": Size(125, 625, 2_500, 11_250, 2_500, longest=500, busiest=100, hoard=0),
}
# What stays the same in a growing community is measured against a twentieth.
A_TWENTIETH_OF = {"large": "small", "small": "tiny"}
