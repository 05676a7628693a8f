"""What was written in a conversation and not read yet, for members who chose to have it in their mail."""

from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.ground.names import short_name
from carecollective.ground.refusals import ConversationNotFound
from carecollective.told.mail.words import Words

from .thread import thread

MOST = 5


def unread_words(conversation_id: UUID, reader: Member) -> Words | None:
    """Read as the reader, and by nobody marked as read."""
    try:
        found = thread(conversation_id, by=reader, limit=MOST)
    except ConversationNotFound:
        return None
    entry = found.conversation
    written = [message.content for message in found.messages if message.sender_id != reader.pk]
    if entry.initial_message and entry.helper_id != reader.pk:
        written.insert(0, entry.initial_message)
    unread = written[-entry.unread_count :] if entry.unread_count else []
    if not unread or entry.other is None:
        return None
    name = entry.other.name if entry.other.posted_for else short_name(entry.other.name)
    return Words(name, unread)
