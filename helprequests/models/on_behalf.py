"""For whom the team asks, where somebody has no account (a proxy), and that they agreed to it (consent)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.texts import MARKS_IN_A_NAME

from . import private
from .help_request import HelpRequest


class OnBehalf(models.Model):
    """For whom the team asks, and that they agreed to it. Rows are only added; members read the name alone."""

    class Consent(models.TextChoices):
        PHONE = "phone", _("By phone")
        IN_PERSON = "in_person", _("In person")
        WRITTEN = "written", _("In writing")

    help_request = models.OneToOneField(
        HelpRequest, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="on_behalf"
    )
    posted_by = reference(Member, related_name="+")
    shown_name = CleanText(
        length=(1, 40), one_line=True, marks=MARKS_IN_A_NAME, check="shown_name_is_clean_and_1_to_40"
    )
    consent_how = models.CharField(max_length=10, choices=Consent)
    consent_on = models.DateField()
    note = CleanText(length=(0, 300), check="consent_note_is_clean", blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "requests_on_behalf"
        default_permissions = ()
        constraints = [
            # Both at once: the request exists, and whoever posted it is its owner, to whom offers go.
            ForeignKeyConstraint(
                name="on_behalf_is_posted_by_the_owner",
                fields=["help_request", "posted_by"],
                to="helprequests.HelpRequest",
                to_fields=["id", "user"],
            ),
            models.CheckConstraint(
                name="consent_is_given_in_a_known_way", condition=Q(consent_how__in=["phone", "in_person", "written"])
            ),
        ]
        indexes = [models.Index(fields=["posted_by"], name="idx_requests_on_behalf_poster")]

    wall, personal_data = private.ON_BEHALF
