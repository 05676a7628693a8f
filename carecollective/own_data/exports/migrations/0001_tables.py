"""Copies of a member's data."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys
import carecollective.ground.text_lookups


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
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
                (
                    "made_by",
                    models.CharField(
                        choices=[("member", "Member"), ("operator", "Operator")], db_default="member", max_length=8
                    ),
                ),
                ("reason", models.CharField(db_default="", max_length=500)),
                ("language", models.CharField(db_default="", max_length=5)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ready_at", models.DateTimeField(null=True)),
                ("used_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "exports",
                "indexes": [models.Index(fields=["member", "-asked_at"], name="idx_exports_member")],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="export_goes_with_its_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("made_by__in", ["member", "operator"])), name="export_is_made_by_one_of_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("made_by", "member"), ("reason", "")),
                            models.Q(
                                carecollective.ground.text_lookups.IsCleanText("reason"),
                                ("made_by", "operator"),
                                ("reason__length__range", (10, 500)),
                            ),
                            _connector="OR",
                        ),
                        name="operators_say_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("used_at", None), ("ready_at__isnull", False), _connector="OR"),
                        name="only_a_ready_export_is_used",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("failed_at", None), ("ready_at", None), _connector="OR"),
                        name="a_ready_export_has_not_failed",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("failed_at", None), ("made_by", "member"), ("ready_at", None)),
                        fields=("member",),
                        name="one_export_is_made_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Archive",
            fields=[
                (
                    "export",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="archive",
                        serialize=False,
                        to="exports.export",
                    ),
                ),
                ("content", models.BinaryField()),
            ],
            options={
                "db_table": "export_archives",
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("export",),
                        name="archive_goes_with_its_export",
                        on_delete="CASCADE",
                        to="exports.Export",
                        to_fields=("id",),
                    )
                ],
            },
        ),
    ]
