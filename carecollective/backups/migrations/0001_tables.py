"""What came of backups, drills and restores."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("carecollective", "0001_tables")]

    operations = [
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("what", models.CharField(max_length=7)),
                ("file", models.CharField(blank=True, max_length=200)),
                ("failed", models.CharField(blank=True, max_length=500)),
                ("ended_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "backup_runs",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("what__in", ["backup", "drill", "restore"])),
                        name="backup_run_is_of_a_known_kind",
                    )
                ],
            },
        ),
    ]
