"""Guard rails leave out what was tried near to a moment when the database was away: those moments have an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rollout", "0004_attempts_are_summed_by_the_day")]

    operations = [
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("outcome", "unavailable")),
                fields=["attempted_at"],
                name="idx_rollout_attempts_away",
            ),
        ),
    ]
