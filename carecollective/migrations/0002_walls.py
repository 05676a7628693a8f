"""Three roles, for members, for staff pages and for jobs, and the function that every policy asks.

Roles belong to the whole cluster: another database (a parallel test) may be making the same ones at this moment, and a
DBA may have made them before. So the reverse leaves them alone, and an advisory lock would not help: it is local to
one database.
"""

from django.db import migrations

ROLES_EXIST = """
DO $$
DECLARE
    wanted text;
    since_16 boolean := current_setting('server_version_num')::int >= 160000;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['authenticated', 'care_staff', 'care_system'] LOOP
        LOOP
            EXIT WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
                AND pg_has_role(wanted, CASE WHEN since_16 THEN 'SET' ELSE 'MEMBER' END);
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                    EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
                END IF;
                -- Before 16 a login inherits the rights of every role it was granted, staff's and jobs' too:
                -- so policies compare current_user and never rely on TO alone.
                EXECUTE format('GRANT %I TO %I', wanted, current_user)
                    || CASE WHEN since_16 THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
            EXCEPTION
                WHEN duplicate_object OR unique_violation OR internal_error THEN
                    PERFORM pg_sleep(0.05);  -- another database is doing the same: look again
                WHEN insufficient_privilege THEN
                    RAISE insufficient_privilege USING
                        MESSAGE = format('%I may not create or take the role %I', current_user, wanted),
                        HINT = format('A DBA runs: CREATE ROLE %1$I NOLOGIN NOSUPERUSER NOBYPASSRLS; GRANT %1$I TO %2$I;',
                                      wanted, current_user);
            END;
        END LOOP;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted AND (rolsuper OR rolbypassrls OR rolcanlogin)) THEN
            RAISE EXCEPTION 'the role % must neither log in nor bypass row level security', wanted;
        END IF;
    END LOOP;
END $$;
"""

WHO_IS_ASKING = """
CREATE FUNCTION acting_member() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    -- '' is what the setting reads once a first scoped transaction has ended.
    RETURN nullif(current_setting('app.user_id', true), '')::uuid;
REVOKE EXECUTE ON FUNCTION acting_member() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION acting_member() TO authenticated, care_staff, care_system;

CREATE FUNCTION keep_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A BEFORE UPDATE trigger runs once the row is locked: the clock is read after the lock, and never goes back.
    NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION keep_updated_at() FROM PUBLIC;
"""

NOBODY_IS_ASKING = """
DROP FUNCTION keep_updated_at();
DROP FUNCTION acting_member();
"""


# The job queue's functions come with PostgreSQL's default: everybody may run them. They run with the caller's rights
# and their tables are the login's, so this closes no hole; it keeps the rule that no function is everybody's, which
# `manage.py verify_schema` checks.
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
    dependencies = [("carecollective", "0001_tables"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL(ROLES_EXIST, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(WHO_IS_ASKING, reverse_sql=NOBODY_IS_ASKING),
        migrations.RunSQL(FOR_US_ALONE, reverse_sql=FOR_EVERYBODY),
    ]
