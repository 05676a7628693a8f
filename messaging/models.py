"""Conversations and messages of version 2, and who has read how far.

The two V2 tables have exactly the columns that their contract names. What more there is to say gets a table of its own.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.functions import RandomUUID
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground import rows
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.indexes import NamedIndex
from carecollective.ground.text_lookups import IsCleanText
from helprequests.models import HelpRequest

from . import private

FIRST_MESSAGE_LENGTH = (10, 1000)
MESSAGE_LENGTH = (1, 1000)
NOTE_LENGTH = (0, 300)
UNDO_WITHIN = timedelta(minutes=10)
LAPSES_AFTER = timedelta(days=14)


class ConversationStatusField(models.TextField):
    """A domain and not a check on the table, as the schema's own verification counts its checks."""

    def db_type(self, connection: Any) -> str:
        return "conversation_status"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(Q(requester=member) | Q(helper=member))

    def begin(self, help_request: HelpRequest, *, helper: Member, text: str) -> "Conversation | None":
        """The new conversation, or None where this helper has one on this request, or there is a block."""
        values = {
            "help_request_id": help_request.pk,
            "requester_id": help_request.user_id,
            "helper_id": helper.pk,
            "initial_message": text,
        }
        return rows.insert(
            self.model,
            values,
            only_if="may_talk_with(%(requester_id)s)",
            on_conflict="ON CONSTRAINT unique_help_request_helper",
        )


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
    initial_message = models.TextField()
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
            models.CheckConstraint(
                name="first_message_is_clean_and_10_to_1000",
                condition=Q(IsCleanText("initial_message"), initial_message__length__range=FIRST_MESSAGE_LENGTH),
            ),
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
    def write(self, conversation: Conversation, *, sender: Member, text: str, id: UUID | None) -> "Message | None":
        """The new message, or None where the id is taken. `created_at` is the database's to say."""
        values = {"conversation_id": conversation.pk, "sender_id": sender.pk, "content": text}
        if id is not None:
            values["id"] = id
        return rows.insert(self.model, values, on_conflict="(id)")


class Message(models.Model):
    """What one of the two wrote after the first message. Written once: nobody changes or deletes it."""

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    conversation = reference(Conversation, related_name="messages", verbose_name=_("conversation"))
    sender = reference(Member, related_name="+", verbose_name=_("written by"))
    content = models.TextField()
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
            models.CheckConstraint(
                name="message_is_clean_and_1_to_1000",
                condition=Q(IsCleanText("content"), content__length__range=MESSAGE_LENGTH),
            ),
        ]
        indexes = [
            NamedIndex(fields=["conversation"], name="idx_messages_v2_conversation_id"),
            NamedIndex(fields=["sender"], name="idx_messages_v2_sender_id"),
            NamedIndex(fields=["-created_at"], name="idx_messages_v2_created_at"),
            NamedIndex(fields=["conversation", "created_at", "id"], name="idx_messages_v2_thread"),
        ]

    wall, personal_data = private.MESSAGE


class Answer(models.TextChoices):
    """How an offer stands; None while it waits. That it is accepted, the help request alone says, by its helper."""

    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    RELEASED = "released", _("Released")
    LAPSED = "lapsed", _("Lapsed")


class Step:
    """One row of the life of an offer: from which answers, to which, by whom."""

    def __init__(self, before: Iterable[str | None], after: str | None, *who: str) -> None:
        self.before, self.after, self.who = tuple(before), after, who


# The whole life of an offer. docs/states.md is drawn from this table.
STEPS = {
    "accept": Step([None, Answer.DECLINED, Answer.LAPSED], Answer.ACCEPTED, "requester"),
    "decline": Step([None], Answer.DECLINED, "requester"),
    "enough_help": Step([None], Answer.DECLINED, "requester"),
    "withdraw": Step([None, Answer.ACCEPTED], Answer.WITHDRAWN, "helper"),
    "release": Step([Answer.ACCEPTED], Answer.RELEASED, "requester", "helper"),
    "lapse": Step([None], Answer.LAPSED, "time"),
    "offer again": Step([Answer.WITHDRAWN, Answer.RELEASED, Answer.LAPSED], None, "helper"),
}


class OfferAnswerQuerySet(models.QuerySet["OfferAnswer"]):
    def write(self, conversation_id: UUID, kind: str, *, by: Member) -> "OfferAnswer":
        """The database says who takes part, how the offer stands after it, and when."""
        answer: Any = rows.insert(self.model, {"conversation_id": conversation_id, "kind": kind, "by_id": by.pk})
        return answer

    def latest_in(self, conversation_id: UUID) -> "OfferAnswer | None":
        return self.filter(conversation_id=conversation_id).order_by("-at").first()

    def standing_in(self, conversation_id: UUID, *, help_request: HelpRequest, helper_id: UUID) -> str | None:
        """How the offer stands, as `messaging.inbox` says it too: accepted is whoever the request has as its helper."""
        latest = self.latest_in(conversation_id)
        if help_request.helper_id == helper_id:
            return Answer.ACCEPTED
        return Answer.RELEASED if latest and latest.answer == Answer.ACCEPTED else latest and latest.answer

    def last_word_is_said(self, conversation: Any, *, by: Member) -> bool:
        """After a "no thanks" its helper has one more message than the requester; the database says the same."""
        latest = self.latest_in(conversation.pk)
        if latest is None or latest.answer != Answer.DECLINED or latest.helper_id != by.pk:
            return False
        since = conversation.messages.filter(created_at__gt=latest.since)
        return since.filter(sender=by).count() > since.exclude(sender=by).count()


