"""What of a member's contact details is shared in which conversation."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("helprequests", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactShare",
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
                ("conversation_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("phone", "Phone number"), ("place", "Address or meeting place")], max_length=5
                    ),
                ),
                ("shared_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.CharField(
                        choices=[
                            ("stopped", "Stopped"),
                            ("help_ended", "Help Ended"),
                            ("archived", "Archived"),
                            ("time", "Time"),
                        ],
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "help_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helprequests.helprequest",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reader",
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
                "db_table": "contact_shares",
                "indexes": [
                    models.Index(fields=["conversation_id"], name="idx_shares_conversation_id"),
                    models.Index(fields=["help_request"], name="idx_shares_help_request_id"),
                    models.Index(fields=["owner", "kind"], name="idx_shares_owner_id"),
                    models.Index(fields=["reader", "owner", "kind"], name="idx_shares_reader_id"),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("help_request",),
                        name="share_goes_with_its_help_request",
                        on_delete="CASCADE",
                        to="helprequests.HelpRequest",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("owner",),
                        name="share_goes_with_its_owner",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("reader",),
                        name="share_goes_with_its_reader",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("owner", models.F("reader")), _negated=True),
                        name="nobody_shares_with_themselves",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["phone", "place"])), name="share_kind_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", None)),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_by__in", ["stopped", "help_ended", "archived", "time"]),
                            ),
                            _connector="OR",
                        ),
                        name="share_ends_at_a_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_by", None)),
                        fields=("conversation_id", "owner", "kind"),
                        name="one_share_of_a_kind_at_a_time",
                    ),
                ],
            },
        ),
    ]
