"""The hash of a password is read, and members and their roles are written, by the system alone, and for what that is
for: to sign somebody in, to let them join, to change their account.

A grant knows columns and no purposes. So the hash has a view of its own, which is empty for every other purpose, and
triggers ask before a row of members or of their roles is written. Sessions and links are bound to a stamp, which may
be read at each request: it says nothing of the password, and changes with it.
"""

import django.contrib.postgres.functions
from django.db import migrations, models

import carecollective.accounts.models.account

PURPOSE = """
CREATE FUNCTION acts_on_accounts() RETURNS boolean LANGUAGE sql STABLE
    RETURN current_user = 'care_system' AND acting_for() IN ('sign_in', 'join', 'account');
REVOKE EXECUTE ON FUNCTION acts_on_accounts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION acts_on_accounts() TO care_system;
"""
NO_PURPOSE = "DROP FUNCTION acts_on_accounts();"

PASSWORDS = """
CREATE VIEW member_secrets WITH (security_barrier) AS SELECT id, password FROM members
    WHERE (SELECT acts_on_accounts());
REVOKE ALL ON member_secrets FROM PUBLIC;
GRANT SELECT ON member_secrets TO care_system;

CREATE FUNCTION new_password_has_a_new_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Nor does whoever saves a row as it was a while ago bring the old one back.
    NEW.session_stamp := CASE WHEN OLD.password = NEW.password THEN OLD.session_stamp ELSE gen_random_uuid() END;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION new_password_has_a_new_stamp() FROM PUBLIC;
CREATE TRIGGER stamps_change_with_passwords BEFORE UPDATE OF password, session_stamp ON members
    FOR EACH ROW EXECUTE FUNCTION new_password_has_a_new_stamp();
"""
NO_PASSWORDS = """
DROP TRIGGER stamps_change_with_passwords ON members;
DROP FUNCTION new_password_has_a_new_stamp();
DROP VIEW member_secrets;
"""

SECOND_STEPS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON mfa_authenticator TO care_system;
ALTER TABLE mfa_authenticator ENABLE ROW LEVEL SECURITY;
CREATE POLICY "the system compares and changes second steps" ON mfa_authenticator
    FOR ALL TO care_system USING ((SELECT acts_on_accounts()));
-- The columns that it may read say no more.
CREATE POLICY "that there is a second step is asked before anybody acts" ON mfa_authenticator
    FOR SELECT TO PUBLIC USING (current_user = session_user);
"""
NO_SECOND_STEPS = """
DROP POLICY "that there is a second step is asked before anybody acts" ON mfa_authenticator;
DROP POLICY "the system compares and changes second steps" ON mfa_authenticator;
ALTER TABLE mfa_authenticator DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON mfa_authenticator FROM care_system;
"""

WRITING = """
GRANT INSERT, UPDATE, SELECT (
    email, verification_status, restriction, restricted_until, warned_at, application_text, email_confirmed_at,
    joined_at, last_login, text_size, theme, enter_sends, language, leaving_at, left_at, session_stamp, town_words)
    ON members TO care_system;
GRANT INSERT, DELETE ON members_groups TO care_system;
GRANT SELECT (member_id, permission_id), INSERT, DELETE ON members_user_permissions TO care_system;
GRANT SELECT (id, codename) ON auth_permission TO care_system;

CREATE FUNCTION accounts_are_written_for_a_purpose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT public.acts_on_accounts() THEN
        RAISE insufficient_privilege USING MESSAGE = 'accounts are written to sign in, to join and to change them';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION accounts_are_written_for_a_purpose() FROM PUBLIC;
CREATE TRIGGER members_are_written_for_a_purpose BEFORE INSERT OR UPDATE ON members
    FOR EACH STATEMENT WHEN (current_user = 'care_system') EXECUTE FUNCTION accounts_are_written_for_a_purpose();
CREATE TRIGGER roles_are_given_for_a_purpose BEFORE INSERT OR DELETE ON members_groups
    FOR EACH STATEMENT WHEN (current_user = 'care_system') EXECUTE FUNCTION accounts_are_written_for_a_purpose();
CREATE TRIGGER permissions_are_given_for_a_purpose BEFORE INSERT OR DELETE ON members_user_permissions
    FOR EACH STATEMENT WHEN (current_user = 'care_system') EXECUTE FUNCTION accounts_are_written_for_a_purpose();
"""
NO_WRITING = """
DROP TRIGGER permissions_are_given_for_a_purpose ON members_user_permissions;
DROP TRIGGER roles_are_given_for_a_purpose ON members_groups;
DROP TRIGGER members_are_written_for_a_purpose ON members;
DROP FUNCTION accounts_are_written_for_a_purpose();
REVOKE ALL (id, codename) ON auth_permission FROM care_system;
REVOKE ALL ON members_user_permissions FROM care_system;
REVOKE ALL (member_id, permission_id) ON members_user_permissions FROM care_system;
REVOKE INSERT, DELETE ON members_groups FROM care_system;
REVOKE INSERT, UPDATE ON members FROM care_system;
REVOKE SELECT (
    email, verification_status, restriction, restricted_until, warned_at, application_text, email_confirmed_at,
    joined_at, last_login, text_size, theme, enter_sends, language, leaving_at, left_at, session_stamp, town_words)
    ON members FROM care_system;
"""

# What libraries keep of a member goes with the row, by the database: whoever deletes it has no right on theirs.
WHOSE = """
DO $$
DECLARE
    theirs record;
BEGIN
    FOR theirs IN SELECT conrelid::regclass AS name, conname, pg_get_constraintdef(oid) AS said FROM pg_constraint
        WHERE confrelid = 'members'::regclass AND conrelid::regclass::text IN (
            'account_emailaddress', 'django_admin_log', 'knox_authtoken', 'members_groups',
            'members_user_permissions', 'mfa_authenticator', 'usersessions_usersession')
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', theirs.name, theirs.conname);
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', theirs.name, theirs.conname, {said});
    END LOOP;
END $$;
"""
GO_WITH_THEIR_MEMBER = WHOSE.replace("{said}", "replace(theirs.said, ' DEFERRABLE', ' ON DELETE CASCADE DEFERRABLE')")
GO_BEFORE_THEIR_MEMBER = WHOSE.replace("{said}", "replace(theirs.said, ' ON DELETE CASCADE', '')")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_whoever_waits_comes_from_an_index"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("audit", "0005_what_is_unsent_is_noted"),
        ("carecollective", "0006_a_scope_is_entered_with_a_proof"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("knox", "0009_extend_authtoken_field"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="session_stamp",
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False),
        ),
        migrations.AlterField(
            model_name="member",
            name="password",
            field=carecollective.accounts.models.account.HashField(max_length=128, verbose_name="password"),
        ),
        migrations.RunSQL(PURPOSE, reverse_sql=NO_PURPOSE),
        migrations.RunSQL(PASSWORDS, reverse_sql=NO_PASSWORDS),
        migrations.RunSQL(SECOND_STEPS, reverse_sql=NO_SECOND_STEPS),
        migrations.RunSQL(WRITING, reverse_sql=NO_WRITING),
        migrations.RunSQL(GO_WITH_THEIR_MEMBER, reverse_sql=GO_BEFORE_THEIR_MEMBER),
    ]
