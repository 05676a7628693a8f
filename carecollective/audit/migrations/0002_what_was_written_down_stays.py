"""An entry is added and never changed: no role has UPDATE, and DELETE only the system, for failed sign-ins of 90 days ago.

Forced row level security hides the rows from the owner of the table, and the triggers stop them, also where a migration
has lifted it. `write_audit_entry` is one statement for the verb that acts: it runs as the login, outside of every scope,
and takes the system's role for itself. Its failure is the verb's: what cannot be written down is not done.

Roles and deletions are written down by the database itself, since the admin, a command and a shell all make them: nobody
raises their own rights without a line, whichever way they take.
"""

from django.db import migrations

WALLS = r"""
ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON audit_entries FROM PUBLIC;
GRANT SELECT (id, at, kind, subject_id, codes) ON audit_entries TO authenticated;
GRANT SELECT ON audit_entries TO care_staff;
GRANT SELECT, INSERT (kind, hand, actor_id, subject_id, about_id, codes, origin), DELETE ON audit_entries TO care_system;

-- Not of reports: they are about what was written, and whom they are about is the team's to know.
CREATE POLICY "members see what was done to their account" ON audit_entries
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE subject_id = (SELECT acting_member())
               AND kind IN ('approved', 'turned_down', 'account_made', 'address_changed', 'roles_changed', 'restricted',
                            'restriction_ended', 'warned', 'warning_read', 'sign_in_failed', 'second_step_taken',
                            'exported', 'export_fetched', 'leaving_asked', 'leaving_stayed', 'left') END);
CREATE POLICY "the system writes down what was done" ON audit_entries
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system forgets old failures to sign in" ON audit_entries
    FOR DELETE TO care_system
    USING (current_user = 'care_system' AND kind = 'sign_in_failed' AND at < statement_timestamp() - interval '90 days');

CREATE FUNCTION audit_entry_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW' THEN
        IF OLD.kind = 'sign_in_failed' AND OLD.at < statement_timestamp() - interval '90 days' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'what was written down stays as it is: add an entry instead';
END $$;
REVOKE EXECUTE ON FUNCTION audit_entry_is_written_once() FROM PUBLIC;
CREATE TRIGGER audit_entries_have_their_own_clock BEFORE INSERT ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_written_once();
-- By statement, because under FORCE there may be no row to see.
CREATE TRIGGER audit_entries_are_never_changed BEFORE UPDATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_written_once();
CREATE TRIGGER audit_entries_are_never_deleted BEFORE DELETE ON audit_entries
    FOR EACH STATEMENT WHEN (current_user IS DISTINCT FROM 'care_system')
    EXECUTE FUNCTION audit_entry_is_written_once();
CREATE TRIGGER audit_entries_stay_for_90_days BEFORE DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_written_once();
-- A test database has to be emptied between tests.
CREATE TRIGGER audit_entries_are_never_emptied BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\_%')
    EXECUTE FUNCTION audit_entry_is_written_once();
-- The two records that are kept in tables of their own.
CREATE TRIGGER staff_reads_are_never_emptied BEFORE TRUNCATE ON staff_reads
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\_%')
    EXECUTE FUNCTION audit_entry_is_written_once();
CREATE TRIGGER impersonation_attempts_are_never_emptied BEFORE TRUNCATE ON impersonation_attempts
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\_%')
    EXECUTE FUNCTION audit_entry_is_written_once();
"""

NO_WALLS = """
DROP TRIGGER impersonation_attempts_are_never_emptied ON impersonation_attempts;
DROP TRIGGER staff_reads_are_never_emptied ON staff_reads;
DROP TRIGGER audit_entries_are_never_emptied ON audit_entries;
DROP TRIGGER audit_entries_stay_for_90_days ON audit_entries;
DROP TRIGGER audit_entries_are_never_deleted ON audit_entries;
DROP TRIGGER audit_entries_are_never_changed ON audit_entries;
DROP TRIGGER audit_entries_have_their_own_clock ON audit_entries;
DROP FUNCTION audit_entry_is_written_once();
DROP POLICY "the system forgets old failures to sign in" ON audit_entries;
DROP POLICY "the system writes down what was done" ON audit_entries;
DROP POLICY "members see what was done to their account" ON audit_entries;
REVOKE ALL ON audit_entries FROM authenticated, care_staff, care_system;
REVOKE ALL (id, at, kind, hand, actor_id, subject_id, about_id, codes, origin)
    ON audit_entries FROM authenticated, care_staff, care_system;
ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

WRITE = """
CREATE FUNCTION write_audit_entry(
    what text, by_hand text, by_member uuid, done_to uuid, about_what uuid, in_codes text, from_place text
) RETURNS void LANGUAGE plpgsql SET role = 'care_system' AS $$
BEGIN
    INSERT INTO public.audit_entries (kind, hand, actor_id, subject_id, about_id, codes, origin)
    VALUES (what, by_hand, by_member, done_to, about_what, in_codes, from_place);
