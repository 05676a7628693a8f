"""What the rollout asks of version 1 (`messaging.rollout_probe.Older`)."""

from uuid import UUID

from carecollective.rollout import counts

from .models import LegacyParticipant

version = "v1"


def count() -> int:
    return counts.number("conversations")


def people() -> list[tuple[UUID, UUID]]:
    return list(LegacyParticipant.objects.values_list("conversation_id", "user_id"))


def asked_by(member_id: UUID) -> list[UUID]:
    there = LegacyParticipant.objects.filter(
        user_id=member_id, conversation__migrated_to_v2=False, conversation__help_request__isnull=False
    )
    return list(there.values_list("conversation__help_request__user_id", flat=True))
