"""How far each member has read, and in which conversations something waits."""

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


class Unread(models.Model):
    """In this conversation something waits for this member to be read. There while it does, and no longer.

    Kept by the database (a trigger for each way in which it comes and goes): to find out looks at each conversation.
    Where much waits its reader keeps a count: so many lie after `counted_from`, up to `counted_up_to`. What was written
    does not change, so that stays true; it is of use as long as the member has read up to `counted_from`.
    """

    pk = models.CompositePrimaryKey("member", "conversation")
    member = reference(Member, related_name="+")
    conversation = reference(Conversation, related_name="+")
    counted = models.PositiveIntegerField(db_default=0)
    # Where nothing was read before, and where nothing is counted.
    counted_from = models.DateTimeField(null=True)
    counted_up_to = models.DateTimeField(null=True)

    class Meta:
        db_table = "unread_conversations"
        constraints = [
            ForeignKeyConstraint(name="unread_goes_with_its_member", fields=["member"], to="accounts.Member"),
            ForeignKeyConstraint(
                name="unread_goes_with_its_conversation", fields=["conversation"], to="messaging.Conversation"
            ),
        ]
        indexes = [NamedIndex(fields=["conversation"], name="idx_unread_conversation_id")]

    wall, personal_data = private.UNREAD
