"""What became of an offer, step by step, and which step may follow which."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground import rows
from carecollective.ground.clean_text import TextRule
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from helprequests.models import HelpRequest

from . import private
from .threads import ThreadMessage

NOTE = TextRule(0, 300)  # a message that goes with a no: shorter than others, or none
UNDO_WITHIN = timedelta(minutes=10)
LAPSES_AFTER = timedelta(days=14)


# For who writes, in the table of a version's messages: everybody may but a helper who was declined and has had the last
# word. As `last_word_is_said` has it, and the database after the insert.
MAY_WRITE = """
NOT coalesce((
    SELECT a.answer = 'declined' AND a.helper_id = %(sender_id)s AND (
        SELECT count(*) FILTER (WHERE m.sender_id = a.helper_id) > count(*) FILTER (WHERE m.sender_id <> a.helper_id)
        FROM {messages} AS m WHERE m.conversation_id = a.conversation_id AND m.created_at > a.since)
    FROM offer_answers AS a WHERE a.conversation_id = %(conversation_id)s ORDER BY a.at DESC LIMIT 1
), false)
"""


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
        return rows.insert(self.model, {"conversation_id": conversation_id, "kind": kind, "by_id": by.pk})

    def latest_in(self, conversation_id: UUID) -> "OfferAnswer | None":
        return self.filter(conversation_id=conversation_id).order_by("-at").first()

    def last_word_is_said(self, conversation_id: UUID, *, by: Member) -> bool:
        """After a "no thanks" its helper has one more message than the requester; the database says the same."""
        latest = self.latest_in(conversation_id)
        if latest is None or latest.answer != Answer.DECLINED or latest.helper_id != by.pk:
            return False
        since = ThreadMessage.objects.filter(conversation=conversation_id, created_at__gt=latest.since)
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
            models.Index(fields=["help_request", "at"], name="idx_answers_help_request"),
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
