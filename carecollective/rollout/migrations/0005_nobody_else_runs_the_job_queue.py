"""The job queue's functions come with PostgreSQL's default: everybody may run them. Only the login does.

They run with the caller's rights and their tables are the login's, so this closes no hole; it keeps the rule that no
function is everybody's, which `manage.py verify_schema` checks.
"""

from django.db import migrations

FOR_US_ALONE = """
DO $$
DECLARE
    theirs regprocedure;
BEGIN
    FOR theirs IN SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', theirs);
    END LOOP;
END $$;
"""
FOR_EVERYBODY = FOR_US_ALONE.replace("REVOKE", "GRANT").replace("FROM PUBLIC", "TO PUBLIC")


class Migration(migrations.Migration):
    dependencies = [("rollout", "0004_the_team_sees_the_rollout"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [migrations.RunSQL(FOR_US_ALONE, reverse_sql=FOR_EVERYBODY)]
