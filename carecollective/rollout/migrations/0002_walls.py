"""The flag changes only in a transaction that has written a line of history for this very change.

So a form of waffle's admin, `manage.py waffle_flag` or a line in a shell changes nothing: the database asks for who,
why and how many. History is written by the system, read by staff, and changed by nobody, the owner of the tables
included (whose rows FORCE hides, and whom the trigger stops); only the name of whoever left goes. A model cannot say
any of this.

Everybody on the team may see how the rollout goes; administrators steer it.
"""

from django.db import migrations

from carecollective.migrations._groups import permit

ROLLOUT_FLAGS = """
GRANT SELECT ON rollout_flags TO authenticated, care_staff;
GRANT SELECT, UPDATE ON rollout_flags TO care_system;

CREATE FUNCTION rollout_flag_changes_with_its_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage = 'disabled' AND NEW.version = 0 AND cardinality(NEW.always_on || NEW.always_off) = 0 THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        -- Outside of the system's scope the history shows no row, and this finds none.
        IF current_user = 'care_system' AND NEW.version = OLD.version + 1 AND EXISTS (
            SELECT FROM rollout_history AS act
            WHERE act.flag_version = NEW.version AND act.made_in = pg_current_xact_id()::text::bigint) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE insufficient_privilege USING
        MESSAGE = 'the rollout changes only by its own acts, which write its history',
        HINT = 'Use /admin/rollout/messaging-v2/ or manage.py rollout.';
END $$;
REVOKE EXECUTE ON FUNCTION rollout_flag_changes_with_its_history() FROM PUBLIC;
CREATE TRIGGER rollout_flag_changes_with_its_history BEFORE INSERT OR UPDATE OR DELETE ON rollout_flags
    FOR EACH ROW EXECUTE FUNCTION rollout_flag_changes_with_its_history();

-- Whoever is named stands in always_on and always_off; waffle's own lists would be a way around.
CREATE FUNCTION waffles_own_lists_stay_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING
        MESSAGE = 'the rollout changes only by its own acts, which write its history',
        HINT = 'Use /admin/rollout/messaging-v2/ or manage.py rollout.';
END $$;
REVOKE EXECUTE ON FUNCTION waffles_own_lists_stay_empty() FROM PUBLIC;
CREATE TRIGGER waffles_own_users_stay_empty BEFORE INSERT ON rollout_flags_users
    FOR EACH ROW EXECUTE FUNCTION waffles_own_lists_stay_empty();
CREATE TRIGGER waffles_own_groups_stay_empty BEFORE INSERT ON rollout_flags_groups
    FOR EACH ROW EXECUTE FUNCTION waffles_own_lists_stay_empty();
"""

NO_ROLLOUT_FLAGS = """
DROP TRIGGER waffles_own_groups_stay_empty ON rollout_flags_groups;
DROP TRIGGER waffles_own_users_stay_empty ON rollout_flags_users;
DROP FUNCTION waffles_own_lists_stay_empty();
DROP TRIGGER rollout_flag_changes_with_its_history ON rollout_flags;
DROP FUNCTION rollout_flag_changes_with_its_history();
REVOKE ALL ON rollout_flags FROM authenticated, care_staff, care_system;
"""

ROLLOUT_HISTORY = r"""
ALTER TABLE rollout_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON rollout_history FROM PUBLIC;
GRANT SELECT ON rollout_history TO care_staff;
GRANT SELECT, INSERT, UPDATE (by_name) ON rollout_history TO care_system;

CREATE POLICY "staff read the history" ON rollout_history
    FOR SELECT TO care_staff, care_system USING (current_user IN ('care_staff', 'care_system'));
CREATE POLICY "the system writes the history" ON rollout_history
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system takes the name of whoever left" ON rollout_history FOR UPDATE TO care_system
    USING (current_user = 'care_system') WITH CHECK (current_user = 'care_system' AND by_name = 'A former member');

CREATE FUNCTION rollout_history_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.made_at := clock_timestamp();
        NEW.made_in := pg_current_xact_id()::text::bigint;
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'the history of the rollout is written once: add a line instead';
END $$;
REVOKE EXECUTE ON FUNCTION rollout_history_is_written_once() FROM PUBLIC;
CREATE TRIGGER rollout_history_has_its_own_clock BEFORE INSERT ON rollout_history
    FOR EACH ROW EXECUTE FUNCTION rollout_history_is_written_once();
CREATE TRIGGER rollout_history_is_never_emptied BEFORE TRUNCATE ON rollout_history
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\_%')
    EXECUTE FUNCTION rollout_history_is_written_once();
-- By statement, because under FORCE there may be no row to see. A test database has to be emptied between tests.
CREATE TRIGGER rollout_history_is_written_once BEFORE DELETE OR UPDATE OF
    id, kind, made_at, by_id, member_id, from_stage, to_stage, reason,
    heads, members, checks, numbers, flag_version, made_in
    ON rollout_history FOR EACH STATEMENT EXECUTE FUNCTION rollout_history_is_written_once();
"""

