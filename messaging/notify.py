"""What others hear of it: open pages at COMMIT, by ids alone, and whoever is away as a notification.

Called as the login, in the verb's own transaction, after its last scope.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from carecollective import wake
from carecollective.accounts.models import Member
from carecollective.notifications import services as notifications
from carecollective.notifications.services import Kind


def offered(conversation: Any, *, by: Member, to: UUID, about: UUID | None = None) -> None:
    wake.conversation_changed(conversation.pk, conversation.version, members=[by.pk, to])
    _tell(Kind.OFFER, conversation, to, about=about)


def wrote(conversation: Any, *, by: Member, to: UUID | None) -> None:
    wake.conversation_changed(conversation.pk, conversation.version, members=[by.pk, to])
    if to:
        _tell(Kind.MESSAGE, conversation, to)


def status_changed(conversation: Any, *, by: Member, to: UUID | None) -> None:
    wake.conversation_changed(conversation.pk, conversation.version, members=[by.pk, to])


def happened(offer: Any, kind: Kind | None = None, *, to: Iterable[UUID] = ()) -> None:
    """What an offer's conversation says now; `offer.about` is the answer, by which an undo takes back what was told."""
    wake.conversation_changed(offer.pk, offer.version, members=[offer.requester_id, offer.helper_id])
    for member_id in to if kind else ():
        _tell(kind, offer, member_id, about=offer.about)


def read(conversation: Any, *, by_both: Iterable[UUID | None]) -> None:
    """Counts change for the one, "Seen" for the other: open pages alone hear of it."""
    wake.conversation_changed(conversation.pk, conversation.version, members=by_both)


def _tell(kind: Kind, conversation: Any, to: UUID, *, about: UUID | None = None) -> None:
    notifications.tell(
        kind, to, conversation_id=conversation.pk, help_request_id=conversation.help_request_id, about=about
    )
