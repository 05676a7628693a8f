"""What somebody wrote after their sign-in had ended, until they are back: a day at most, handed out once (a draft)."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now

from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.privacy import ROW_NUMBER, YOURSELF, Copied, Erased, Privacy
from carecollective.ground.walls import Policy, Wall, for_system, own_or_system


class KeptText(models.Model):
    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    member = reference(settings.AUTH_USER_MODEL, related_name="+")
    path = models.CharField(max_length=200)
    fields = models.JSONField()
    kept_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "kept_texts"
        constraints = [
            ForeignKeyConstraint(name="kept_text_goes_with_its_member", fields=["member"], to="accounts.Member"),
        ]
        indexes = [models.Index(fields=["member", "path"], name="idx_kept_texts_member_path")]

    wall = Wall(
        members="SELECT, DELETE",
        system="SELECT (id, member_id, kept_at), INSERT (member_id, path, fields), DELETE",
        policies=[
            Policy("its writer reads it", "SELECT", "members system", own_or_system("member_id")),
            Policy("its writer takes it back", "DELETE", "members system", own_or_system("member_id")),
            for_system("the system keeps it", "INSERT"),
        ],
    )
    personal_data = Privacy(
        Copied("kept_texts", "path fields kept_at", {"id": ROW_NUMBER, "member_id": YOURSELF}),
        Erased("member_id"),
        words="path fields",
        kept="for 24 hours",
    )
