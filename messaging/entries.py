"""A conversation in one line, as its member sees it in a list: what a row of `messaging.inbox` says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from carecollective.ground.names import FORMER_MEMBER, full_name, short_name, through_the_team
from helprequests.models import language_shown, shown_title


@dataclass(frozen=True, slots=True)
class HelpRequestSummary:
    id: UUID
    title: str
    status: str
    category: str
    lang: str  # of the title as it is shown


@dataclass(frozen=True, slots=True)
class Person:
    """`name` is first name and initial, until an offer is accepted. `posted_for` is whom the team asks for: then the
    other is the team, whoever of it has the account.
    """

    id: UUID
    name: str
    has_left: bool = False
    posted_for: str | None = None


@dataclass(frozen=True, slots=True)
class LastMessage:
    content: str
    sender_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation in one line; `last_message` is the first message while there is no other."""

    id: UUID
    version: str
    legacy: bool
    status: str
    help_request: HelpRequestSummary | None
    other: Person | None
    last_message: LastMessage | None
    unread_count: int
    answer: str | None
    created_at: datetime
    updated_at: datetime
    initial_message: str | None
    requester_id: UUID | None
    helper_id: UUID
    # Since when the answer is this one, and whether the reader can still take their own back.
    answer_at: datetime | None
    can_undo: bool
    # How many of the unread had to be counted for this look, and were not written down as counted.
    uncounted: int = 0
    was_opened: bool = False  # by the team, for a cause

    @property
    def other_name(self) -> str:
        """Also where nobody is left."""
        return self.other.name if self.other else gettext("A former member")


def read_entry(row: tuple[Any, ...]) -> Entry:
    version, id, updated_at, status, *about = row[:9]
    other_id, other_name, is_accepted, content, sender_id, sent_at, unread = row[9:16]
    created_at, initial_message, requester_id, helper_id, posted_for, answer = row[16:22]
    answer_at, can_undo, uncounted, was_opened = row[22:26]
    return Entry(
        id=id,
        version=version,
        legacy=version == "v1",
        status=status,
        help_request=_about(*about) if about[0] else None,
        other=_person(other_id, other_name, posted_for, is_accepted=is_accepted) if other_id else None,
        last_message=LastMessage(content, sender_id, sent_at) if sender_id else None,
        unread_count=unread,
        answer=answer,
        created_at=created_at,
        updated_at=updated_at,
        initial_message=initial_message,
        requester_id=requester_id,
        helper_id=helper_id,
        answer_at=answer_at,
        can_undo=can_undo,
        uncounted=uncounted,
        was_opened=was_opened,
    )


def _person(id: UUID, name: str, posted_for: str | None, *, is_accepted: bool) -> Person:
    if posted_for:
        return Person(id, through_the_team(posted_for), posted_for=posted_for)
    return Person(id, full_name(name) if is_accepted else short_name(name), has_left=name == FORMER_MEMBER)


def _about(id: UUID, title: str, status: str, category: str, language: str) -> HelpRequestSummary:
    return HelpRequestSummary(id, shown_title(title), status, category, language_shown(title, language))
