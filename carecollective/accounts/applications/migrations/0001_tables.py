"""The line that goes with a decision about an application."""

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
            name="PersonalLine",
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
                ("outcome", models.CharField(max_length=10)),
                ("line", models.CharField(max_length=300)),
                ("written_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "db_table": "application_lines",
                "default_permissions": (),
                "indexes": [models.Index(fields=["member", "-written_at"], name="idx_application_lines_member")],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="line_goes_with_its_applicant",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["approved", "rejected"])), name="line_is_about_a_decision"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsCleanText("line"), ("line__length__range", (1, 300))
                        ),
                        name="line_is_clean_and_1_to_300",
                    ),
                ],
            },
        ),
    ]
