"""How far each member has read."""

from django.db import models

from carecollective.accounts.models import Member
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.indexes import NamedIndex

from . import private
from .conversations import Conversation


class ReadMarker(models.Model):
    """How far a member has read a conversation: the time of the last message seen."""

    pk = models.CompositePrimaryKey("conversation", "member")
    conversation = reference(Conversation, related_name="read_markers")
    member = reference(Member, related_name="+")
    read_up_to = models.DateTimeField()

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
