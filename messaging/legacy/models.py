"""Version 1: three tables, beside version 2 until they are retired. Deleting V1 is deleting this folder.

The columns are those of the system that wrote them first, so what V2 holds by constraints (one conversation for a
helper and a request, a first message, two participants) is here only as true as the services make it.
"""

from typing import Self

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from carecollective.accounts.models import Member
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from helprequests.models import HelpRequest

from . import private

CONTENT_MAX = 1000


class LegacyConversationQuerySet(models.QuerySet["LegacyConversation"]):
    def visible_to(self, member: Member) -> Self:
        """A copied conversation is shown once, by V2."""
        mine = LegacyParticipant.objects.filter(user=member).values("conversation")
        return self.filter(Q(created_by=member) | Q(pk__in=mine), migrated_to_v2=False)


class LegacyConversation(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active"
        CLOSED = "closed"
        BLOCKED = "blocked"

    version = "v1"
    initial_message: str  # the starter's first words, where `services.offered_before` found or `begin` wrote them

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    help_request = reference(HelpRequest, null=True, related_name="legacy_conversations")
    created_by = reference(Member, db_column="created_by", related_name="+")
    title = models.TextField(db_default="")
    status = models.CharField(max_length=10, choices=Status, db_default=Status.ACTIVE)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    last_message_at = models.DateTimeField(db_default=Now())
    migrated_to_v2 = models.BooleanField(db_default=False)

    objects = LegacyConversationQuerySet.as_manager()

    class Meta:
        db_table = "conversations"
        constraints = [
            ForeignKeyConstraint(
                name="legacy_conversation_outlives_its_help_request",
                fields=["help_request"],
                to="helprequests.HelpRequest",
                on_delete="SET NULL",
            ),
            ForeignKeyConstraint(name="legacy_conversation_has_a_starter", fields=["created_by"], to="accounts.Member"),
            models.CheckConstraint(
                name="legacy_conversation_status_is_known", condition=Q(status__in=["active", "closed", "blocked"])
            ),
        ]
        indexes = [
            models.Index(fields=["help_request", "created_by"], name="idx_conversations_offer"),
            models.Index(fields=["created_by"], name="idx_conversations_created_by"),
        ]

    wall, personal_data = private.LEGACY_CONVERSATION


class LegacyParticipant(models.Model):
    class Role(models.TextChoices):
        MEMBER = "member"
        MODERATOR = "moderator"

    pk = models.CompositePrimaryKey("conversation", "user")
    conversation = reference(LegacyConversation, related_name="participants")
    user = reference(Member, related_name="+")
    joined_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True)
    role = models.CharField(max_length=10, choices=Role, db_default=Role.MEMBER)

    class Meta:
        db_table = "conversation_participants"
        constraints = [
            ForeignKeyConstraint(
                name="participant_goes_with_their_conversation", fields=["conversation"], to="legacy.LegacyConversation"
            ),
            ForeignKeyConstraint(name="participant_is_a_member", fields=["user"], to="accounts.Member"),
            models.CheckConstraint(name="participant_role_is_known", condition=Q(role__in=["member", "moderator"])),
        ]
        indexes = [models.Index(fields=["user"], name="idx_participants_user_id")]

    wall, personal_data = private.LEGACY_PARTICIPANT


class LegacyMessageQuerySet(models.QuerySet["LegacyMessage"]):
    def visible(self) -> Self:
        """Neither deleted nor hidden; the policies say the same."""
        return self.filter(deleted_at=None, moderation_status__in=VISIBLE)


class LegacyMessage(models.Model):
    class Type(models.TextChoices):
        TEXT = "text"
        SYSTEM = "system"
        HELP_REQUEST_UPDATE = "help_request_update"
        STANDARD = "standard"
        CONTACT_EXCHANGE = "contact_exchange"
        THREAD_REPLY = "thread_reply"

    class Status(models.TextChoices):
        SENT = "sent"
        DELIVERED = "delivered"
        READ = "read"
        FAILED = "failed"

    class Moderation(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        HIDDEN = "hidden"
        REMOVED = "removed"

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    conversation = reference(LegacyConversation, related_name="messages")
    sender = reference(Member, related_name="+")
    # Null once the person it was for is gone: their leaving takes no word from the one who wrote it.
    recipient = reference(Member, null=True, related_name="+")
    help_request = reference(HelpRequest, null=True, related_name="+")
    content = models.TextField()
    message_type = models.CharField(max_length=30, choices=Type, db_default=Type.TEXT)
    status = models.CharField(max_length=10, choices=Status, db_default=Status.SENT)
    read_at = models.DateTimeField(null=True)
    is_flagged = models.BooleanField(db_default=False)
    flagged_reason = models.TextField(db_default="")
    moderation_status = models.CharField(max_length=10, choices=Moderation, db_default=Moderation.APPROVED)
    thread_id = models.UUIDField(null=True)
    parent_message = reference("self", null=True, related_name="+")
    encryption_status = models.CharField(max_length=20, db_default="none")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True)

    objects = LegacyMessageQuerySet.as_manager()

    class Meta:
        db_table = "messages"
        constraints = [
            ForeignKeyConstraint(
                name="legacy_message_goes_with_its_conversation",
                fields=["conversation"],
                to="legacy.LegacyConversation",
            ),
            ForeignKeyConstraint(name="legacy_message_has_a_sender", fields=["sender"], to="accounts.Member"),
            ForeignKeyConstraint(
                name="legacy_message_outlives_its_recipient",
                fields=["recipient"],
                to="accounts.Member",
                on_delete="SET NULL",
            ),
            ForeignKeyConstraint(
                name="legacy_message_outlives_its_help_request",
                fields=["help_request"],
                to="helprequests.HelpRequest",
                on_delete="SET NULL",
            ),
            ForeignKeyConstraint(
                name="legacy_message_outlives_its_parent",
                fields=["parent_message"],
                to="legacy.LegacyMessage",
                on_delete="SET NULL",
            ),
            models.CheckConstraint(
                name="legacy_message_is_not_too_long", condition=Q(content__length__lte=CONTENT_MAX)
            ),
            models.CheckConstraint(
                name="legacy_message_type_is_known",
                condition=Q(
                    message_type__in=[
                        "text",
                        "system",
                        "help_request_update",
                        "standard",
                        "contact_exchange",
                        "thread_reply",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="legacy_message_status_is_known", condition=Q(status__in=["sent", "delivered", "read", "failed"])
            ),
            models.CheckConstraint(
                name="legacy_message_moderation_is_known",
                condition=Q(moderation_status__in=["pending", "approved", "hidden", "removed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "created_at", "id"], name="idx_messages_thread"),
            models.Index(fields=["sender"], name="idx_messages_sender_id"),
            models.Index(fields=["recipient"], name="idx_messages_recipient_id"),
            models.Index(fields=["help_request"], name="idx_messages_help_request_id"),
            models.Index(fields=["parent_message"], name="idx_messages_parent"),
        ]

    wall, personal_data = private.LEGACY_MESSAGE


VISIBLE = (LegacyMessage.Moderation.PENDING, LegacyMessage.Moderation.APPROVED)
