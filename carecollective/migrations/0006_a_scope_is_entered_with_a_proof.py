"""Who acts is believed of a proof alone: `app.identity`, which the server's process signs with a key that the web's
login cannot read. What a statement sets by itself, an injected one too, is no proof.

`verified_identity` looks at it, and is the one function that somebody may call and that runs with its owner's rights:
it alone reads the keys. An invalid proof is an error of its own (SQLSTATE 58W01, which PostgreSQL leaves free among the
errors of a system). No proof at all is nobody.

Members' policies ask `acting_member()`, which believes it. The team and the system pass by their role's name, so each
of their tables gets a policy that every other one waits for (restrictive).

What triggers write for the system when a member is deleted or a role given has no scope around it, whoever does that.
They are the owner's code, and run as the owner now: nobody can call a trigger. What the web's login calls takes a proof.

The views ask who acts once, and not for each row.
"""

from django.db import migrations

from carecollective.migrations._waking import REWRITTEN

KEYS = """
-- The two halves of HMAC's key, so that each statement hashes twice and no more.
-- In a schema that nobody but the owner may enter.
CREATE SCHEMA proofs;
CREATE TABLE proofs.identity_keys (
    id text PRIMARY KEY,
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
REVOKE ALL ON SCHEMA proofs FROM PUBLIC;
REVOKE ALL ON proofs.identity_keys FROM PUBLIC;
"""
NO_KEYS = "DROP TABLE proofs.identity_keys; DROP SCHEMA proofs"

WHO_IS_ASKING = """
-- key:role:member:purpose:moment:signature; without the signature, if it is so, and NULL where nobody asks.
CREATE FUNCTION verified_identity() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    proof text := current_setting('app.identity', true);
    said text := left(proof, -65);
    parts text[] := string_to_array(said, ':');
    key record;
    wrong text;
BEGIN
    IF proof IS NULL OR proof = '' THEN
        RETURN NULL;
    END IF;
    SELECT inner_pad, outer_pad INTO key FROM proofs.identity_keys WHERE id = parts[1];
    IF NOT FOUND THEN
        wrong := 'its key is none of this database';
    ELSIF right(proof, 65) IS DISTINCT FROM ':' || encode(
            sha256(key.outer_pad || sha256(key.inner_pad || convert_to(said, 'UTF8'))), 'hex') THEN
        wrong := 'its signature is none of ours';
    ELSIF parts[2] IS DISTINCT FROM current_setting('role') THEN
        wrong := 'it is for another role';
    ELSIF abs(extract(epoch FROM transaction_timestamp()) - parts[5]::numeric) > 300 THEN
        wrong := 'its moment is not that of this transaction';
    ELSE
        RETURN said;
    END IF;
    RAISE EXCEPTION USING ERRCODE = '58W01', MESSAGE = 'the proof of who asks is not valid: ' || wrong;
END $$;
REVOKE EXECUTE ON FUNCTION verified_identity() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION verified_identity() TO authenticated, care_staff, care_system;

-- Each looks for itself whether there is anything to verify: outside of every scope the login may not verify.
CREATE OR REPLACE FUNCTION acting_member() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF coalesce(current_setting('app.identity', true), '') = '' THEN
        RETURN NULL;
    END IF;
    RETURN nullif(split_part(public.verified_identity(), ':', 3), '')::uuid;
END $$;
CREATE FUNCTION acting_for() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF coalesce(current_setting('app.identity', true), '') = '' THEN
        RETURN NULL;
    END IF;
    RETURN split_part(public.verified_identity(), ':', 4);
END $$;
-- Before PostgreSQL 16 a policy for the system is asked of the owner too, who inherits the role.
CREATE FUNCTION is_proven() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF current_user NOT IN ('care_staff', 'care_system') THEN
        RETURN true;
    END IF;
    RETURN coalesce(split_part(public.verified_identity(), ':', 2) = current_user, false);
END $$;
REVOKE EXECUTE ON FUNCTION acting_for(), is_proven() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION acting_for(), is_proven() TO authenticated, care_staff, care_system;
-- What counts members runs as whoever writes them.
GRANT EXECUTE ON FUNCTION rollout_bucket(uuid) TO care_system;
"""
ANYBODY_IS_ASKING = """
CREATE OR REPLACE FUNCTION acting_member() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.user_id', true), '')::uuid;
REVOKE EXECUTE ON FUNCTION rollout_bucket(uuid) FROM care_system;
DROP FUNCTION is_proven();
DROP FUNCTION acting_for();
DROP FUNCTION verified_identity();
"""

