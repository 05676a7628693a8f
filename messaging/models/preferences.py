"""What members choose for their conversations: whether they show how far they have read (read receipts)."""

from django.db import models

from carecollective.accounts.models import Member
from carecollective.ground.foreign_keys import ForeignKeyConstraint

from . import private


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
