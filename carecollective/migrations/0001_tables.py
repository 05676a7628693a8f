"""How often somebody did something lately: the counters behind every limit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RateLimit",
            fields=[
                ("key", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("taken", models.PositiveIntegerField()),
                ("ends_at", models.DateTimeField()),
            ],
            options={
                "db_table": "rate_limits",
                "indexes": [models.Index(fields=["ends_at"], name="idx_rate_limits_ends_at")],
            },
        ),
    ]
