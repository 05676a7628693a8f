"""How a member can be reached beyond these pages: a phone number, and an exact place. Theirs until they share it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.privacy import YOURSELF, Copied, Erased, Privacy
from carecollective.ground.text_lookups import IsOneLine
from carecollective.ground.walls import Policy, Wall, for_system, own

PHONE_MAX = 40
PLACE_MAX = 200


class ContactDetail(models.Model):
    """One of the two, as its member wrote it. A row for each, since a policy shows rows: who was given the phone number
    must not find the place beside it.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone number")
        PLACE = "place", _("Address or meeting place")

    pk = models.CompositePrimaryKey("member", "kind")
    member = reference(settings.AUTH_USER_MODEL, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind)
    # Of a place; a phone number has a rule of its own. The CHECK below says it in the words that it began with.
    value = CleanText(length=(1, PLACE_MAX), one_line=True)
    # Otherwise it was given for one conversation, and goes when nobody has it any more.
    is_kept = models.BooleanField(db_default=True)

    class Meta:
        db_table = "contact_details"
        constraints = [
            ForeignKeyConstraint(name="contact_goes_with_its_member", fields=["member"], to="accounts.Member"),
            models.CheckConstraint(name="contact_kind_is_known", condition=Q(kind__in=["phone", "place"])),
            models.CheckConstraint(
                name="contact_is_clean_and_on_one_line",
                condition=Q(IsOneLine("value"), value__length__lte=PLACE_MAX),
            ),
            models.CheckConstraint(
                name="phone_is_written_like_one",
                condition=~Q(kind="phone")
                | Q(value__regex=r"^[+(]?[0-9][0-9 ().-]*( ext\. [0-9]+)?$", value__length__lte=PHONE_MAX),
            ),
        ]

    wall = Wall(
        members="SELECT, INSERT, UPDATE (value, is_kept), DELETE",
        staff="SELECT",
        system="SELECT (member_id, kind, is_kept), DELETE",
        policies=[
            Policy("members read their own", "SELECT", "members", own("member_id")),
            Policy("members write their own", "INSERT", "members", check=own("member_id")),
            Policy("members change their own", "UPDATE", "members", own("member_id"), check=own("member_id")),
            Policy("members take their own away", "DELETE", "members", own("member_id")),
            Policy(
                "the team reads an applicant's phone number",
                "SELECT",
                "staff",
                """
                current_user = 'care_staff' AND kind = 'phone' AND EXISTS (
                    SELECT FROM members AS m WHERE m.id = member_id AND m.verification_status = 'pending')
                """,
            ),
            for_system("the system knows whose there are", "SELECT"),
            for_system("the system takes away what is not kept", "DELETE"),
        ],
    )
    personal_data = Privacy(
        Copied("contact_details", "kind value is_kept", {"member_id": YOURSELF}),
        Erased("member_id"),
        words="value",
    )
