"""Conversations of either version, what was said in them, how each offer stands, and who has read how far."""

from .answers import LAPSES_AFTER, MAY_WRITE, NOTE_LENGTH, STEPS, UNDO_WITHIN, UNDOABLE, Answer, OfferAnswer, Step
from .conversations import (
    FIRST_MESSAGE_LENGTH,
    MESSAGE_LENGTH,
    Conversation,
    ConversationQuerySet,
    ConversationStatusField,
    Message,
    MessageQuerySet,
)
from .reading import MessagingPreference, ReadMarker
from .threads import Offer, Part, Talk, Thread, ThreadMessage

__all__ = [
    "FIRST_MESSAGE_LENGTH",
    "LAPSES_AFTER",
    "MAY_WRITE",
    "MESSAGE_LENGTH",
    "NOTE_LENGTH",
    "STEPS",
    "UNDOABLE",
    "UNDO_WITHIN",
    "Answer",
    "Conversation",
    "ConversationQuerySet",
    "ConversationStatusField",
    "Message",
    "MessageQuerySet",
    "MessagingPreference",
    "Offer",
    "OfferAnswer",
    "Part",
    "ReadMarker",
    "Step",
    "Talk",
    "Thread",
    "ThreadMessage",
]
