"""The jobs of the clock, as the team sees them: no table of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScheduledJob",
            fields=[],
            options={
                "verbose_name": "scheduled work",
                "verbose_name_plural": "scheduled work",
                "permissions": [("try_job_again", "May have a failed job tried again")],
                "proxy": True,
                "default_permissions": ("view",),
            },
            bases=("procrastinate.procrastinatejob",),
        ),
    ]
