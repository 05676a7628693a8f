"""What came of each backup, drill and restore: for monitors, the team's page and `manage.py backup list`."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

MADE, TRIED, RESTORED = "backup", "drill", "restore"
LONGEST = 500


class Run(models.Model):
    """`failed` is the sentence that says why, or nothing. No name and no word of anybody stands here."""

    id = models.BigAutoField(primary_key=True)
    what = models.CharField(max_length=7)
    file = models.CharField(max_length=200, blank=True)
    failed = models.CharField(max_length=LONGEST, blank=True)
    ended_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "backup_runs"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="backup_run_is_of_a_known_kind", condition=models.Q(what__in=[MADE, TRIED, RESTORED])
            ),
        ]


def note(what: str, file: str, failed: str = "") -> None:
    Run.objects.create(what=what, file=file, failed=failed[:LONGEST])


def newest(what: str) -> Run | None:
    return Run.objects.filter(what=what).order_by("-ended_at", "-id").first()


def last_good(what: str) -> datetime | None:
    """When one of these last did what it should."""
    good = Run.objects.filter(what=what, failed="")
    return good.order_by("-ended_at").values_list("ended_at", flat=True).first()
