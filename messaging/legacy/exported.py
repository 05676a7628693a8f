"""What only version 1 knows of a member's conversations, for their copy."""

from uuid import UUID

from carecollective.accounts.models import Member
from messaging.exported import InOlder

from .models import LegacyConversation, LegacyParticipant


def known_of(member: Member) -> dict[UUID, InOlder]:
    """Also when somebody joined one that is shown from version 2 by now. Runs inside `acting_as(member)`."""
    parts = LegacyParticipant.objects.filter(user=member).values_list("conversation_id", "joined_at", "left_at")
    times = {id: (joined_at, left_at) for id, joined_at, left_at in parts}
    shown = LegacyConversation.objects.visible_to(member).values_list("pk", "created_at", "title")
    known = {id: InOlder(begun_at, title, *times.get(id, (None, None))) for id, begun_at, title in shown}
    return {id: InOlder(None, None, *both) for id, both in times.items()} | known
