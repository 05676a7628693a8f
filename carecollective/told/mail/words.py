"""What was written, for members who want it in their mail.

Mail stands below the conversations and imports nothing of theirs: they register how it is found.
"""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.ground.registry import One


class Words(NamedTuple):
    """First name and initial of who wrote, and what the reader has not read yet, oldest first."""

    name: str
    texts: list[str]


# For a conversation and its reader: None where they may not see it any more, or there is nothing unread.
unread_words: One[Callable[[UUID, Member], Words | None]] = One("finder of unread words")