BEHIND_WALLS = [
    "application_lines",
    "audit_entries",
    "audit_unsent",
    "contact_details",
    "contact_shares",
    "conversation_participants",
    "conversation_read_markers",
    "conversations",
    "conversations_v2",
    "erasures",
    "export_archives",
    "exports",
    "grave_acts",
    "help_requests",
    "impersonation_attempts",
    "kept_texts",
    "mail_preferences",
    "mails",
    "member_blocks",
    "message_reports",
    "messages",
    "messages_v2",
    "messaging_preferences",
    "notifications",
    "offer_answers",
    "removal_notices",
    "requests_on_behalf",
    "rollout_history",
    "staff_reads",
    "unread_conversations",
]
# Its policies hold no sub-select: with one, whoever joins a conversation would be asked in a circle.
WITHOUT_A_SELECT = "conversation_participants"
PROVEN = "".join(
    f'CREATE POLICY "the team and the system bring a proof" ON {table} AS RESTRICTIVE FOR ALL'
    f" TO care_staff, care_system USING ({'is_proven()' if table == WITHOUT_A_SELECT else '(SELECT is_proven())'});\n"
    for table in BEHIND_WALLS
)
NOT_PROVEN = "".join(f'DROP POLICY "the team and the system bring a proof" ON {table};\n' for table in BEHIND_WALLS)

# What the owner's triggers look at and write, when a member is deleted or a role given.
READ = [
    "audit_entries",
    "conversation_participants",
    "conversations",
    "conversations_v2",
    "grave_acts",
    "messages",
    "notifications",
    "offer_answers",
]
WRITTEN = ("audit_entries", "audit_unsent", "erasures", "notifications")
TRIGGERS_PASS = (
    "".join(
        f'CREATE POLICY "triggers of the owner read" ON {table} FOR SELECT TO CURRENT_USER'
        " USING (pg_trigger_depth() > 0);\n"
        for table in READ
    )
    + "".join(
        f'CREATE POLICY "triggers of the owner write" ON {table} FOR INSERT TO CURRENT_USER'
        " WITH CHECK (pg_trigger_depth() > 0);\n"
        for table in WRITTEN
    )
    + """
CREATE POLICY "triggers of the owner tell again" ON notifications FOR UPDATE TO CURRENT_USER
    USING (pg_trigger_depth() > 0);
CREATE POLICY "triggers of the owner take back" ON notifications FOR DELETE TO CURRENT_USER
    USING (pg_trigger_depth() > 0);
"""
)
TRIGGERS_PASS_NO_MORE = (
    "".join(f'DROP POLICY "triggers of the owner read" ON {table};\n' for table in READ)
    + "".join(f'DROP POLICY "triggers of the owner write" ON {table};\n' for table in WRITTEN)
    + """
DROP POLICY "triggers of the owner tell again" ON notifications;
DROP POLICY "triggers of the owner take back" ON notifications;
"""
)

AS_THE_OWNER = (
    "deleted_member_is_written_down",
    "deleted_member_stays_gone",
    "deleted_member_is_followed",
    "roles_are_written_down",
    "the_team_is_written_down",
)
BY_THE_SYSTEM = ("deleted_member_stays_gone", "take_back_what_was_told_of", "conversations_of")
OWNERS = "".join(f"ALTER FUNCTION {name} RESET role;\n" for name in BY_THE_SYSTEM) + "".join(
    f"ALTER FUNCTION {name} SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;\n" for name in AS_THE_OWNER
)
CALLERS = "".join(f"ALTER FUNCTION {name} SECURITY INVOKER RESET search_path;\n" for name in AS_THE_OWNER) + "".join(
    f"ALTER FUNCTION {name} SET role = 'care_system';\n" for name in BY_THE_SYSTEM
)

