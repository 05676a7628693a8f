"""Reports with their evidence, and which conversation was opened by whom of the team."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys
import carecollective.ground.indexes
import carecollective.ground.text_lookups


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("message_id", models.UUIDField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("scam", "Asks for money"),
                            ("spam", "Sells something"),
                            ("harassment", "Rude or threatening"),
                            ("inappropriate", "Doesn’t belong here"),
                            ("personal_info", "Shares private information"),
                            ("safety", "I am worried about someone’s safety"),
                            ("other", "Something else"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "description",
                    models.CharField(blank=True, db_default="", max_length=500, verbose_name="more about it"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("reviewed", "Read"),
                            ("dismissed", "No action"),
                            ("action_taken", "Action taken"),
                        ],
                        db_default="pending",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="reported"),
                ),
                ("reviewed_at", models.DateTimeField(null=True, verbose_name="decided")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_action", "No action"),
                            ("warned", "Warned"),
                            ("limited", "Limited: no new requests or offers"),
                            ("suspended", "Suspended"),
                            ("banned", "Banned"),
                        ],
                        db_default="",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("version", models.CharField(max_length=2)),
                ("conversation_id", models.UUIDField()),
                ("evidence", models.JSONField()),
                ("evidence_sha256", models.CharField(max_length=64)),
                (
                    "reported_by",
                    models.ForeignKey(
                        db_column="reported_by",
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reported by",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        db_column="reviewed_by",
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
            ],
            options={
                "verbose_name": "report",
                "verbose_name_plural": "reports",
                "db_table": "message_reports",
                "permissions": [("decide_report", "May open and decide reports")],
                "default_permissions": ("view",),
                "indexes": [
                    carecollective.ground.indexes.NamedIndex(
                        fields=["conversation_id"], name="idx_reports_conversation"
                    ),
                    carecollective.ground.indexes.NamedIndex(fields=["reported_by"], name="idx_reports_reported_by"),
                    carecollective.ground.indexes.NamedIndex(fields=["sender"], name="idx_reports_sender"),
                    models.Index(
                        condition=models.Q(("status", "pending")), fields=["created_at"], name="idx_reports_waiting"
                    ),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("reported_by",),
                        name="report_outlives_its_reporter",
                        on_delete="SET NULL",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("sender",),
                        name="report_outlives_the_sender",
                        on_delete="SET NULL",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("reviewed_by",),
                        name="report_outlives_its_reviewer",
                        on_delete="SET NULL",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("message_id", "reported_by"), name="one_report_per_message_and_member"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                ["spam", "harassment", "inappropriate", "scam", "personal_info", "other", "safety"],
                            )
                        ),
                        name="report_reason_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "reviewed", "dismissed", "action_taken"])),
                        name="report_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reviewed_at", None), ("status", "pending")),
                            models.Q(models.Q(("status", "pending"), _negated=True), ("reviewed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="report_is_decided_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("description", ""),
                            models.Q(
                                carecollective.ground.text_lookups.IsCleanText("description"),
                                ("description__length__lte", 500),
                            ),
                            _connector="OR",
                        ),
                        name="report_description_is_clean",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffRead",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("staff_name", models.CharField(max_length=100, verbose_name="opened by")),
                ("conversation_id", models.UUIDField()),
                ("version", models.CharField(max_length=2)),
                ("reason", models.CharField(max_length=500, verbose_name="why")),
                (
                    "opened_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="opened"),
                ),
                (
                    "report",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="reads",
                        to="reports.report",
                        verbose_name="report",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="opened by",
                    ),
                ),
            ],
            options={
                "verbose_name": "opened conversation",
                "verbose_name_plural": "opened conversations",
                "db_table": "staff_reads",
                "permissions": [("open_thread", "May open a private conversation with a written reason")],
                "default_permissions": ("view",),
                "indexes": [
                    carecollective.ground.indexes.NamedIndex(
                        fields=["conversation_id", "-opened_at"], name="idx_staff_reads_conversation"
                    ),
                    carecollective.ground.indexes.NamedIndex(
                        fields=["staff", "-opened_at"], name="idx_staff_reads_staff"
                    ),
                    carecollective.ground.indexes.NamedIndex(fields=["report"], name="idx_staff_reads_report"),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("staff",),
                        name="read_outlives_its_reader",
                        on_delete="SET NULL",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("report",),
                        name="read_outlives_its_report",
                        on_delete="SET NULL",
                        to="reports.Report",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsCleanText("reason"),
                            ("reason__length__range", (10, 500)),
                        ),
                        name="read_has_a_reason",
                    ),
                ],
            },
        ),
    ]
