"""What somebody wrote after their sign-in had ended."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptText",
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
                ("path", models.CharField(max_length=200)),
                ("fields", models.JSONField()),
                ("kept_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "db_table": "kept_texts",
                "indexes": [models.Index(fields=["member", "path"], name="idx_kept_texts_member_path")],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="kept_text_goes_with_its_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    )
                ],
            },
        ),
    ]
