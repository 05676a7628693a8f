"""Whoever is told hears of it once that is committed: `tell_member` puts it into the outbox."""

from django.db import migrations

from carecollective.migrations._waking import wakes_after_commit


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_walls"),
        ("carecollective", "0004_wake_ups_are_said_after_their_commit"),
    ]

    operations = [wakes_after_commit("tell_member")]
