"""Copies of a member's data (data export): that one was made, when and why; and the file, while it can be taken."""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.privacy import YOURSELF, Copied, Erased, Privacy
from carecollective.ground.text_lookups import IsCleanText
from carecollective.ground.texts import REASON_LENGTH
from carecollective.ground.walls import Policy, Wall, for_system, own_or_system

KEPT_FOR = timedelta(days=7)  # the policy on the archives says the same
GIVEN_UP_AFTER = timedelta(days=1)


class ExportQuerySet(models.QuerySet["Export"]):
    def asked_by(self, member: Member) -> Self:
        return self.filter(member=member, made_by=Export.MadeBy.MEMBER)

    def unfinished(self) -> Self:
        return self.filter(ready_at=None, failed_at=None)


class Export(models.Model):
    """One copy of everything about one member: asked for by themselves, or made by an operator, with the reason."""

    class MadeBy(models.TextChoices):
        MEMBER = "member"
        OPERATOR = "operator"

    class State(models.TextChoices):
        BEING_MADE = "being_made"
        READY = "ready"
        USED = "used"
        RAN_OUT = "ran_out"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    member = reference(Member, related_name="+")
    made_by = models.CharField(max_length=8, choices=MadeBy, db_default=MadeBy.MEMBER)
    reason = CleanText(length=REASON_LENGTH, db_default="")  # held by `operators_say_why`: a member needs none
    language = models.CharField(max_length=5, db_default="")
    asked_at = models.DateTimeField(db_default=Now())
    ready_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        db_table = "exports"
        constraints = [
            ForeignKeyConstraint(name="export_goes_with_its_member", fields=["member"], to="accounts.Member"),
            models.CheckConstraint(
                name="export_is_made_by_one_of_two", condition=Q(made_by__in=["member", "operator"])
            ),
            models.CheckConstraint(
                name="operators_say_why",
                condition=Q(made_by="member", reason="")
                | Q(IsCleanText("reason"), made_by="operator", reason__length__range=REASON_LENGTH),
            ),
            models.CheckConstraint(
                name="only_a_ready_export_is_used", condition=Q(used_at=None) | Q(ready_at__isnull=False)
            ),
            models.CheckConstraint(
                name="a_ready_export_has_not_failed", condition=Q(failed_at=None) | Q(ready_at=None)
            ),
            models.UniqueConstraint(
                name="one_export_is_made_at_a_time",
                fields=["member"],
                condition=Q(made_by="member", ready_at=None, failed_at=None),
            ),
        ]
        indexes = [models.Index(fields=["member", "-asked_at"], name="idx_exports_member")]

    wall = Wall(
        members="SELECT, INSERT (member_id, language)",
        system=(
            "SELECT, INSERT (member_id, made_by, reason, language, ready_at, used_at), UPDATE (ready_at, "
            "used_at, failed_at), DELETE"
        ),
        policies=[
            Policy("members see the copies of their data", "SELECT", "members system", own_or_system("member_id")),
            Policy(
                "members ask for a copy of their own",
                "INSERT",
                "members system",
                check="""
                current_user = 'care_system' OR member_id = (SELECT acting_member()) AND made_by = 'member'
                """,
            ),
            for_system("the system says what became of a copy", "UPDATE"),
            for_system("the system forgets copies", "DELETE"),
        ],
    )
    personal_data = Privacy(
        Copied("copies", "id made_by reason language asked_at ready_at used_at failed_at", {"member_id": YOURSELF}),
        Erased("member_id"),
        words="reason",
    )

    @property
    def runs_out_at(self) -> datetime | None:
        return self.ready_at and self.ready_at + KEPT_FOR

    @property
    def state(self) -> str:
        if self.failed_at:
            return self.State.FAILED
        if self.ready_at is None:
            return self.State.BEING_MADE
        if self.used_at:
            return self.State.USED
        return self.State.READY if clock.now() < self.ready_at + KEPT_FOR else self.State.RAN_OUT


class Archive(models.Model):
    """The zip file. The system writes it and cannot read it; its member reads it once, by taking it away."""

    export = models.OneToOneField(
        Export, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="archive"
    )
    content = models.BinaryField()

    class Meta:
        db_table = "export_archives"
        constraints = [
            ForeignKeyConstraint(name="archive_goes_with_its_export", fields=["export"], to="exports.Export"),
        ]

    wall = Wall(
        members="SELECT, DELETE",
        system="SELECT (export_id), INSERT (export_id, content), DELETE",
        policies=[
            Policy(
                "its member reads it for seven days",
                "SELECT",
                "members system",
                """
                CASE WHEN current_user = 'care_system' THEN true
                    ELSE EXISTS (SELECT FROM exports AS e
                                 WHERE e.id = export_id AND e.member_id = (SELECT acting_member())
                                     AND e.ready_at > statement_timestamp() - interval '7 days') END
                """,
            ),
            Policy(
                "its member takes it away",
                "DELETE",
                "members system",
                """
                CASE WHEN current_user = 'care_system' THEN true
                    ELSE EXISTS (SELECT FROM exports AS e
                                 WHERE e.id = export_id AND e.member_id = (SELECT acting_member())) END
                """,
            ),
            for_system("the system puts it there", "INSERT"),
        ],
    )
    personal_data = Privacy(
        Copied("", "", {"export_id content": "a copy of the copy"}),
        Erased(goes_with="exports"),
        words="content",
        kept="until it is taken, for 7 days at most",
    )
