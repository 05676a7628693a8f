"""Why nobody writes in a conversation: it is archived until one of the two opens it again, or for good."""

from carecollective.accounts.models import Member
from carecollective.ground.refusals import ConversationArchived, MemberHasLeft, StaysArchived

from .models import Thread


def archived(conversation: Thread) -> ConversationArchived:
    """The refusal to raise; a conversation whose other person has left is never opened again."""
    return MemberHasLeft() if Member.objects.has_left(conversation.other_id) else ConversationArchived()


def stays_archived(conversation: Thread) -> ConversationArchived:
    """The same for whoever asks to open it, and may not."""
    return MemberHasLeft() if Member.objects.has_left(conversation.other_id) else StaysArchived()
