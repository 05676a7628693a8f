"""How far each member has read."""

from datetime import datetime
from uuid import UUID

from django.db import connection, models

from carecollective.accounts.models import Member
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.indexes import NamedIndex

from . import private
from .conversations import Conversation

MOVE_MARKER = """
INSERT INTO conversation_read_markers AS marker (conversation_id, member_id, read_up_to)
VALUES (%s, %s, %s)
ON CONFLICT (conversation_id, member_id) DO UPDATE SET read_up_to = excluded.read_up_to
WHERE excluded.read_up_to > marker.read_up_to
"""


class ReadMarkerQuerySet(models.QuerySet["ReadMarker"]):
    def move(self, conversation_id: UUID, *, member: Member, up_to: datetime) -> bool:
        """Only ever forward, however late a request arrives. Did it move?"""
        with connection.cursor() as cursor:
            cursor.execute(MOVE_MARKER, [conversation_id, member.pk, up_to])
            return bool(cursor.rowcount)


class ReadMarker(models.Model):
    """How far a member has read a conversation: the time of the last message seen."""

    pk = models.CompositePrimaryKey("conversation", "member")
    conversation = reference(Conversation, related_name="read_markers")
    member = reference(Member, related_name="+")
    read_up_to = models.DateTimeField()

    objects = ReadMarkerQuerySet.as_manager()

    class Meta:
        db_table = "conversation_read_markers"
        constraints = [
            ForeignKeyConstraint(
                name="marker_goes_with_its_conversation", fields=["conversation"], to="messaging.Conversation"
            ),
            ForeignKeyConstraint(name="marker_goes_with_its_member", fields=["member"], to="accounts.Member"),
        ]
        indexes = [NamedIndex(fields=["member"], name="idx_read_markers_member_id")]

    wall, personal_data = private.READ_MARKER
