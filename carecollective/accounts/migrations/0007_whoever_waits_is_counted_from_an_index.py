"""Whoever waits for the team is counted from the index alone, and no row of theirs is looked at."""

import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_whoever_waits_comes_from_an_index")]

    operations = [
        migrations.RemoveIndex(model_name="member", name="idx_members_waiting"),
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
