"""How one version of conversations is written (an adapter). What all do alike is here, over each one's statements."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.db import connection

from carecollective.accounts.models import Member
from carecollective.told.notifications.telling import Telling
from helprequests.models import HelpRequest

from .models import Talk, Thread


class Begun(Talk, Protocol):
    """One that somebody's offer began, with its first words."""

    initial_message: str


class Hand(ABC):
    """All but `is_read_only` and `hold` run inside `acting_as(by)`, and the last four as the system."""

    version: ClassVar[str]
    # Of an older version, with %(help_request)s, %(me)s and %(text)s: no row where `offered_before` finds nothing.
    OFFERED_BEFORE: ClassVar[str]
    # With %(help_request)s.
    LOCK_ALL_ON: ClassVar[str]
    # With %(me)s and %(other)s; returns ids. With %(me)s alone; returns each id, and with whom it was.
    ARCHIVE_BETWEEN: ClassVar[str]
    ARCHIVE_ALL: ClassVar[str]
    # With %(member)s and %(former)s.
    REMOVE_OF_NOBODY: ClassVar[str]
    # With %(id)s, of a conversation or of a request.
    LOCK_ABOUT: ClassVar[str]
    REMOVE_ABOUT: ClassVar[str]

    def is_read_only(self) -> bool:
        return False

    @abstractmethod
    def offered_before(self, help_request: HelpRequest, *, helper: Member, text: str) -> Begun | None:
        """The helper's conversation on this request, beside which there is nothing new to offer."""

    @abstractmethod
    def begin(self, help_request: HelpRequest, *, helper: Member, text: str, telling: Telling) -> Begun | None:
        """The new conversation, or None where this helper has one on this request, or there is a block.

        A version whose statement can tell the other of it does `telling`, here and in `write`.
        """

    @abstractmethod
    def lock(self, conversation_id: UUID, by: Member) -> Thread | None:
        """The conversation as it is now, where it is in this version and theirs."""

    def lock_asked(self, conversation_id: UUID, by: Member) -> Callable[[], Thread | None]:
        """The same, where it can: asked in a round trip with others, and said after it."""
        return partial(self.lock, conversation_id, by)

    @abstractmethod
    def write(
        self, thread: Thread, *, by: Member, text: str, id: UUID | None = None, telling: Telling | None = None
    ) -> Any:
        """The new message in a conversation that is locked, or None where the id is taken."""

    @abstractmethod
    def written(self, thread: Thread, id: UUID, *, by: Member, text: str) -> Any:
        """Their message with this id and text, or None."""

    @abstractmethod
    def hold(self, conversation_id: UUID, by: Member) -> None:
        """Lock what opening it depends on, after the member and before the conversation."""

    @abstractmethod
    def set_open(self, thread: Thread, *, is_open: bool) -> bool:
        """Open or close it; whether that is new. Raises ConversationArchived where it stays as it is."""

    @abstractmethod
    def mark_read(self, conversation_id: UUID, *, by: Member, up_to: UUID) -> Iterable[UUID] | None:
        """Whose open pages have to hear of it; None where it is not in this version. Raises MessageNotFound."""

    def lock_all_on(self, help_request_id: UUID) -> None:
        run(self.LOCK_ALL_ON, help_request=help_request_id)

    def archive_between(self, by: Member, other_id: UUID) -> list[UUID]:
        """Close what there is between the two, and return it."""
        return [id for (id,) in run(self.ARCHIVE_BETWEEN, me=by.pk, other=other_id)]

    def archive_all(self, by: Member) -> list[tuple[UUID, UUID | None]]:
        """Close all that are theirs, and return each with whom it was with."""
        return run(self.ARCHIVE_ALL, me=by.pk)

    # As the system, when people and requests go.
    def remove_of_nobody(self, member_id: UUID, former: str) -> None:
        """Delete theirs in which everybody has left; those are named `former`."""
        run(self.REMOVE_OF_NOBODY, member=member_id, former=former)

    def lock_about(self, id: UUID) -> None:
        """The conversation with this id, or all on the request with it, to be removed."""
        run(self.LOCK_ABOUT, id=id)

    def remove_about(self, id: UUID) -> None:
        run(self.REMOVE_ABOUT, id=id)

    @abstractmethod
    def forget_words_of_requests(self, owner_id: UUID | None) -> None:
        """What it repeats of this owner's requests, or of those that are gone."""


def run(statement: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