class OfferAnswer(models.Model):
    """What became of an offer, step by step. Written once: an undo is a step of its own.

    `conversation_id` is of either version, and stays what it is when a conversation is copied: so it is no foreign key,
    and the trigger that fills in the people finds the conversation. What goes with the people and the request goes.
    """

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        ENOUGH_HELP = "enough_help", _("Enough help")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        RELEASED = "released", _("Released")
        LAPSED = "lapsed", _("Lapsed")
        OFFERED = "offered", _("Offered again")
        UNDONE = "undone", _("Undone")
        # What became of the help request; the answer stays what it was.
        COMPLETED = "completed", _("Request done")
        CANCELLED = "cancelled", _("Request closed")
        REOPENED = "reopened", _("Request open again")
        CLOSED = "closed", _("Request closed by the team")

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    conversation_id = models.UUIDField()
    help_request = reference(HelpRequest, related_name="+")
    requester = reference(Member, related_name="+")
    helper = reference(Member, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    # Null where nobody of the two did it: time, the team, or another helper.
    by = reference(Member, null=True, related_name="+")
    # How the offer stood and stands; null while it waits.
    before = models.CharField(max_length=12, choices=Answer, null=True)  # noqa: DJ001  (no answer is no empty one)
    answer = models.CharField(max_length=12, choices=Answer, null=True)  # noqa: DJ001  (likewise)
    # Since when the answer is this one.
    since = models.DateTimeField(db_default=Now())
    at = models.DateTimeField(db_default=Now())

    objects = OfferAnswerQuerySet.as_manager()

    class Meta:
        db_table = "offer_answers"
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            ForeignKeyConstraint(
                name="answer_goes_with_its_help_request", fields=["help_request"], to="helprequests.HelpRequest"
            ),
            ForeignKeyConstraint(name="answer_has_a_requester", fields=["requester"], to="accounts.Member"),
            ForeignKeyConstraint(name="answer_has_a_helper", fields=["helper"], to="accounts.Member"),
            ForeignKeyConstraint(name="answer_goes_with_whose_it_is", fields=["by"], to="accounts.Member"),
            models.UniqueConstraint(name="answers_come_one_after_the_other", fields=["conversation_id", "at"]),
            models.CheckConstraint(
                name="answer_is_by_one_of_the_two", condition=Q(by=None) | Q(by=F("requester")) | Q(by=F("helper"))
            ),
            models.CheckConstraint(name="nobody_answers_themselves", condition=~Q(requester=F("helper"))),
            models.CheckConstraint(
                name="answer_kind_is_known",
                condition=Q(
                    kind__in=[
                        "accepted",
                        "declined",
                        "enough_help",
                        "withdrawn",
                        "released",
                        "lapsed",
                        "offered",
                        "undone",
                        "completed",
                        "cancelled",
                        "reopened",
                        "closed",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="answer_is_known",
                condition=Q(answer=None) | Q(answer__in=["accepted", "declined", "withdrawn", "released", "lapsed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["help_request"], name="idx_answers_help_request_id"),
            models.Index(fields=["requester"], name="idx_answers_requester_id"),
            models.Index(fields=["helper"], name="idx_answers_helper_id"),
            models.Index(fields=["by"], name="idx_answers_by_id"),
        ]

    wall, personal_data = private.OFFER_ANSWER


# What its own doer can take back while UNDO_WITHIN lasts, and nothing else has happened since.
UNDOABLE = (
    OfferAnswer.Kind.ACCEPTED,
    OfferAnswer.Kind.DECLINED,
    OfferAnswer.Kind.ENOUGH_HELP,
    OfferAnswer.Kind.WITHDRAWN,
    OfferAnswer.Kind.RELEASED,
)


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


class MessagingPreference(models.Model):
    """What a member has chosen for their conversations. Without a row everything is as it is for everybody."""

    member = models.OneToOneField(
        Member, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", primary_key=True
    )
    shows_seen = models.BooleanField(db_default=True)

    class Meta:
        db_table = "messaging_preferences"
        constraints = [
            ForeignKeyConstraint(name="preference_goes_with_its_member", fields=["member"], to="accounts.Member"),
        ]

    wall, personal_data = private.MESSAGING_PREFERENCE
