"""Whoever waits for the team is read from an index, in their order, and counted from it alone."""

import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_what_is_grave_takes_two"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                django.db.models.lookups.IsNull(models.F("email_confirmed_at"), True),
                models.F("joined_at"),
                models.F("id"),
                condition=models.Q(
                    ("left_at", None),
                    ("verification_status", "pending"),
                    models.Q(("restriction", "banned"), _negated=True),
                ),
                include=["email_confirmed_at"],
                name="idx_members_waiting",
            ),
        ),
    ]
