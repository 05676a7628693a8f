"""Who pretended to be somebody else: tries at impersonation, for the team to see."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference

from . import private
from .member import Member


class ImpersonationAttempt(models.Model):
    """Somebody sent another member's id as their own. Written outside the refused transaction, and never changed."""

    caller = reference(Member, related_name="+")
    claimed = models.CharField(max_length=100)  # as it came: an invented id is an attempt too
    field = models.CharField(max_length=30)
    path = models.CharField(max_length=200)
    attempted_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "impersonation_attempts"
        verbose_name = _("impersonation attempt")
        verbose_name_plural = _("impersonation attempts")
        constraints = [
            ForeignKeyConstraint(name="attempt_goes_with_its_caller", fields=["caller"], to="accounts.Member"),
        ]
        indexes = [models.Index(fields=["caller", "-attempted_at"], name="idx_attempts_caller")]

    wall, personal_data = private.IMPERSONATION_ATTEMPT
