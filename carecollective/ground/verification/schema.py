"""What the catalogue must say: seven queries about the two tables, and what makes its walls walls."""

from django.conf import settings

from carecollective.ground import held, logins, walls
from carecollective.ground.logins import OPEN
from carecollective.ground.verification import Check

# A database of before has other policies until it is migrated.
PROOFS = ("carecollective", "0006_a_scope_is_entered_with_a_proof")
PURPOSES = ("carecollective", "0007_a_purpose_names_its_tables")
STEPS = ("messaging", "0010_a_members_steps_hold_in_the_database")
ROLES = ["authenticated", "care_staff", "care_system"]
INDEXES = [
    "idx_conversations_v2_help_request_id",
    "idx_conversations_v2_requester_id",
    "idx_conversations_v2_helper_id",
    "idx_conversations_v2_status",
    "idx_conversations_v2_created_at",
    "idx_conversations_v2_asked",
    "idx_conversations_v2_offered",
    "idx_messages_v2_conversation_id",
    "idx_messages_v2_sender_id",
    "idx_messages_v2_created_at",
    "idx_messages_v2_thread",
]
# With their owner's rights, and a fixed search_path: one that the roles call, and triggers, which nobody calls.
DEFINERS = [
    "verified_identity",
    "deleted_member_is_followed",
    "deleted_member_is_written_down",
    "deleted_member_stays_gone",
    "help_request_takes_a_members_step",
    "roles_are_written_down",
    "the_team_is_written_down",
    "whoever_offers_may_begin",
]
TRIGGERS = [
    "answers_take_their_turn",
    "conversations_v2_updated_at",
    "help_requests_run_for_30_days",
    "help_requests_updated_at",
    "messages_v2_end_with_one_last_message",
    "messages_v2_take_their_turn",
    "messages_v2_updated_at",
]

