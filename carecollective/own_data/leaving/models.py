"""Who is gone for good, by id alone, and what members were told is about to go."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from carecollective.ground.privacy import ABOUT_OTHERS, FOR_GOOD, Copied, Erased, Privacy
from carecollective.ground.walls import Wall, for_system, for_triggers


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

    wall = Wall(
        system="SELECT, INSERT",
        policies=[
            *for_triggers("INSERT"),
            for_system("the system reads the ledger", "SELECT"),
            for_system("the system writes the ledger", "INSERT"),
        ],
    )
    personal_data = Privacy(
        Copied("", "", {"member_id how erased_at": "whoever is in it has left, and has no copy to ask for"}),
        Erased(kept={"member_id how erased_at": "without it an older backup brings them back"}),
        kept=FOR_GOOD,
    )


class RemovalNotice(models.Model):
    """Both people of something old were told that it goes; it goes no earlier than 30 days after.

    `about_id` is a help request's or a conversation's, of either version: so it is no foreign key.
    """

    about_id = models.UUIDField(primary_key=True)
    told_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "removal_notices"
        default_permissions = ()

    wall = Wall(
        system="SELECT, INSERT, DELETE",
        policies=[
            for_system("the system knows what was announced", "SELECT"),
            for_system("the system announces", "INSERT"),
            for_system("the system forgets what it announced", "DELETE"),
        ],
    )
    personal_data = Privacy(
        Copied("", "", {"about_id told_at": "that it goes soon stands among the notices"}),
        Erased(kept={"about_id told_at": ABOUT_OTHERS}),
        kept="until what was announced is gone",
    )
