"""What one member shares with the other of one conversation: that they do, never the number or the place itself."""

from datetime import timedelta

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from carecollective.accounts.contacts.models import ContactDetail
from carecollective.accounts.models import Member
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.privacy import IN_ITS_PLACE, OTHERS, ROW_NUMBER, Copied, Erased, Privacy
from carecollective.ground.walls import Policy, Wall, for_system
from helprequests.models import HelpRequest

SHARED_FOR = timedelta(days=30)


class ContactShare(models.Model):
    """The reader sees what the owner has written of this kind, as it is at that moment, while the help is under way.

    As with answers, `conversation_id` is of either version and no foreign key: it stays what it is when a conversation
    is copied. The trigger that fills in request and reader finds the conversation.
    """

    class End(models.TextChoices):
        STOPPED = "stopped"  # by its owner
        HELP_ENDED = "help_ended"
        ARCHIVED = "archived"
        TIME = "time"

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    conversation_id = models.UUIDField()
    help_request = reference(HelpRequest, related_name="+")
    owner = reference(Member, related_name="+")
    reader = reference(Member, related_name="+")
    kind = models.CharField(max_length=5, choices=ContactDetail.Kind)
    shared_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=10, choices=End, null=True)  # noqa: DJ001  (while it lasts there is no end)

    class Meta:
        db_table = "contact_shares"
        constraints = [
            ForeignKeyConstraint(
                name="share_goes_with_its_help_request", fields=["help_request"], to="helprequests.HelpRequest"
            ),
            ForeignKeyConstraint(name="share_goes_with_its_owner", fields=["owner"], to="accounts.Member"),
            ForeignKeyConstraint(name="share_goes_with_its_reader", fields=["reader"], to="accounts.Member"),
            models.CheckConstraint(name="nobody_shares_with_themselves", condition=~Q(owner=models.F("reader"))),
            models.CheckConstraint(name="share_kind_is_known", condition=Q(kind__in=["phone", "place"])),
            models.CheckConstraint(
                name="share_ends_at_a_time",
                condition=Q(ended_by=None, ended_at=None)
                | Q(ended_by__in=["stopped", "help_ended", "archived", "time"], ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_share_of_a_kind_at_a_time",
                fields=["conversation_id", "owner", "kind"],
                condition=Q(ended_by=None),
            ),
        ]
        indexes = [
            models.Index(fields=["conversation_id"], name="idx_shares_conversation_id"),
            models.Index(fields=["help_request"], name="idx_shares_help_request_id"),
            models.Index(fields=["owner", "kind"], name="idx_shares_owner_id"),
            models.Index(fields=["reader", "owner", "kind"], name="idx_shares_reader_id"),
        ]

    wall = Wall(
        members="SELECT, INSERT (conversation_id, owner_id, kind), UPDATE (ended_by)",
        system="SELECT, UPDATE (ended_by), DELETE",
        policies=[
            Policy(
                "both know what is shared between them",
                "SELECT",
                "members system",
                """
                CASE WHEN current_user = 'care_system' THEN true
                    ELSE (SELECT acting_member()) = ANY (ARRAY[owner_id, reader_id]) END
                """,
            ),
            Policy(
                "members share their own while help is under way",
                "INSERT",
                "members",
                check="owner_id = (SELECT acting_member()) AND help_is_under_way_in(conversation_id)",
            ),
            Policy(
                "either ends it, once",
                "UPDATE",
                "members system",
                """
                ended_by IS NULL AND (current_user = 'care_system' OR (SELECT acting_member()) IN (owner_id, reader_id))
                """,
                check="""
                CASE ended_by WHEN 'stopped' THEN current_user = 'care_system' OR owner_id = (SELECT acting_member())
                    ELSE ended_by IN ('help_ended', 'archived', 'time') END
                """,
            ),
            for_system("the system forgets with the conversation", "DELETE"),
            Policy(
                "whom it is shared with reads it",
                "SELECT",
                "members",
                """
                EXISTS (
                    SELECT FROM contact_shares AS s
                    WHERE s.owner_id = contact_details.member_id AND s.kind = contact_details.kind
                        AND s.reader_id = (SELECT acting_member()) AND s.ended_by IS NULL
                        AND s.shared_at > statement_timestamp() - interval '30 days'
                        AND help_is_under_way_in(s.conversation_id))
                """,
                on="contact_details",
            ),
        ],
    )
    personal_data = Privacy(
        Copied(
            "contact_shares",
            "conversation_id kind shared_at ended_at ended_by",
            {"id": ROW_NUMBER, "help_request_id": IN_ITS_PLACE, "owner_id reader_id": OTHERS},
        ),
        Erased("owner_id reader_id"),
        conversation="conversation_id",
    )
