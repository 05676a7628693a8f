"""Who agreed to which version of the community standards and the privacy page (consent)."""

from django.db import models
from django.db.models.functions import Now

from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference

from . import private
from .member import Member


class Acceptance(models.Model):
    """Somebody agreed to the community standards and read the privacy page, as they were then. Rows are only added."""

    member = reference(Member, related_name="+")
    standards = models.CharField(max_length=10)  # the version: the day from which it holds
    privacy = models.CharField(max_length=10)
    accepted_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "acceptances"
        constraints = [
            ForeignKeyConstraint(name="acceptance_goes_with_its_member", fields=["member"], to="accounts.Member"),
        ]
        indexes = [models.Index(fields=["member", "-accepted_at"], name="idx_acceptances_member")]

    personal_data = private.ACCEPTANCE
