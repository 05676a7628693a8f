"""What others hear of it: open pages at COMMIT, by ids alone, and whoever is away as a notification.

Called as the login, in the verb's own transaction, after its last scope.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.ground import wake
from carecollective.told.kinds import Reader, What
from carecollective.told.notifications import services as notifications

from .models import Talk

# Whoever takes an offer back and makes it again rings once an hour: the last of these is what holds.
TO_AND_FRO = (What.WITHDRAWN, What.OFFERED_AGAIN)


def offered(conversation: Talk, *, by: Member, to: UUID, about: UUID | None = None) -> None:
    wake.conversation_changed(conversation.pk, conversation.version, "message", members=[by.pk, to])
    if about:
        _tell(What.OFFERED_AGAIN, conversation, to, by=by.pk, about=about, instead_of=TO_AND_FRO)
    else:
        _tell(What.OFFERED, conversation, to, by=by.pk)


def wrote(conversation: Talk, *, by: Member, to: UUID | None) -> None:
    wake.conversation_changed(conversation.pk, conversation.version, "message", members=[by.pk, to])
    if to:
        _tell(What.WROTE, conversation, to, by=by.pk)


def status_changed(conversation: Talk, *, by: Member, to: UUID | None) -> None:
    wake.conversation_changed(conversation.pk, conversation.version, "status", members=[by.pk, to])


def happened(offer: Any, what: What | None = None, *, reader: Reader = Reader.OFFERER, by: UUID | None = None) -> None:
    """What an offer's conversation says now, to open pages, and to the one of the two who has to hear of it.

    `offer.about` is the answer, by which an undo takes back what was told. Of the two, `by` did it; else nobody did.
    """
    wake.conversation_changed(offer.pk, offer.version, "answer", members=[offer.requester_id, offer.helper_id])
    if what:
        to = offer.requester_id if reader == Reader.REQUESTER else offer.helper_id
        gives_way = TO_AND_FRO if what == What.WITHDRAWN else ()
        _tell(what, offer, to, reader=reader, by=by, about=offer.about, instead_of=gives_way)


def read(conversation_id: UUID, version: str, *, by_both: Iterable[UUID | None]) -> None:
    """Counts change for the one, "Seen" for the other: open pages alone hear of it."""
    wake.conversation_changed(conversation_id, version, "read", members=by_both)


def _tell(what: What, conversation: Talk, to: UUID, **more: Any) -> None:
    about: dict[str, Any] = {"conversation_id": conversation.pk, "help_request_id": conversation.help_request_id}
    notifications.tell(what, to, **about, **more)
