"""A day that is over is summed once, and whatever changes its attempts later takes its sums away.

The triggers look at no attempt that is written when it was made. One that comes later waits for whoever sums just then
(`rollout/days.py`), so that the day is summed with it, or summed again.
"""

from django.db import migrations, models

DAYS = """
GRANT SELECT ON rollout_days TO care_staff;
GRANT SELECT, INSERT, DELETE ON rollout_days TO care_system;

CREATE FUNCTION a_changed_day_is_summed_again() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moments timestamptz[] := ARRAY[]::timestamptz[];
BEGIN
    IF TG_OP <> 'DELETE' THEN moments := moments || NEW.attempted_at; END IF;
    IF TG_OP <> 'INSERT' THEN moments := moments || OLD.attempted_at; END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtext('rollout_days'));
    DELETE FROM public.rollout_days AS d USING unnest(moments) AS moment
        WHERE d.begins_at <= moment AND d.ends_at > moment;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION a_changed_day_is_summed_again() FROM PUBLIC;
CREATE TRIGGER a_late_attempt_changes_its_day AFTER INSERT ON rollout_attempts FOR EACH ROW
    WHEN (NEW.attempted_at < statement_timestamp() - interval '10 minutes')
    EXECUTE FUNCTION a_changed_day_is_summed_again();
CREATE TRIGGER a_changed_attempt_changes_its_day AFTER UPDATE ON rollout_attempts FOR EACH ROW
    EXECUTE FUNCTION a_changed_day_is_summed_again();
CREATE TRIGGER a_forgotten_attempt_changes_its_day AFTER DELETE ON rollout_attempts FOR EACH ROW
    EXECUTE FUNCTION a_changed_day_is_summed_again();
"""
NO_DAYS = """
DROP TRIGGER a_forgotten_attempt_changes_its_day ON rollout_attempts;
DROP TRIGGER a_changed_attempt_changes_its_day ON rollout_attempts;
DROP TRIGGER a_late_attempt_changes_its_day ON rollout_attempts;
DROP FUNCTION a_changed_day_is_summed_again();
REVOKE ALL ON rollout_days FROM care_staff, care_system;
"""


class Migration(migrations.Migration):
    dependencies = [("rollout", "0003_a_way_around_the_acts_is_told_of_the_acts")]

    operations = [
        migrations.CreateModel(
            name="DayOfAttempts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("version", models.CharField(max_length=2)),
                ("outcome", models.CharField(max_length=40)),
                ("stage", models.CharField(max_length=20)),
                ("is_synthetic", models.BooleanField()),
                ("attempts", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "rollout_days",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("begins_at", "ends_at", "version", "outcome", "stage", "is_synthetic"),
                        name="a_day_counts_each_kind_once",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(
                    ("outcome__in", ("created", "server_error", "unavailable", "timeout")),
                    ("version", "v2"),
                ),
                fields=["-attempted_at", "-id"],
                include=["milliseconds", "is_synthetic"],
                name="idx_rollout_attempts_timed",
            ),
        ),
        migrations.RunSQL(DAYS, reverse_sql=NO_DAYS),
    ]
