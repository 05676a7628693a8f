"""A conversation of either version, and the hands that write in it (an adapter for each version).

Reading knows no versions: the views `threads`, `thread_people`, `thread_messages` and `offers` show both. Writing goes
through the hand of the version in which a conversation is: version 2's is `messaging.version_2`, and an older version
registers its own, so nothing here knows of it. An id is looked for in the newest version first, and there once more at
the end: the conversation may have gone over between the two looks.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.ground.refusals import ConversationNotFound
from carecollective.ground.registry import Many
from carecollective.ground.round_trips import ask
from carecollective.told.notifications.telling import Telling
from helprequests.models import HelpRequest

from .hand import Begun as Begun
from .hand import Hand
from .models import Thread

# The newest version first: it registers with rank 0, and each older one with a higher one. In this order conversations
# are looked for and locked. The first begins what an older one may not begin any more. Whoever removes a conversation
# by its id goes through it from the end: a copy's older self goes first, or it would outlive its request.
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


def hand_that_begins(version: str) -> Hand:
    """In this version, or the newest where this one can no longer be written."""
    newest = next(iter(hands))
    hand = newest if version == newest.version else hand_of(version)
    return newest if hand.is_read_only() else hand


def offers_asked(help_request_id: UUID, *, by: Member, text: str) -> Callable[[HelpRequest], Iterator[Begun]]:
    """What older versions have on this request beside which there is nothing new to offer: whether there is something
    is asked in a round trip with others, what it is after it.
    """
    values = {"help_request": help_request_id, "me": by.pk, "text": text}
    _newest, *older = hands
    asked = [(hand, ask(hand.OFFERED_BEFORE, values)) for hand in older]

    def answer(help_request: HelpRequest) -> Iterator[Begun]:
        for hand, is_there in asked:
            if is_there() and not hand.is_read_only():
                yield from filter(None, [hand.offered_before(help_request, helper=by, text=text)])

    return answer


def lock(conversation_id: UUID, by: Member) -> Thread:
    """The conversation as it is now, in whichever version; inside `acting_as(by)`. Raises ConversationNotFound."""
    return lock_asked(conversation_id, by)()


def lock_asked(conversation_id: UUID, by: Member) -> Callable[[], Thread]:
    """The same, asked in a round trip with others, and said (or raised) after it."""
    newest, *others = in_turn()
    asked = newest.lock_asked(conversation_id, by)

    def answer() -> Thread:
        thread = asked() or next(filter(None, (hand.lock(conversation_id, by) for hand in others)), None)
        if thread is None:
            raise ConversationNotFound
        return thread

    return answer


def write(thread: Thread, *, by: Member, text: str, id: UUID | None = None, telling: Telling | None = None) -> Any:
    return hand_of(thread.version).write(thread, by=by, text=text, id=id, telling=telling)
