"""Whoever changes the rollout past its acts is told of the acts, also as a login that may not read the history.

The triggers asked for the role and for the history in one condition, whose rights are all looked at before any of it
is. Said in SQL: they are functions of the database.
"""

from django.db import migrations

FLAG = """
CREATE OR REPLACE FUNCTION rollout_flag_changes_with_its_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage = 'disabled' AND NEW.version = 0 AND cardinality(NEW.always_on || NEW.always_off) = 0 THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        {condition}
    END IF;
    RAISE insufficient_privilege USING
        MESSAGE = 'the rollout changes only by its own acts, which write its history',
        HINT = 'Use /admin/rollout/messaging-v2/ or manage.py rollout.';
END $$;
"""
SWITCH = """
CREATE OR REPLACE FUNCTION v1_switch_changes_with_its_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {condition}
    RAISE insufficient_privilege USING
        MESSAGE = 'the old messaging is closed and opened only by its own act, which writes the history',
        HINT = 'Use /admin/rollout/messaging-v2/.';
END $$;
"""
FORWARD = FLAG.format(
    condition="""IF current_user = 'care_system' AND NEW.version = OLD.version + 1 THEN
            IF EXISTS (SELECT FROM rollout_history AS act
                WHERE act.flag_version = NEW.version AND act.made_in = pg_current_xact_id()::text::bigint) THEN
                RETURN NEW;
            END IF;
        END IF;"""
) + SWITCH.format(
    condition="""IF current_user = 'care_system' THEN
        IF EXISTS (SELECT FROM rollout_history AS act WHERE act.made_in = pg_current_xact_id()::text::bigint) THEN
            RETURN NEW;
        END IF;
    END IF;"""
)
REVERSE = FLAG.format(
    condition="""-- Outside of the system's scope the history shows no row, and this finds none.
        IF current_user = 'care_system' AND NEW.version = OLD.version + 1 AND EXISTS (
            SELECT FROM rollout_history AS act
            WHERE act.flag_version = NEW.version AND act.made_in = pg_current_xact_id()::text::bigint) THEN
            RETURN NEW;
        END IF;"""
) + SWITCH.format(
    condition="""IF current_user = 'care_system' AND EXISTS (
        SELECT FROM rollout_history AS act WHERE act.made_in = pg_current_xact_id()::text::bigint) THEN
        RETURN NEW;
    END IF;"""
)


class Migration(migrations.Migration):
    dependencies = [("rollout", "0002_walls")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
