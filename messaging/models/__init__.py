"""Conversations of either version, what was said in them, how each offer stands, and who has read how far."""

from .answers import LAPSES_AFTER, MAY_WRITE, NOTE, STEPS, UNDO_WITHIN, UNDOABLE, Answer, OfferAnswer, Step
from .conversations import (
    Conversation,
    ConversationQuerySet,
    ConversationStatusField,
    Message,
    MessageQuerySet,
)
from .preferences import MessagingPreference
from .reading import ReadMarker, Unread
from .threads import Offer, Part, Talk, Thread, ThreadMessage

__all__ = [
    "LAPSES_AFTER",
    "MAY_WRITE",
    "NOTE",
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
    "Unread",
]