CHECKS = [
    Check(
        "conversations_v2 has 8 columns and messages_v2 has 6",
        """
        SELECT format('%s has %s columns, not %s', name, found, wanted)
        FROM (VALUES ('conversations_v2', 8), ('messages_v2', 6)) AS expected (name, wanted)
        CROSS JOIN LATERAL (SELECT count(*) AS found FROM pg_attribute
            WHERE attrelid = to_regclass('public.' || name) AND attnum > 0 AND NOT attisdropped) AS counted
        WHERE found <> wanted
        """,
    ),
    Check(
        "no function of the database stands in for a service",
        """
        SELECT format('the function %s is there', oid::regprocedure) FROM pg_proc
        WHERE proname IN ('create_conversation_atomic', 'send_message_v2', 'get_conversation_v2')
        """,
    ),
    Check(
        "the named indexes are there and can be used",
        """
        SELECT format('the index %%s is missing or not valid', name) FROM unnest(%(indexes)s::text[]) AS name
        WHERE NOT EXISTS (SELECT FROM pg_index
            WHERE indexrelid = to_regclass('public.' || name) AND indisvalid AND indisready)
        """,
        {"indexes": INDEXES},
    ),
    Check(
        "every private table has row level security, enabled and forced",
        """
        SELECT concat_ws(' ', 'the table', relname, 'is not listed as open, and row level security is',
            CASE WHEN relrowsecurity THEN 'enabled and not forced' ELSE 'not enabled' END)
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f')
        AND relname <> ALL(%(open)s::text[]) AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname
        """,
        {"open": list(OPEN)},
    ),
    Check(
        "row level security stands on help requests too",
        """
        SELECT 'row level security is not enabled on help_requests'
        WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('public.help_requests') AND relrowsecurity)
        """,
    ),
    Check(
        "no policy on a private table lets everything pass, or is for everybody",
        """
        SELECT format('the policy "%%s" on %%s %%s', policyname, tablename,
            CASE WHEN 'public' = ANY(roles) THEN 'is for every role' ELSE 'is always true' END)
        FROM pg_policies WHERE schemaname = 'public' AND tablename <> ALL(%(open)s::text[])
        AND ('public' = ANY(roles) OR 'true' IN (qual, with_check)) ORDER BY tablename, policyname
        """,
        {"open": list(OPEN)},
    ),
    Check(
        "members pass through exactly five policies on the two tables",
        """
        WITH expected (found) AS (VALUES ('conversations_v2 SELECT'), ('conversations_v2 INSERT'),
            ('conversations_v2 UPDATE'), ('messages_v2 SELECT'), ('messages_v2 INSERT')),
        there AS (SELECT tablename || ' ' || cmd AS found, count(*) AS times FROM pg_policies
            WHERE schemaname = 'public' AND tablename IN ('conversations_v2', 'messages_v2')
            AND ('authenticated' = ANY(roles) OR 'public' = ANY(roles)) GROUP BY 1)
        SELECT format('%s: %s policies, not %s', found, coalesce(times, 0), (expected.found IS NOT NULL)::int)
        FROM expected FULL JOIN there USING (found)
        WHERE coalesce(times, 0) <> (expected.found IS NOT NULL)::int ORDER BY found
        """,
    ),
    Check(
        "the two tables have their keys and checks",
        """
        SELECT format('%s has %s constraints of type %s, not %s', name, found, kind, wanted)
        FROM (VALUES ('conversations_v2', 'p', 1), ('conversations_v2', 'f', 3), ('conversations_v2', 'c', 2),
            ('conversations_v2', 'u', 1), ('messages_v2', 'p', 1), ('messages_v2', 'f', 2), ('messages_v2', 'c', 1)
        ) AS expected (name, kind, wanted)
        CROSS JOIN LATERAL (SELECT count(*) AS found FROM pg_constraint
            WHERE conrelid = to_regclass('public.' || name) AND contype::text = kind) AS counted
        WHERE found <> wanted
        """,
    ),
    Check(
        "every constraint has been checked on the rows that there are",
        """
        SELECT format('the constraint %s on %s was never checked', conname, conrelid::regclass)
        FROM pg_constraint WHERE NOT convalidated
        """,
    ),
    Check(
        "a conversation's status is known, and its requester is the owner of the help request",
        """
        SELECT format('the constraint %s is missing', name)
        FROM unnest(ARRAY['conversation_status_is_known', 'conversation_is_with_the_owner', 'different_participants',
            'unique_help_request_helper']) AS name
        WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = name)
        """,
    ),
    Check(
        "each role does to each private table what the wall of its model says, and nothing more",
        walls.faults,
        since=PROOFS,
    ),
    Check(
        "of the open tables members' hands reach help requests, the names of members, and the rollout's stage",
        """
        SELECT format('%%s has %%s on %%s', coalesce(rolname, 'everybody'), privilege_type, said) FROM (
            SELECT acl.grantee, privilege_type, relname AS said
            FROM pg_class CROSS JOIN aclexplode(relacl) AS acl
            WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(open)s::text[]) AND grantee <> relowner
            UNION ALL
            SELECT acl.grantee, privilege_type, relname || '.' || attname
            FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid CROSS JOIN aclexplode(attacl) AS acl
            WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(open)s::text[]) AND grantee <> relowner
            AND NOT attisdropped
        ) AS there LEFT JOIN pg_roles AS role ON role.oid = there.grantee
        WHERE rolname IS DISTINCT FROM %(web)s AND (rolname = ANY(%(roles)s::text[]) AND (
            privilege_type = 'SELECT' AND said IN ('help_requests', 'members.id', 'members.name', 'members.town',
                'members.town_words',
                'rollout_flags', 'waffle_switch')
            OR rolname = 'care_system' AND (said, privilege_type) IN (('rollout_flags', 'UPDATE'),
                ('waffle_switch', 'INSERT'), ('waffle_switch', 'UPDATE'), ('rollout_attempts', 'SELECT'),
                ('rollout_attempts', 'INSERT'), ('rollout_attempts', 'DELETE'), ('rollout_days', 'SELECT'),
                ('rollout_days', 'INSERT'), ('rollout_days', 'DELETE'), ('rollout_counts', 'SELECT'),
                ('rollout_counts', 'INSERT'), ('rollout_counts', 'DELETE'), ('wake_outbox', 'INSERT'),
                ('auth_group.id', 'SELECT'), ('auth_group.name', 'SELECT'), ('members_groups.member_id', 'SELECT'),
                ('members_groups.group_id', 'SELECT'), ('members_groups', 'INSERT'), ('members_groups', 'DELETE'),
                ('members_user_permissions.member_id', 'SELECT'),
                ('members_user_permissions.permission_id', 'SELECT'), ('members_user_permissions', 'INSERT'),
                ('members_user_permissions', 'DELETE'), ('auth_permission.id', 'SELECT'),
                ('auth_permission.codename', 'SELECT'), ('members', 'INSERT'), ('members', 'UPDATE'),
                ('mfa_authenticator', 'SELECT'), ('mfa_authenticator', 'INSERT'), ('mfa_authenticator', 'UPDATE'),
                ('mfa_authenticator', 'DELETE'), ('members', 'DELETE'), ('help_requests', 'INSERT'),
                ('help_requests', 'UPDATE'), ('help_requests', 'DELETE'))
            OR rolname = 'care_system' AND privilege_type = 'SELECT' AND starts_with(said, 'members.')
                AND said <> 'members.password'
            OR rolname = 'care_staff' AND said IN ('rollout_attempts', 'rollout_days', 'members.verification_status')
                AND privilege_type = 'SELECT'
            OR rolname = 'authenticated' AND (said, privilege_type) = ('rollout_counts', 'INSERT')
            OR rolname = 'authenticated' AND starts_with(said, 'help_requests.')
                AND privilege_type IN ('INSERT', 'UPDATE'))) IS NOT TRUE ORDER BY 1
        """,
        {"open": list(OPEN), "roles": ROLES, "web": settings.WEB_LOGIN},
    ),
    Check(
        "the system writes each table for the purposes that name it, and for no other",
        held.faults,
        since=PURPOSES,
    ),
    Check(
        "the web login does to each table outside of every scope what its list says, and owns none",
        logins.faults,
        since=PROOFS,
    ),
    Check(
        "no role that members, staff or jobs run as can log in, or bypass row level security",
        """
        SELECT format('the role %%s %%s', name, CASE WHEN rolname IS NULL THEN 'does not exist'
            WHEN rolsuper THEN 'is a superuser' WHEN rolbypassrls THEN 'bypasses row level security'
            WHEN rolcanlogin THEN 'can log in' ELSE 'can make roles' END)
        FROM unnest(%(roles)s::text[]) AS name LEFT JOIN pg_roles ON rolname = name
        WHERE rolname IS NULL OR rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole
        """,
        {"roles": ROLES},
    ),
    Check(
        "the login is neither superuser nor free of row level security",
        """
        SELECT format('the login %s %s', rolname,
            CASE WHEN rolsuper THEN 'is a superuser' ELSE 'bypasses row level security' END)
        FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolbypassrls)
        """,
    ),
    Check(
        "the login can take every role",
        """
        SELECT format('the login %%s may not take the role %%s', session_user, rolname)
        FROM pg_roles WHERE rolname = ANY(%(roles)s::text[]) AND NOT pg_has_role(session_user, oid,
            CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
        """,
        {"roles": ROLES},
    ),
    Check(
        "no function is everybody's, and with its owner's rights runs one that looks at proofs, and triggers",
        """
        SELECT format('the function %%s %%s', oid::regprocedure,
            CASE WHEN prosecdef THEN 'is SECURITY DEFINER' ELSE 'can be executed by PUBLIC' END)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND (prosecdef AND (proname <> ALL (%(definers)s) OR NOT EXISTS (
                SELECT FROM unnest(proconfig) AS fixed WHERE fixed LIKE 'search_path=%%pg_temp')
            OR prorettype <> 'trigger'::regtype AND proname <> 'verified_identity')
            OR proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))
        """,
        {"definers": DEFINERS},
        since=STEPS,
    ),
    Check(
        "the triggers that own time are on",
        """
        SELECT format('the trigger %%s is missing or off', name) FROM unnest(%(triggers)s::text[]) AS name
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = name AND tgenabled = 'O')
        """,
        {"triggers": TRIGGERS},
    ),
    Check(
        "nobody is woken before the commit, for which all other commits would wait",
        """
        SELECT format('the function %s says it inside its transaction', p.oid::regprocedure) FROM pg_proc AS p
        WHERE pronamespace = 'public'::regnamespace AND prosrc ~* '\\m(pg_)?notify\\M'
        AND (prorettype <> 'trigger'::regtype
            OR EXISTS (SELECT FROM pg_trigger WHERE tgfoid = p.oid AND tgenabled <> 'D')) ORDER BY 1
        """,
        since=("carecollective", "0004_wake_ups_are_said_after_their_commit"),
    ),
    Check(
        "counters and wake-ups wait for no disk",
        """
        SELECT format('the table %s is not UNLOGGED', name) FROM unnest(ARRAY['rate_limits', 'wake_outbox']) AS name
        WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('public.' || name) AND relpersistence = 'u')
        """,
        since=("carecollective", "0005_counters_wait_for_no_disk"),
    ),
    Check(
        "every sequence survives a switch to the standby",
        """
        SELECT format('the sequence %s is UNLOGGED', oid::regclass) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND relpersistence = 'u' ORDER BY 1
        """,
        since=("carecollective", "0008_what_counts_wake_ups_survives_a_switch"),
    ),
]
