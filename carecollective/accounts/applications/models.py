"""What the team wrote to an applicant in its own words, beside the letter that everybody gets."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from carecollective.accounts.models import Member
from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.privacy import ROW_NUMBER, YOURSELF, Copied, Erased, Privacy
from carecollective.ground.walls import Policy, Wall, for_system, own_or_system


class PersonalLine(models.Model):
    """One line of the team's in the letter about one decision. A job writes that letter, and jobs carry no texts."""

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    member = reference(Member, related_name="+")
    outcome = models.CharField(max_length=10)
    line = CleanText(length=(1, 300), check="line_is_clean_and_1_to_300")
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "application_lines"
        default_permissions = ()
        constraints = [
            ForeignKeyConstraint(name="line_goes_with_its_applicant", fields=["member"], to="accounts.Member"),
            models.CheckConstraint(name="line_is_about_a_decision", condition=Q(outcome__in=["approved", "rejected"])),
        ]
        indexes = [models.Index(fields=["member", "-written_at"], name="idx_application_lines_member")]

    wall = Wall(
        members="SELECT",
        system="SELECT, INSERT (member_id, outcome, line), DELETE",
        policies=[
            Policy("an applicant reads it", "SELECT", "members system", own_or_system("member_id")),
            for_system("the system writes it", "INSERT"),
            for_system("the system forgets it", "DELETE"),
        ],
    )
    personal_data = Privacy(
        Copied("application_lines", "outcome line written_at", {"id": ROW_NUMBER, "member_id": YOURSELF}),
        Erased("member_id"),
        words="line",
    )
