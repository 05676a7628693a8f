"""Why the team did what hurts a member, in the words of whoever did it."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import reference
from carecollective.ground.indexes import NamedIndex
from carecollective.ground.texts import REASON_LENGTH

from . import private
from .member import Member


class GraveAct(models.Model):
    """Why somebody on the team did what hurts a member, in their own words: written with the act, and never changed.

    Beside the entry about it, which holds no word of anybody. The ids are no foreign keys, as there.
    """

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=20)  # of the entry
    asked_by = reference(Member, related_name="+")
    subject = reference(Member, null=True, related_name="+")
    about_id = models.UUIDField(null=True)
    codes = models.CharField(max_length=200, db_default="")
    reason = CleanText(length=REASON_LENGTH, check="grave_act_has_a_reason")

    class Meta:
        db_table = "grave_acts"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="grave_act_says_codes", condition=Q(codes__regex=r"^[a-z0-9_ >:.+-]{0,200}$")),
        ]
        indexes = [
            NamedIndex(fields=["subject", "-at"], name="idx_grave_acts_subject"),
            NamedIndex(fields=["about_id", "-at"], name="idx_grave_acts_about"),
        ]

    wall, personal_data = private.GRAVE_ACT