# The names of before take a proof; what they did goes on under another name, as whoever calls it.
AUDIT = (
    """
ALTER FUNCTION write_audit_entry RESET role;
ALTER FUNCTION write_audit_entry RENAME TO put_audit_entry;
CREATE FUNCTION write_audit_entry(
    proof text,
    what text, by_hand text, by_member uuid, done_to uuid, about_what uuid, in_codes text, from_place text
) RETURNS void LANGUAGE plpgsql SET role = 'care_system' AS $$
DECLARE
    before text := coalesce(current_setting('app.identity', true), '');
BEGIN
    PERFORM set_config('app.identity', proof, true);
    PERFORM public.put_audit_entry(what, by_hand, by_member, done_to, about_what, in_codes, from_place);
    PERFORM set_config('app.identity', before, true);
END $$;
REVOKE EXECUTE ON FUNCTION write_audit_entry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION put_audit_entry TO care_system;
"""
    + REWRITTEN.format(
        function="write_down_what_was_done", old="public.write_audit_entry(", new="public.put_audit_entry("
    ),
    REWRITTEN.format(
        function="write_down_what_was_done", old="public.put_audit_entry(", new="public.write_audit_entry("
    )
    + """
DROP FUNCTION write_audit_entry;
REVOKE EXECUTE ON FUNCTION put_audit_entry FROM care_system;
ALTER FUNCTION put_audit_entry RENAME TO write_audit_entry;
ALTER FUNCTION write_audit_entry SET role = 'care_system';
""",
)
TOLD_WITH_A_PROOF = """
ALTER FUNCTION tell_member RESET role;
ALTER FUNCTION tell_member RENAME TO notify_member;
CREATE FUNCTION tell_member(
    proof text, told uuid, of_kind text, told_about text, in_conversation uuid, on_help_request uuid,
    happened text, read_as text, done_by uuid,
    OUT new_id uuid, OUT failure text
) LANGUAGE plpgsql SET role = 'care_system' AS $$
DECLARE
    before text := coalesce(current_setting('app.identity', true), '');
BEGIN
    PERFORM set_config('app.identity', proof, true);
    SELECT n.new_id, n.failure INTO new_id, failure FROM public.notify_member(
        told, of_kind, told_about, in_conversation, on_help_request, happened, read_as, done_by) AS n;
    PERFORM set_config('app.identity', before, true);
END $$;
REVOKE EXECUTE ON FUNCTION tell_member FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notify_member TO care_system;
"""
TOLD = (
    TOLD_WITH_A_PROOF
    + REWRITTEN.format(function="deleted_member_is_followed", old="public.tell_member(", new="public.notify_member("),
    REWRITTEN.format(function="deleted_member_is_followed", old="public.notify_member(", new="public.tell_member(")
    + """
DROP FUNCTION tell_member;
REVOKE EXECUTE ON FUNCTION notify_member FROM care_system;
ALTER FUNCTION notify_member RENAME TO tell_member;
ALTER FUNCTION tell_member SET role = 'care_system';
""",
)

# Whoever writes tells the other in the same statement, and brings the system's proof for that.
TAKES_A_PROOF = (
    ("due timestamp with time zone,", "due timestamp with time zone, proof text,"),
    ("public.tell_member(", "public.tell_member(proof, "),
)
TELL_THE_OTHER = """
DO $rewrite$
DECLARE
    definition text := pg_get_functiondef('tell_the_other'::regproc);
BEGIN
    DROP FUNCTION tell_the_other;
    {replaced}
    EXECUTE definition;
    REVOKE EXECUTE ON FUNCTION tell_the_other FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tell_the_other TO authenticated;
END $rewrite$;
"""


def _told_with(pairs):
    return TELL_THE_OTHER.format(
        replaced="\n    ".join(
            f"definition := replace(definition, $text${old}$text$, $text${new}$text$);" for old, new in pairs
        )
    )


VIEWS = """
DO $views$
DECLARE
    seen regclass;
BEGIN
    FOR seen IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
        AND position('acting_member()' IN pg_get_viewdef(oid)) > 0
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %s WITH (security_invoker) AS %s', seen,
            replace(replace(pg_get_viewdef(seen), '( SELECT acting_member() AS acting_member)', 'acting_member()'),
                'acting_member()', '{asked}'));
    END LOOP;
END $views$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("carecollective", "0005_counters_wait_for_no_disk"),
        ("accounts", "0006_whoever_waits_comes_from_an_index"),
        ("audit", "0005_what_is_unsent_is_noted"),
        ("applications", "0002_walls"),
        ("contacts", "0002_walls"),
        ("exports", "0002_walls"),
        ("helprequests", "0005_no_request_ends_before_it_begins"),
        ("kept_texts", "0002_walls"),
        ("leaving", "0004_a_frame_says_what_a_departure_changed"),
        ("legacy", "0003_both_versions_are_one_noun"),
        ("mail", "0002_walls"),
        ("messaging", "0009_the_steps_of_a_request_come_from_an_index_in_their_order"),
        ("notifications", "0005_a_grave_change_is_told"),
        ("reports", "0005_a_thread_says_nothing_of_a_report"),
        ("rollout", "0006_what_only_grows_is_counted_as_it_comes"),
        ("sharing", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(KEYS, NO_KEYS),
        migrations.RunSQL(WHO_IS_ASKING, ANYBODY_IS_ASKING),
        migrations.RunSQL(PROVEN, NOT_PROVEN),
        migrations.RunSQL(TRIGGERS_PASS, TRIGGERS_PASS_NO_MORE),
        migrations.RunSQL(OWNERS, CALLERS),
        migrations.RunSQL(*AUDIT),
        migrations.RunSQL(*TOLD),
        migrations.RunSQL(_told_with(TAKES_A_PROOF), _told_with([(new, old) for old, new in TAKES_A_PROOF])),
        migrations.RunSQL(VIEWS.format(asked="(SELECT acting_member())"), VIEWS.format(asked="acting_member()")),
    ]
