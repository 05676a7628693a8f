"""Who was erased, and whom it was told before something old goes."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # Goes and comes with the members: without them there is nobody to be erased.
    dependencies = [
        ("accounts", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="RemovalNotice",
            fields=[
                ("about_id", models.UUIDField(primary_key=True, serialize=False)),
                ("told_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "removal_notices",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "member_id", "how", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("member_id", models.UUIDField()),
                (
                    "how",
                    models.CharField(
                        choices=[("left", "Left: the account was emptied"), ("deleted", "Deleted, with everything")],
                        max_length=7,
                    ),
                ),
                ("erased_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "erasures",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("how__in", ["left", "deleted"])), name="erasure_is_of_a_known_kind"
                    )
                ],
            },
        ),
    ]
