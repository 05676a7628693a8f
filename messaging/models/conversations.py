"""Conversations and messages of version 2.

The two V2 tables have exactly the columns that their contract names. What more there is to say gets a table of its own.
"""

from typing import Any, Self, TypeVar
from uuid import UUID

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground import rows
from carecollective.ground.clean_text import LongCleanText
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.indexes import NamedIndex
from carecollective.told.notifications.telling import Telling
from helprequests.models import HelpRequest

from . import private

M = TypeVar("M", bound=models.Model)


class ConversationStatusField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs alone
    """A domain and not a check on the table, as the schema's own verification counts its checks."""

    def db_type(self, connection: Any) -> str:
        return "conversation_status"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(Q(requester=member) | Q(helper=member))

    def begin(self, help_request: HelpRequest, *, helper: Member, text: str, telling: Telling) -> "Conversation | None":
        """The new conversation, or None where this helper has one on this request, or there is a block."""
        values = {
            "help_request_id": help_request.pk,
            "requester_id": help_request.user_id,
            "helper_id": helper.pk,
            "initial_message": text,
        }
        only_if, on_conflict = "may_talk_with(%(requester_id)s)", "ON CONSTRAINT unique_help_request_helper"
        return _told(self.model, values, telling, about="written.id", only_if=only_if, on_conflict=on_conflict)


class Conversation(models.Model):
    """One member's offer on another's help request, and the private talk that follows from it."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ARCHIVED = "archived", _("Archived")

    version = "v2"

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    help_request = reference(HelpRequest, related_name="conversations", verbose_name=_("help request"))
    requester = reference(Member, related_name="+", verbose_name=_("asked by"))
    helper = reference(Member, related_name="+", verbose_name=_("offered by"))
    initial_message = LongCleanText(length=(10, 1000), check="first_message_is_clean_and_10_to_1000", max_length=None)
    status = ConversationStatusField(_("status"), choices=Status, db_default=Status.ACTIVE)
    # Django's Now() is STATEMENT_TIMESTAMP(): the insert's own time, so after the lock that the service took.
    created_at = models.DateTimeField(_("begun"), db_default=Now())
    updated_at = models.DateTimeField(_("last activity"), db_default=Now())

    objects = ConversationQuerySet.as_manager()

    class Meta:
        db_table = "conversations_v2"
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            # Both at once: the help request exists, and the requester is its owner.
            ForeignKeyConstraint(
                name="conversation_is_with_the_owner",
                fields=["help_request", "requester"],
                to="helprequests.HelpRequest",
                to_fields=["id", "user"],
            ),
            ForeignKeyConstraint(name="conversation_has_a_requester", fields=["requester"], to="accounts.Member"),
            ForeignKeyConstraint(name="conversation_has_a_helper", fields=["helper"], to="accounts.Member"),
            models.UniqueConstraint(name="unique_help_request_helper", fields=["help_request", "helper"]),
            models.CheckConstraint(name="different_participants", condition=~Q(requester=F("helper"))),
        ]
        indexes = [
            NamedIndex(fields=["help_request"], name="idx_conversations_v2_help_request_id"),
            NamedIndex(fields=["requester"], name="idx_conversations_v2_requester_id"),
            NamedIndex(fields=["helper"], name="idx_conversations_v2_helper_id"),
            NamedIndex(fields=["status"], name="idx_conversations_v2_status"),
            NamedIndex(fields=["-created_at"], name="idx_conversations_v2_created_at"),
            NamedIndex(fields=["requester", "-updated_at", "-id"], name="idx_conversations_v2_asked"),
            NamedIndex(fields=["helper", "-updated_at", "-id"], name="idx_conversations_v2_offered"),
        ]

    wall, personal_data = private.CONVERSATION

    def __str__(self) -> str:
        return gettext("Conversation %(id)s") % {"id": self.pk}


class MessageQuerySet(models.QuerySet["Message"]):
    def write(
        self,
        conversation_id: UUID,
        *,
        sender: Member,
        text: str,
        id: UUID | None,
        only_if: str = "",
        telling: Telling | None = None,
    ) -> "Message | None":
        """The new message, or None where the id is taken or `only_if` is untrue. `created_at` is the database's own."""
        values = {"conversation_id": conversation_id, "sender_id": sender.pk, "content": text}
        if id is not None:
            values["id"] = id
        if telling is None:
            return rows.insert(self.model, values, on_conflict="(id)", only_if=only_if)
        about = "written.conversation_id"
        return _told(self.model, values, telling, about=about, on_conflict="(id)", only_if=only_if)


class Message(models.Model):
    """What one of the two wrote after the first message. Written once: nobody changes or deletes it."""

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    conversation = reference(Conversation, related_name="messages", verbose_name=_("conversation"))
    sender = reference(Member, related_name="+", verbose_name=_("written by"))
    content = LongCleanText(length=(1, 1000), check="message_is_clean_and_1_to_1000", max_length=None)
    created_at = models.DateTimeField(_("sent"), db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = MessageQuerySet.as_manager()

    class Meta:
        db_table = "messages_v2"
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            ForeignKeyConstraint(
                name="message_goes_with_its_conversation", fields=["conversation"], to="messaging.Conversation"
            ),
            ForeignKeyConstraint(name="message_has_a_sender", fields=["sender"], to="accounts.Member"),
        ]
        indexes = [
            NamedIndex(fields=["conversation"], name="idx_messages_v2_conversation_id"),
            NamedIndex(fields=["sender"], name="idx_messages_v2_sender_id"),
            NamedIndex(fields=["-created_at"], name="idx_messages_v2_created_at"),
            NamedIndex(fields=["conversation", "created_at", "id"], name="idx_messages_v2_thread"),
        ]

    wall, personal_data = private.MESSAGE


def _told(model: type[M], values: dict[str, Any], telling: Telling, *, about: str, **conditions: str) -> M | None:
    """The new row, of which the other is told in the statement that writes it, or None."""
    call = telling.call("tell_the_other", about)
    written = rows.insert_and(model, values, call, **conditions, **telling.values)
    if written is None:
        return None
    row, answer = written
    telling.heard(*answer)
    return row
