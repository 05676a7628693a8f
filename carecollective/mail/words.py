"""What was written, for members who want it in their mail.

Mail stands below the conversations and imports nothing of theirs: the settings name the function (MAIL_WORDS).
"""

from collections.abc import Callable
from typing import NamedTuple, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from carecollective.accounts.models import Member


class Words(NamedTuple):
    """First name and initial of who wrote, and what the reader has not read yet, oldest first."""

    name: str
    texts: list[str]


def unread_words(conversation_id: UUID, reader: Member) -> Words | None:
    """None where the reader may not see it any more, or there is nothing unread."""
    find = cast(Callable[[UUID, Member], Words | None], import_string(settings.MAIL_WORDS))
    return find(conversation_id, reader)
