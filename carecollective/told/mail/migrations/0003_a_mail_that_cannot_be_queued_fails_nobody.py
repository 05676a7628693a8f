"""The job of a mail, deferred in one statement that cannot fail the verb in whose transaction it stands.

What the queue's own client would send, behind an exception block: in Python that is a savepoint, two statements more on
the way of every message. It runs as the login, whose queue it is.
"""

from django.db import migrations

ENQUEUE = """
CREATE FUNCTION enqueue_mail(queue text, task text, about uuid, due timestamptz, OUT failure text)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(
        queue, task, 0, NULL, NULL, jsonb_build_object('notification_id', about::text), due
    )::procrastinate_job_to_defer_v1]);
EXCEPTION WHEN OTHERS THEN
    failure := SQLSTATE;
END $$;
REVOKE EXECUTE ON FUNCTION enqueue_mail(text, text, uuid, timestamptz) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0002_mail_is_the_systems_and_wishes_are_the_members"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.RunSQL(ENQUEUE, reverse_sql="DROP FUNCTION enqueue_mail(text, text, uuid, timestamptz)"),
    ]
