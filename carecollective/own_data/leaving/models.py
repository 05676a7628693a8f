"""Who is gone for good, by id alone, and what members were told is about to go."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """A member who is not to come back, not with an older backup either. No name, no address: rows are only added.

    `member_id` is no foreign key: a deleted member has no row, and this one stays.
    """

    class How(models.TextChoices):
        LEFT = "left", _("Left: the account was emptied")
        DELETED = "deleted", _("Deleted, with everything")

    pk = models.CompositePrimaryKey("member_id", "how")
    member_id = models.UUIDField()
    how = models.CharField(max_length=7, choices=How)
    erased_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "erasures"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="erasure_is_of_a_known_kind", condition=Q(how__in=["left", "deleted"])),
        ]


class RemovalNotice(models.Model):
    """Both people of something old were told that it goes; it goes no earlier than 30 days after.

    `about_id` is a help request's or a conversation's, of either version: so it is no foreign key.
    """

    about_id = models.UUIDField(primary_key=True)
    told_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "removal_notices"
        default_permissions = ()
