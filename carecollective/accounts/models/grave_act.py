"""Why the team did what hurts a member, in the words of whoever did it, and who agreed to it where it takes two."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import reference
from carecollective.ground.indexes import NamedIndex
from carecollective.ground.texts import REASON_LENGTH

from . import private
from .member import Member


class GraveAct(models.Model):
    """Why somebody on the team did what hurts a member, in their own words: written with the act, and never changed.

    What needs a second person waits here first, and takes its steps under a trigger: agreed to by somebody else, it is
    done; after 72 hours it lapses, or is done where nobody else is eligible. Its member may call it not right: what can
    be paused then takes two others, or one and 72 more hours. Every moment is the database's own.

    Beside the entry about it, which holds no word of anybody. The ids are no foreign keys, as there.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        DONE = "done", _("Done")
        DECLINED = "declined", _("Declined")
        LAPSED = "lapsed", _("Lapsed")

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=20)  # of the entry
    asked_by = reference(Member, related_name="+")
    subject = reference(Member, null=True, related_name="+")
    about_id = models.UUIDField(null=True)
    codes = models.CharField(max_length=200, db_default="")
    reason = CleanText(length=REASON_LENGTH, check="grave_act_has_a_reason")
    status = models.CharField(max_length=8, choices=Status, db_default=Status.DONE)
    needs_second = models.BooleanField(db_default=False)
    is_alone = models.BooleanField(db_default=False)  # nobody but the asker is eligible
    new_address = models.EmailField(max_length=254, db_default="")  # while it waits, and no longer
    due_at = models.DateTimeField(null=True)
    agreed_by = reference(Member, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    disputed_at = models.DateTimeField(null=True)
    confirmed_by = reference(Member, null=True, related_name="+")  # the second of two who agree to what was disputed
    ended_at = models.DateTimeField(null=True)
    ended_by = reference(Member, null=True, related_name="+")

    class Meta:
        db_table = "grave_acts"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="grave_act_says_codes", condition=Q(codes__regex=r"^[a-z0-9_ >:.+-]{0,200}$")),
            models.CheckConstraint(
                name="grave_act_status_is_known", condition=Q(status__in=["waiting", "done", "declined", "lapsed"])
            ),
            models.CheckConstraint(
                name="grave_act_waits_until_a_moment",
                condition=Q(status="waiting", needs_second=True, due_at__isnull=False, ended_at=None)
                | Q(~Q(status="waiting"), ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="grave_act_is_agreed_to_by_somebody_else",
                condition=~Q(agreed_by=F("asked_by")) & ~Q(agreed_by=F("subject")),
            ),
            models.CheckConstraint(
                name="grave_act_is_confirmed_by_a_third",
                condition=~Q(confirmed_by=F("asked_by"))
                & ~Q(confirmed_by=F("subject"))
                & ~Q(confirmed_by=F("agreed_by")),
            ),
            models.CheckConstraint(
                name="grave_act_takes_two_unless_alone",
                condition=Q(needs_second=False) | ~Q(status="done") | Q(is_alone=True) | Q(agreed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="grave_act_keeps_no_address_once_ended", condition=Q(status="waiting") | Q(new_address="")
            ),
            models.UniqueConstraint(
                name="one_of_a_kind_waits", fields=["subject", "kind"], condition=Q(status="waiting")
            ),
        ]
        indexes = [
            NamedIndex(fields=["subject", "-at"], name="idx_grave_acts_subject"),
            NamedIndex(fields=["about_id", "-at"], name="idx_grave_acts_about"),
            models.Index(fields=["due_at"], name="idx_grave_acts_waiting", condition=Q(status="waiting")),
        ]

    wall, personal_data = private.GRAVE_ACT

    @property
    def is_waiting(self) -> bool:
        """For a second person, or for its moment."""
        return self.status == self.Status.WAITING
