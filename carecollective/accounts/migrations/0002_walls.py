"""What the roles see of members: under a member's hands only names and towns, never an address or a password.

Whoever has left has nothing left, and nobody else may be called as they are: so the name alone tells every role that
somebody is gone, and nobody writes with them. Roles and deletions are written down by the database itself, since the
admin, a command and a shell all make them: nobody raises their own rights without a line, whichever way they take.

Attempts to act as somebody else are written by the system and read by staff. A reason is added and never changed, like
the entry beside it: no role has UPDATE or DELETE, triggers stop the owner. The team reads reasons; members do not,
since they may name others.

Both sides' role sees that there is a block, because the walls around requests and conversations ask for it in both
directions; no page and no answer of the API ever says so. Only who blocked brings it and takes it away. A model cannot
say any of this.

The three groups of the team are made here, and each app says what they may do with its own.
"""

from django.db import migrations

from carecollective.migrations._groups import permit

MEMBERS = """
GRANT SELECT (id, name, town) ON members TO authenticated, care_system;
GRANT SELECT (id, name, town, verification_status) ON members TO care_staff;

ALTER TABLE members
    ADD CONSTRAINT only_who_has_left_is_called_so CHECK ((name = 'A former member') = (left_at IS NOT NULL));
ALTER TABLE members
    ADD CONSTRAINT who_has_left_has_nothing_left CHECK (left_at IS NULL OR (
        email = 'former:' || id AND town = '' AND application_text = '' AND starts_with(password, '!')
        AND NOT is_staff AND NOT is_superuser AND verification_status = 'rejected' AND restriction = 'none'
        AND leaving_at IS NULL AND last_login IS NULL AND warned_at IS NULL AND restricted_until IS NULL));

CREATE FUNCTION deleted_member_is_written_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.write_down_what_was_done('deleted', OLD.id, OLD.verification_status);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION deleted_member_is_written_down() FROM PUBLIC;
CREATE TRIGGER deleted_members_are_written_down AFTER DELETE ON members
    FOR EACH ROW EXECUTE FUNCTION deleted_member_is_written_down();
"""

NO_MEMBERS = """
DROP TRIGGER deleted_members_are_written_down ON members;
DROP FUNCTION deleted_member_is_written_down();
ALTER TABLE members DROP CONSTRAINT who_has_left_has_nothing_left;
ALTER TABLE members DROP CONSTRAINT only_who_has_left_is_called_so;
REVOKE ALL (id, name, town, verification_status) ON members FROM authenticated, care_staff, care_system;
"""

IMPERSONATION_ATTEMPTS = r"""
ALTER TABLE impersonation_attempts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON impersonation_attempts FROM PUBLIC;
GRANT SELECT ON impersonation_attempts TO care_staff;
-- What was tried is kept for 90 days, and no hand can take it away earlier.
GRANT SELECT, INSERT, DELETE ON impersonation_attempts TO care_system;

CREATE POLICY "staff read who pretended to be somebody else" ON impersonation_attempts
    FOR SELECT TO care_staff, care_system USING (current_user IN ('care_staff', 'care_system'));
CREATE POLICY "the system records it" ON impersonation_attempts
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system forgets what is 90 days old" ON impersonation_attempts FOR DELETE TO care_system
    USING (current_user = 'care_system' AND attempted_at < statement_timestamp() - interval '90 days');

CREATE TRIGGER impersonation_attempts_are_never_emptied BEFORE TRUNCATE ON impersonation_attempts
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\_%')
    EXECUTE FUNCTION audit_entry_is_written_once();
"""

NO_IMPERSONATION_ATTEMPTS = """
DROP TRIGGER impersonation_attempts_are_never_emptied ON impersonation_attempts;
DROP POLICY "the system forgets what is 90 days old" ON impersonation_attempts;
DROP POLICY "the system records it" ON impersonation_attempts;
DROP POLICY "staff read who pretended to be somebody else" ON impersonation_attempts;
REVOKE ALL ON impersonation_attempts FROM care_staff, care_system;
ALTER TABLE impersonation_attempts NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

MEMBER_BLOCKS = """
ALTER TABLE member_blocks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON member_blocks FROM PUBLIC;
GRANT SELECT, INSERT (blocker_id, blocked_id), DELETE ON member_blocks TO authenticated;
GRANT SELECT, DELETE ON member_blocks TO care_system;

CREATE POLICY "the walls know of blocks in both directions" ON member_blocks
    FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR (SELECT acting_member()) IN (blocker_id, blocked_id));
CREATE POLICY "members block for themselves" ON member_blocks
    FOR INSERT TO authenticated WITH CHECK (blocker_id = (SELECT acting_member()));
