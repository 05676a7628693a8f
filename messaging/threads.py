"""A conversation of either version, and the hands that write in it (an adapter for each version).

Reading knows no versions: the views `threads`, `thread_people`, `thread_messages` and `offers` show both. Writing goes
through the hand of the version in which a conversation is: version 2's is `messaging.version_2`, and an older version
registers its own, so nothing here knows of it. An id is looked for in the newest version first, and there once more at
the end: the conversation may have gone over between the two looks.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol
from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.ground.refusals import ConversationNotFound
from carecollective.ground.registry import Many
from helprequests.models import HelpRequest

from .models import Talk, Thread


class Begun(Talk, Protocol):
    """One that somebody's offer began, with its first words."""

    initial_message: str


class Hand(Protocol):
    """How one version is written. All but `is_read_only` and `hold` run inside `acting_as(by)`."""

    version: str

    def is_read_only(self) -> bool: ...
    def offered_before(self, help_request: HelpRequest, *, helper: Member, text: str) -> Begun | None:
        """The helper's conversation on this request, beside which there is nothing new to offer."""

    def begin(self, help_request: HelpRequest, *, helper: Member, text: str) -> Begun | None:
        """The new conversation, or None where this helper has one on this request, or there is a block."""

    def lock(self, conversation_id: UUID, by: Member) -> Thread | None:
        """The conversation as it is now, where it is in this version and theirs."""

    def write(self, thread: Thread, *, by: Member, text: str, id: UUID | None = None) -> Any:
        """The new message in a conversation that is locked, or None where the id is taken."""

    def written(self, thread: Thread, id: UUID, *, by: Member, text: str) -> Any:
        """Their message with this id and text, or None."""

    def hold(self, conversation_id: UUID, by: Member) -> None:
        """Lock what opening it depends on, after the member and before the conversation."""

    def set_open(self, thread: Thread, *, is_open: bool) -> bool:
        """Open or close it; whether that is new. Raises ConversationArchived where it stays as it is."""

    def mark_read(self, conversation_id: UUID, *, by: Member, up_to: UUID) -> Iterable[UUID] | None:
        """Whose open pages have to hear of it; None where it is not in this version. Raises MessageNotFound."""

    def lock_all_on(self, help_request_id: UUID) -> None: ...
    def archive_between(self, by: Member, other_id: UUID) -> list[UUID]:
        """Close what there is between the two, and return it."""

    def archive_all(self, by: Member) -> list[tuple[UUID, UUID | None]]:
        """Close all that are theirs, and return each with whom it was with."""

    # As the system, when people and requests go.
    def remove_of_nobody(self, member_id: UUID, former: str) -> None:
        """Delete theirs in which everybody has left; those are named `former`."""

    def lock_about(self, id: UUID) -> None:
        """The conversation with this id, or all on the request with it, to be removed."""

    def remove_about(self, id: UUID) -> None: ...
    def forget_words_of_requests(self, owner_id: UUID | None) -> None:
        """What it repeats of this owner's requests, or of those that are gone."""


# The newest first.
hands: Many[Hand] = Many()


def in_turn() -> Iterator[Hand]:
    there = list(hands)
    return iter([*there, *there[:1]] if len(there) > 1 else there)


def hand_of(version: str) -> Hand:
    return next(hand for hand in hands if hand.version == version)


def is_read_only(version: str) -> bool:
    return hand_of(version).is_read_only()


def read_only_versions() -> list[str]:
    return [hand.version for hand in hands if hand.is_read_only()]


def lock(conversation_id: UUID, by: Member) -> Thread:
    """The conversation as it is now, in whichever version; inside `acting_as(by)`. Raises ConversationNotFound."""
    for hand in in_turn():
        if thread := hand.lock(conversation_id, by):
            return thread
    raise ConversationNotFound


def write(thread: Thread, *, by: Member, text: str, id: UUID | None = None) -> Any:
    return hand_of(thread.version).write(thread, by=by, text=text, id=id)