END $$;
REVOKE EXECUTE ON FUNCTION write_audit_entry FROM PUBLIC;

-- What is done to accounts by whatever hand: `app.doer` is a member's id, or 'clock'; nothing is an operator.
CREATE FUNCTION write_down_what_was_done(what text, done_to uuid, in_codes text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    doer text := coalesce(current_setting('app.doer', true), '');
BEGIN
    PERFORM public.write_audit_entry(
        what, CASE doer WHEN '' THEN 'operator' WHEN 'clock' THEN 'clock' ELSE 'member' END,
        CASE WHEN doer IN ('', 'clock') THEN NULL ELSE doer::uuid END, done_to, NULL, in_codes, '');
END $$;
REVOKE EXECUTE ON FUNCTION write_down_what_was_done FROM PUBLIC;

CREATE FUNCTION roles_are_written_down() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign text := CASE TG_OP WHEN 'DELETE' THEN '-' ELSE '+' END;
    row_is jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
    given text;
BEGIN
    IF TG_TABLE_NAME = 'members_groups' THEN
        SELECT name INTO given FROM public.auth_group WHERE id = (row_is ->> 'group_id')::int;
    ELSE
        SELECT codename INTO given FROM public.auth_permission WHERE id = (row_is ->> 'permission_id')::int;
    END IF;
    PERFORM public.write_down_what_was_done('roles_changed', (row_is ->> 'member_id')::uuid,
        sign || left(regexp_replace(lower(coalesce(given, '')), '[^a-z0-9_ .-]', '.', 'g'), 150));
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION roles_are_written_down() FROM PUBLIC;
CREATE TRIGGER groups_of_members_are_written_down AFTER INSERT OR DELETE ON members_groups
    FOR EACH ROW EXECUTE FUNCTION roles_are_written_down();
CREATE TRIGGER permissions_of_members_are_written_down AFTER INSERT OR DELETE ON members_user_permissions
    FOR EACH ROW EXECUTE FUNCTION roles_are_written_down();

CREATE FUNCTION the_team_is_written_down() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was_staff boolean := TG_OP = 'UPDATE' AND OLD.is_staff;
    was_superuser boolean := TG_OP = 'UPDATE' AND OLD.is_superuser;
BEGIN
    IF NEW.is_staff <> was_staff THEN
        PERFORM public.write_down_what_was_done(
            'roles_changed', NEW.id, CASE WHEN NEW.is_staff THEN '+is_staff' ELSE '-is_staff' END);
    END IF;
    IF NEW.is_superuser <> was_superuser THEN
        PERFORM public.write_down_what_was_done(
            'roles_changed', NEW.id, CASE WHEN NEW.is_superuser THEN '+is_superuser' ELSE '-is_superuser' END);
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION the_team_is_written_down() FROM PUBLIC;
CREATE TRIGGER new_team_members_are_written_down AFTER INSERT ON members
    FOR EACH ROW WHEN (NEW.is_staff OR NEW.is_superuser) EXECUTE FUNCTION the_team_is_written_down();
CREATE TRIGGER team_members_are_written_down AFTER UPDATE OF is_staff, is_superuser ON members
    FOR EACH ROW EXECUTE FUNCTION the_team_is_written_down();

CREATE FUNCTION deleted_member_is_written_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.write_down_what_was_done('deleted', OLD.id, OLD.verification_status);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION deleted_member_is_written_down() FROM PUBLIC;
CREATE TRIGGER deleted_members_are_written_down AFTER DELETE ON members
    FOR EACH ROW EXECUTE FUNCTION deleted_member_is_written_down();
"""

DO_NOT_WRITE = """
DROP TRIGGER deleted_members_are_written_down ON members;
DROP FUNCTION deleted_member_is_written_down();
DROP TRIGGER team_members_are_written_down ON members;
DROP TRIGGER new_team_members_are_written_down ON members;
DROP FUNCTION the_team_is_written_down();
DROP TRIGGER permissions_of_members_are_written_down ON members_user_permissions;
DROP TRIGGER groups_of_members_are_written_down ON members_groups;
DROP FUNCTION roles_are_written_down();
DROP FUNCTION write_down_what_was_done;
DROP FUNCTION write_audit_entry;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("carecollective", "0002_the_database_knows_who_is_asking"),
        ("accounts", "0007_a_member_chooses_how_pages_look_and_may_leave"),
        ("reports", "0003_moderators_decide_reports"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(WALLS, reverse_sql=NO_WALLS),
        migrations.RunSQL(WRITE, reverse_sql=DO_NOT_WRITE),
    ]