CREATE POLICY "members take their own blocks back" ON member_blocks
    FOR DELETE TO authenticated USING (blocker_id = (SELECT acting_member()));
CREATE POLICY "the system forgets whoever left" ON member_blocks FOR DELETE TO care_system
    USING (current_user = 'care_system');

-- Says yes or nothing: to a caller without identity it says no, so a policy that asks it denies.
CREATE FUNCTION may_talk_with(uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN acting_member() IS NOT NULL AND NOT EXISTS (
        SELECT FROM member_blocks
        WHERE (blocker_id, blocked_id) IN ((acting_member(), $1), ($1, acting_member())))
        AND NOT EXISTS (SELECT FROM members WHERE id = $1 AND name = 'A former member');
REVOKE EXECUTE ON FUNCTION may_talk_with(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION may_talk_with(uuid) TO authenticated, care_system;
"""

NO_MEMBER_BLOCKS = """
DROP FUNCTION may_talk_with(uuid);
DROP POLICY "the system forgets whoever left" ON member_blocks;
DROP POLICY "members take their own blocks back" ON member_blocks;
DROP POLICY "members block for themselves" ON member_blocks;
DROP POLICY "the walls know of blocks in both directions" ON member_blocks;
REVOKE ALL ON member_blocks FROM authenticated, care_system;
ALTER TABLE member_blocks NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

GRAVE_ACTS = r"""
ALTER TABLE grave_acts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON grave_acts FROM PUBLIC;
GRANT SELECT ON grave_acts TO care_staff;
GRANT SELECT, INSERT (kind, asked_by_id, subject_id, about_id, codes, reason) ON grave_acts TO care_system;

CREATE POLICY "the team reads why" ON grave_acts
    FOR SELECT TO care_staff, care_system USING (current_user IN ('care_staff', 'care_system'));
CREATE POLICY "the system writes down why" ON grave_acts
    FOR INSERT TO care_system WITH CHECK (current_user = 'care_system');

CREATE TRIGGER grave_acts_have_their_own_clock BEFORE INSERT ON grave_acts
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_written_once();
-- By statement, because under FORCE there may be no row to see.
CREATE TRIGGER grave_acts_are_never_changed BEFORE UPDATE OR DELETE ON grave_acts
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_written_once();
-- A test database has to be emptied between tests.
CREATE TRIGGER grave_acts_are_never_emptied BEFORE TRUNCATE ON grave_acts
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\_%')
    EXECUTE FUNCTION audit_entry_is_written_once();
"""

NO_GRAVE_ACTS = """
DROP TRIGGER grave_acts_are_never_emptied ON grave_acts;
DROP TRIGGER grave_acts_are_never_changed ON grave_acts;
DROP TRIGGER grave_acts_have_their_own_clock ON grave_acts;
DROP POLICY "the system writes down why" ON grave_acts;
DROP POLICY "the team reads why" ON grave_acts;
REVOKE ALL ON grave_acts FROM care_staff, care_system;
ALTER TABLE grave_acts NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

ROLES_AND_RIGHTS = """
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
"""

NO_ROLES_AND_RIGHTS = """
DROP TRIGGER team_members_are_written_down ON members;
DROP TRIGGER new_team_members_are_written_down ON members;
DROP FUNCTION the_team_is_written_down();
DROP TRIGGER permissions_of_members_are_written_down ON members_user_permissions;
DROP TRIGGER groups_of_members_are_written_down ON members_groups;
DROP FUNCTION roles_are_written_down();
"""

GROUPS = {
    "coordinators": ["add_member", "approve_member", "change_member", "view_member"],
    "moderators": ["view_impersonationattempt", "change_member", "restrict_member", "view_member"],
    "administrators": [
        "view_impersonationattempt",
        "add_member",
        "approve_member",
        "change_member",
        "restrict_member",
        "view_member",
    ],
}

AUTH_GROUPS = {
    "administrators": ["view_group"],
}


def drop_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("carecollective", "0002_walls"),
        ("audit", "0002_walls"),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, drop_groups),
        migrations.RunSQL(MEMBERS, reverse_sql=NO_MEMBERS),
        migrations.RunSQL(IMPERSONATION_ATTEMPTS, reverse_sql=NO_IMPERSONATION_ATTEMPTS),
        migrations.RunSQL(MEMBER_BLOCKS, reverse_sql=NO_MEMBER_BLOCKS),
        migrations.RunSQL(GRAVE_ACTS, reverse_sql=NO_GRAVE_ACTS),
        migrations.RunSQL(ROLES_AND_RIGHTS, reverse_sql=NO_ROLES_AND_RIGHTS),
        permit("accounts", GROUPS),
        permit("auth", AUTH_GROUPS),
    ]
