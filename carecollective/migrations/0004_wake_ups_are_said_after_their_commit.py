"""What wakes others is said after its commit: NOTIFY inside makes all commits of the instance wait for each other.

The outbox is UNLOGGED, so that saying it waits for no disk. A crash of the database empties it, and ends every
connection that listens with it: whoever comes back looks at everything.

The job queue's two triggers stay where they are, for its own later migrations, and are off. `carecollective.ground.jobs`
wakes the workers after the commit; they look by themselves too.
"""

from django.db import migrations, models

OUTBOX = """
ALTER TABLE wake_outbox SET UNLOGGED;
REVOKE ALL ON wake_outbox FROM PUBLIC;
GRANT INSERT ON wake_outbox TO care_system;
"""
NO_OUTBOX = """
REVOKE ALL ON wake_outbox FROM care_system;
ALTER TABLE wake_outbox SET LOGGED;
"""

JOBS_SAY_NOTHING = """
ALTER TABLE procrastinate_jobs
    DISABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1,
    DISABLE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1;
"""
JOBS_SAY_IT_AT_ONCE = JOBS_SAY_NOTHING.replace("DISABLE", "ENABLE")


class Migration(migrations.Migration):
    dependencies = [("carecollective", "0003_words"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.CreateModel(
            name="WakeUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "transaction_id",
                    models.BigIntegerField(db_default=models.Func(function="txid_current"), db_index=True),
                ),
                ("payload", models.CharField(max_length=7900)),
            ],
            options={"db_table": "wake_outbox", "default_permissions": ()},
        ),
        migrations.RunSQL(OUTBOX, reverse_sql=NO_OUTBOX),
        migrations.RunSQL(JOBS_SAY_NOTHING, reverse_sql=JOBS_SAY_IT_AT_ONCE),
    ]