NO_ROLLOUT_HISTORY = """
DROP TRIGGER rollout_history_is_written_once ON rollout_history;
DROP TRIGGER rollout_history_is_never_emptied ON rollout_history;
DROP TRIGGER rollout_history_has_its_own_clock ON rollout_history;
DROP FUNCTION rollout_history_is_written_once();
DROP POLICY "the system takes the name of whoever left" ON rollout_history;
DROP POLICY "the system writes the history" ON rollout_history;
DROP POLICY "staff read the history" ON rollout_history;
REVOKE ALL ON rollout_history FROM care_staff, care_system;
ALTER TABLE rollout_history NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

ROLLOUT_ATTEMPTS = """
-- Attempts name nobody, so they need no walls of their own: members may not read them, that is all.
GRANT SELECT ON rollout_attempts TO care_staff;
GRANT SELECT, INSERT, DELETE ON rollout_attempts TO care_system;
"""

NO_ROLLOUT_ATTEMPTS = """
REVOKE ALL ON rollout_attempts FROM care_staff, care_system;
"""

WAFFLE_SWITCH = """
-- The one switch there is, for the old messaging: also by its act alone.
GRANT SELECT, INSERT, UPDATE ON waffle_switch TO care_system;
GRANT SELECT ON waffle_switch TO authenticated, care_staff;

CREATE FUNCTION v1_switch_changes_with_its_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = 'care_system' AND EXISTS (
        SELECT FROM rollout_history AS act WHERE act.made_in = pg_current_xact_id()::text::bigint) THEN
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING
        MESSAGE = 'the old messaging is closed and opened only by its own act, which writes the history',
        HINT = 'Use /admin/rollout/messaging-v2/.';
END $$;
REVOKE EXECUTE ON FUNCTION v1_switch_changes_with_its_history() FROM PUBLIC;
CREATE TRIGGER v1_switch_changes_with_its_history BEFORE INSERT OR UPDATE ON waffle_switch
    FOR EACH ROW WHEN (NEW.name = 'messaging_v1_read_only') EXECUTE FUNCTION v1_switch_changes_with_its_history();
"""

NO_WAFFLE_SWITCH = """
DROP TRIGGER v1_switch_changes_with_its_history ON waffle_switch;
DROP FUNCTION v1_switch_changes_with_its_history();
REVOKE ALL ON waffle_switch FROM authenticated, care_staff, care_system;
"""

GROUPS = {
    "coordinators": ["view_flag"],
    "moderators": ["view_flag"],
    "administrators": ["change_flag", "view_flag"],
}

THE_FLAG = """
INSERT INTO rollout_flags (name, testing, superusers, staff, authenticated, languages, rollout, note, created, modified,
                           always_on, always_off)
VALUES ('messaging_v2', false, false, false, false, '', false, '', now(), now(), '{}', '{}')
ON CONFLICT (name) DO NOTHING;
"""
NO_FLAG = "DELETE FROM rollout_flags WHERE name = 'messaging_v2';"


class Migration(migrations.Migration):
    dependencies = [
        ("rollout", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("carecollective", "0002_walls"),
        ("accounts", "0001_tables"),
    ]

    operations = [
        migrations.RunSQL(THE_FLAG, reverse_sql=NO_FLAG),
        migrations.RunSQL(ROLLOUT_FLAGS, reverse_sql=NO_ROLLOUT_FLAGS),
        migrations.RunSQL(ROLLOUT_HISTORY, reverse_sql=NO_ROLLOUT_HISTORY),
        migrations.RunSQL(ROLLOUT_ATTEMPTS, reverse_sql=NO_ROLLOUT_ATTEMPTS),
        migrations.RunSQL(WAFFLE_SWITCH, reverse_sql=NO_WAFFLE_SWITCH),
        permit("rollout", GROUPS),
    ]
