"""What members reported to the team: a message of either version, with the words around it as they were."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from carecollective.accounts.models import Member
from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.indexes import NamedIndex
from carecollective.ground.privacy import (
    FACT,
    FOR_GOOD,
    ID,
    MODERATION,
    OTHERS,
    ROW_NUMBER,
    THE_TEAM_ANSWERS,
    YOURSELF,
    Copied,
    Erased,
    Privacy,
)
from carecollective.ground.walls import IS_SYSTEM, Policy, Wall, for_system


class Report(models.Model):
    """One member's report of one message. Which thread it stands in, who wrote it and the words around it are set by
    the database when the report is made: the reporter brings neither, and nobody changes them.
    """

    class Reason(models.TextChoices):
        SCAM = "scam", _("Asks for money")
        SPAM = "spam", _("Sells something")
        HARASSMENT = "harassment", _("Rude or threatening")
        INAPPROPRIATE = "inappropriate", _("Doesn’t belong here")
        PERSONAL_INFO = "personal_info", _("Shares private information")
        SAFETY = "safety", _("I am worried about someone’s safety")
        OTHER = "other", _("Something else")

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        REVIEWED = "reviewed", _("Read")
        DISMISSED = "dismissed", _("No action")
        ACTION_TAKEN = "action_taken", _("Action taken")

    class Outcome(models.TextChoices):
        NO_ACTION = "no_action", _("No action")
        WARNED = "warned", _("Warned")
        LIMITED = "limited", _("Limited: no new requests or offers")
        SUSPENDED = "suspended", _("Suspended")
        BANNED = "banned", _("Banned")

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    # Of either version, so no foreign key. The conversation's own id names the first message of a V2 thread.
    message_id = models.UUIDField()
    reported_by = reference(Member, null=True, db_column="reported_by", related_name="+", verbose_name=_("reported by"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    description = CleanText(
        _("more about it"), length=(0, 500), check="report_description_is_clean", blank=True, db_default=""
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, db_default=Status.PENDING)
    created_at = models.DateTimeField(_("reported"), db_default=Now())
    reviewed_at = models.DateTimeField(_("decided"), null=True)
    reviewed_by = reference(Member, null=True, db_column="reviewed_by", related_name="+", verbose_name=_("decided by"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, db_default="")
    version = models.CharField(max_length=2)
    conversation_id = models.UUIDField()
    sender = reference(Member, null=True, related_name="+", verbose_name=_("written by"))
    # The message, two before it and two after it: [{id, sender_id, content, created_at}], oldest first.
    evidence = models.JSONField()
    evidence_sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "message_reports"
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        default_permissions = ("view",)
        permissions = [("decide_report", gettext_noop("May open and decide reports"))]
        constraints = [
            # Who leaves takes no report along: it stays for the others' safety, without a name.
            ForeignKeyConstraint(
                name="report_outlives_its_reporter",
                fields=["reported_by"],
                to="accounts.Member",
                on_delete="SET NULL",
            ),
            ForeignKeyConstraint(
                name="report_outlives_the_sender", fields=["sender"], to="accounts.Member", on_delete="SET NULL"
            ),
            ForeignKeyConstraint(
                name="report_outlives_its_reviewer", fields=["reviewed_by"], to="accounts.Member", on_delete="SET NULL"
            ),
            models.UniqueConstraint(name="one_report_per_message_and_member", fields=["message_id", "reported_by"]),
            models.CheckConstraint(
                name="report_reason_is_known",
                condition=Q(
                    reason__in=["spam", "harassment", "inappropriate", "scam", "personal_info", "other", "safety"]
                ),
            ),
            models.CheckConstraint(
                name="report_status_is_known",
                condition=Q(status__in=["pending", "reviewed", "dismissed", "action_taken"]),
            ),
            models.CheckConstraint(
                name="nobody_decides_their_own_report",
                condition=~Q(reviewed_by=F("reported_by")) & ~Q(reviewed_by=F("sender")),
            ),
            models.CheckConstraint(
                name="report_is_decided_at_a_time",
                condition=Q(status="pending", reviewed_at=None) | Q(~Q(status="pending"), reviewed_at__isnull=False),
            ),
        ]
        indexes = [
            NamedIndex(fields=["conversation_id"], name="idx_reports_conversation"),
            NamedIndex(fields=["reported_by"], name="idx_reports_reported_by"),
            NamedIndex(fields=["sender"], name="idx_reports_sender"),
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="idx_reports_waiting"),
        ]

    wall = Wall(
        members=(
            "SELECT (id, message_id, reported_by, reason, description, status, created_at, conversation_id), "
            "INSERT (message_id, reported_by, reason, description)"
        ),
        staff=(
            "SELECT (id, message_id, reported_by, reason, status, created_at, reviewed_at, reviewed_by, "
            "outcome, version, conversation_id, sender_id)"
        ),
        system=(
            "SELECT, UPDATE (message_id, description, status, reviewed_at, reviewed_by, outcome, version, "
            "evidence, evidence_sha256)"
        ),
        policies=[
            Policy(
                "reporters see their own reports",
                "SELECT",
                "members staff system",
                """
                CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                    ELSE reported_by = (SELECT acting_member()) END
                """,
            ),
            Policy(
                "members report what others wrote to them",
                "INSERT",
                "members",
                check="""
                reported_by = (SELECT acting_member()) AND (sender_id = (SELECT acting_member())) IS FALSE
                """,
            ),
            for_system("the system decides and moves reports", "UPDATE"),
        ],
    )
    personal_data = Privacy(
        Copied(
            "reports",
            "message_id conversation_id reason description status created_at",
            {
                "id": ROW_NUMBER,
                "reported_by": YOURSELF,
                "sender_id": OTHERS,
                "version": "its conversation says which",
                "reviewed_at reviewed_by outcome": MODERATION,
                "evidence evidence_sha256": "other people's words, kept for the team alone",
            },
        ),
        Erased(
            # Not before the report is decided: nobody gets rid of what they did by leaving (`leaving.evidence`).
            emptied="description evidence evidence_sha256",
            kept={
                "id message_id conversation_id reported_by reviewed_by sender_id": ID,
                "reason status created_at reviewed_at outcome version": FACT,
            },
        ),
        words="description evidence",
        kept=FOR_GOOD,
    )


class StaffRead(models.Model):
    """Somebody on the team opened private words: who, which thread, why. Written with the reading, and never changed.

    Both people of the thread can see that it happened, when and why; for a report, 30 days after its decision and
    without the thread (`acts`).
    """

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    staff = reference(Member, null=True, related_name="+", verbose_name=_("opened by"))
    staff_name = models.CharField(_("opened by"), max_length=100)
    role = models.CharField(max_length=13, db_default="")  # the rank they had then: set by the database
    report = reference(Report, null=True, related_name="reads", verbose_name=_("report"))
    conversation_id = models.UUIDField()
    version = models.CharField(max_length=2)
    reason = CleanText(_("why"), length=(10, 500), check="read_has_a_reason")
    opened_at = models.DateTimeField(_("opened"), db_default=Now())

    class Meta:
        db_table = "staff_reads"
        verbose_name = _("opened conversation")
        verbose_name_plural = _("opened conversations")
        default_permissions = ("view",)
        permissions = [("open_thread", gettext_noop("May open a private conversation with a written reason"))]
        constraints = [
            ForeignKeyConstraint(
                name="read_outlives_its_reader", fields=["staff"], to="accounts.Member", on_delete="SET NULL"
            ),
            ForeignKeyConstraint(
                name="read_outlives_its_report", fields=["report"], to="reports.Report", on_delete="SET NULL"
            ),
        ]
        indexes = [
            NamedIndex(fields=["conversation_id", "-opened_at"], name="idx_staff_reads_conversation"),
            NamedIndex(fields=["staff", "-opened_at"], name="idx_staff_reads_staff"),
            NamedIndex(fields=["report"], name="idx_staff_reads_report"),
        ]

    wall = Wall(
        members="SELECT (id, report_id, conversation_id, reason, opened_at)",
        staff="SELECT",
        system=(
            "SELECT, INSERT (staff_id, staff_name, report_id, conversation_id, version, reason), UPDATE (staff_name)"
        ),
        policies=[
            Policy(
                "both people see that their conversation was opened",
                "SELECT",
                "members staff system",
                """
                CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                    ELSE report_id IS NULL AND EXISTS (
                        SELECT FROM thread_people AS p
                        WHERE p.id = staff_reads.conversation_id AND p.member_id = (SELECT acting_member())) END
                """,
            ),
            for_system("the system writes down who opened what", "INSERT"),
            Policy(
                "the system takes the name of whoever left",
                "UPDATE",
                "system",
                IS_SYSTEM,
                check="current_user = 'care_system' AND staff_name = 'A former member'",
            ),
        ],
    )
    personal_data = Privacy(
        Copied(
            "opened_by_team",
            "conversation_id reason opened_at",
            {
                "id": ROW_NUMBER,
                "staff_id staff_name role": "the team answers as a team; its administrators know who it was",
                "report_id": "who reported what is not told to the other",
                "version": "its conversation says which",
            },
        ),
        Erased(
            emptied="staff_name",
            kept={
                "id conversation_id staff_id report_id": ID,
                "reason": THE_TEAM_ANSWERS,
                "version role opened_at": FACT,
            },
        ),
        words="staff_name reason",
        kept=FOR_GOOD,
    )
