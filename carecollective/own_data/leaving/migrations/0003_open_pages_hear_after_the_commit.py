"""Of a deleted member the others hear once that is committed: the triggers put it into the outbox.

Nobody calls a verb there, so whoever listens finds it.
"""

from django.db import migrations

from carecollective.migrations._waking import wakes_after_commit


class Migration(migrations.Migration):
    dependencies = [
        ("leaving", "0002_walls"),
        ("carecollective", "0004_wake_ups_are_said_after_their_commit"),
    ]

    operations = [wakes_after_commit("take_back_what_was_told_of", "deleted_member_is_followed")]
