"""An entry is added and never changed: no role has UPDATE, and only the system DELETE, of old failures to sign in.

Forced row level security hides the rows from the owner of the table, and the triggers stop them, also where a migration
has lifted it. `write_audit_entry` is one statement for the verb that acts: it runs as the login, outside of every
scope, and takes the system's role for itself. Its failure is the verb's: what cannot be written down is not done.

Administrators read everything that was written down, moderators what belongs to their work.
"""

from django.db import migrations

from carecollective.migrations._groups import permit

AUDIT_ENTRIES = r"""
ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON audit_entries FROM PUBLIC;
GRANT SELECT (id, at, kind, subject_id, codes) ON audit_entries TO authenticated;
GRANT SELECT ON audit_entries TO care_staff;
GRANT SELECT, INSERT (kind, hand, actor_id, subject_id, about_id, codes, origin), DELETE
    ON audit_entries TO care_system;

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
"""

NO_AUDIT_ENTRIES = """
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
ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

WRITING = """
CREATE FUNCTION write_audit_entry(
    what text, by_hand text, by_member uuid, done_to uuid, about_what uuid, in_codes text, from_place text
) RETURNS void LANGUAGE plpgsql SET role = 'care_system' AS $$
BEGIN
    INSERT INTO public.audit_entries (kind, hand, actor_id, subject_id, about_id, codes, origin)
    VALUES (what, by_hand, by_member, done_to, about_what, in_codes, from_place);
END $$;
REVOKE EXECUTE ON FUNCTION write_audit_entry(text, text, uuid, uuid, uuid, text, text) FROM PUBLIC;

-- What is done to accounts by whatever hand: `app.doer` is a member's id, or 'clock'; nothing is an operator.
CREATE FUNCTION write_down_what_was_done(what text, done_to uuid, in_codes text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    doer text := coalesce(current_setting('app.doer', true), '');
BEGIN
    PERFORM public.write_audit_entry(
        what, CASE doer WHEN '' THEN 'operator' WHEN 'clock' THEN 'clock' ELSE 'member' END,
        CASE WHEN doer IN ('', 'clock') THEN NULL ELSE doer::uuid END, done_to, NULL, in_codes, '');
END $$;
REVOKE EXECUTE ON FUNCTION write_down_what_was_done(text, uuid, text) FROM PUBLIC;
"""

NO_WRITING = """
DROP FUNCTION write_down_what_was_done(text, uuid, text);
DROP FUNCTION write_audit_entry(text, text, uuid, uuid, uuid, text, text);
"""

GROUPS = {
    "moderators": ["view_entry"],
    "administrators": ["view_entry", "view_every_entry"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("carecollective", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(AUDIT_ENTRIES, reverse_sql=NO_AUDIT_ENTRIES),
        migrations.RunSQL(WRITING, reverse_sql=NO_WRITING),
        permit("audit", GROUPS),
    ]
