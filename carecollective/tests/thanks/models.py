"""A thank-you note, as CONTRIBUTING tells how a private table comes to be. No app of the product."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now

from carecollective.accounts.models import Member
from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.privacy import OTHERS, ROW_NUMBER, YOURSELF, Copied, Erased, Privacy
from carecollective.ground.walls import IS_SYSTEM, ME, Policy, Wall, for_system, own


class ThankYouNote(models.Model):
    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    writer = reference(Member, related_name="+")
    reader = reference(Member, related_name="+")
    note = CleanText(length=(1, 300), check="note_is_clean_and_1_to_300")
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "thank_you_notes"
        constraints = [
            ForeignKeyConstraint(name="note_goes_with_its_writer", fields=["writer"], to="accounts.Member"),
            ForeignKeyConstraint(name="note_goes_with_its_reader", fields=["reader"], to="accounts.Member"),
        ]

    wall = Wall(
        members="SELECT, INSERT (writer_id, reader_id, note)",
        system="SELECT, DELETE",
        policies=[
            Policy("both read it", "SELECT", "members system", f"{IS_SYSTEM} OR {ME} IN (writer_id, reader_id)"),
            Policy("its writer writes it", "INSERT", "members", check=own("writer_id")),
            for_system("the system forgets whoever left", "DELETE"),
        ],
    )
    personal_data = Privacy(
        Copied("thanks", "note written_at", {"id": ROW_NUMBER, "writer_id": YOURSELF, "reader_id": OTHERS}),
        Erased("writer_id reader_id"),
        words="note",
    )
